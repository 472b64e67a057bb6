package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// attributes compares the attributes that the document asks for with the declared ones, and with
// each other.
func (c *checker) attributes() {
	uses := declare.Uses(c.ruleset)
	names := c.declared.Names()
	suggestions := map[string]string{} // by undeclared name
	for i := range uses {
		u := &uses[i]
		c.flag = u.Flag
		switch declared, ok := c.declared[u.Name]; {
		case ok:
			c.declaredUse(u, &declared)
		case len(names) > 0 && !c.declared.Covers(u.Name):
			suggestion, known := suggestions[u.Name]
			if !known {
				suggestion = declare.Suggest(u.Name, names)
				suggestions[u.Name] = suggestion
			}
			c.grade(lightIf(suggestion == ""), UndeclaredAttribute, u.At, u.Path,
				"the attribute %q is not declared%s", match.Brief(u.Name), suggestion)
		}
	}
	if len(names) == 0 {
		c.similar(uses)
	}
	c.mixedTypes(uses)
	c.flag = nil
}

// declaredUse compares a use of an attribute with its declaration.
func (c *checker) declaredUse(u *declare.Use, d *declare.Attribute) {
	kinds := d.Kinds()
	switch {
	case u.Test == nil:
		if kinds&u.Kinds() == 0 || d.Type == declare.List {
			c.find(AttributeType, u.At, u.Path, "%q is declared as %s, which is never a key to hash", u.Name,
				an(d.Type))
		}
	case kinds&u.Kinds() == 0:
		c.find(AttributeType, u.Test.Written.At, u.Path, "%q is declared as %s, but %s compares %s",
			u.Name, an(d.Type), u.Test.Word, u.Kinds())
	case u.Test.Operator == native.In:
		c.operands(u, d)
	case len(d.Values) > 0:
		c.knownTexts(u, d)
	}
}

// operands checks the operands of an "in" against the type and the known values. It reports the
// first operand that does not fit.
func (c *checker) operands(u *declare.Use, d *declare.Attribute) {
	for i := range u.Test.List.Values {
		v := &u.Test.List.Values[i]
		at := u.Test.Written.At
		if kind := declare.KindOf(v); d.Kinds()&kind == 0 {
			c.find(AttributeType, at, u.Path, "%q holds %s, so it never equals %s", u.Name, d.Kinds(), operand(v))
			return
		}
		if len(d.Values) == 0 || d.Knows(v, u.Test.Fold) {
			continue
		}
		message := declare.Suggest(v.Text, d.Texts())
		if v.Kind != native.Text || message == "" {
			message = ": the known values are " + d.Listed()
		}
		c.find(UnknownValue, at, u.Path, "%s is not a known value of %q%s", operand(v), u.Name, message)
		return
	}
}

// operand writes an operand for a message.
func operand(v *native.Value) string {
	if v.Kind == native.Text {
		return fmt.Sprintf("%q", match.Brief(v.Text))
	}
	return fmt.Sprint(v.Any())
}

// knownTexts reports texts of contains, starts_with and ends_with that no known value has.
func (c *checker) knownTexts(u *declare.Use, d *declare.Attribute) {
	fits := map[native.Operator]func(text, part string) bool{
		native.Contains: strings.Contains, native.StartsWith: strings.HasPrefix, native.EndsWith: strings.HasSuffix,
	}[u.Test.Operator]
	if fits == nil {
		return
	}
	for _, part := range u.Test.Texts {
		if !slices.ContainsFunc(d.Texts(), func(known string) bool {
			return fits(known, part) || u.Test.Fold && fits(strings.ToLower(known), strings.ToLower(part))
		}) {
			c.find(UnknownValue, u.Test.Written.At, u.Path, "no known value of %q %s %q: the known values are %s",
				u.Name, map[native.Operator]string{
					native.Contains: "contains", native.StartsWith: "starts with", native.EndsWith: "ends with",
				}[u.Test.Operator], match.Brief(part), d.Listed())
			return
		}
	}
}

// similar reports names of attributes that differ only by case or separators. The rarer spelling is
// probably the mistake; of equally frequent ones, the later one.
func (c *checker) similar(uses []declare.Use) {
	count := map[string]int{}
	usual := map[string]*declare.Use{} // the first use of the most frequent name, by spelling
	for i := range uses {
		count[uses[i].Name]++
	}
	for i := range uses {
		s := declare.Spelling(uses[i].Name)
		if first := usual[s]; first == nil || count[uses[i].Name] > count[first.Name] {
			usual[s] = &uses[i]
		}
	}
	type told struct {
		flag *native.Flag
		name string
	}
	reported := map[told]bool{}
	for i := range uses {
		u := &uses[i]
		first := usual[declare.Spelling(u.Name)]
		if first.Name == u.Name || reported[told{u.Flag, u.Name}] {
			continue
		}
		reported[told{u.Flag, u.Name}] = true
		c.flag = u.Flag
		c.find(SimilarAttributes, u.At, u.Path, "the attribute %q is not %q, which %s asks for",
			match.Brief(u.Name), match.Brief(first.Name), first.Path)
	}
}

// mixedTypes reports an attribute without a declared type that is compared with values of different
// types. One of the conditions is then never true, unless subjects differ in the attribute's type.
func (c *checker) mixedTypes(uses []declare.Use) {
	first := map[string]*declare.Use{}
	for i := range uses {
		u := &uses[i]
		d := c.declared[u.Name]
		if d.Kinds() != declare.Any || u.Test == nil || u.Kinds() == declare.Any {
			continue
		}
		switch one := first[u.Name]; {
		case one == nil:
			first[u.Name] = u
		case one.Kinds()&u.Kinds() == 0:
			c.flag = u.Flag
			c.grade(report.Warning, AttributeType, u.Test.Written.At, u.Path,
				"%q is compared with %s here and with %s in %s (%s)", match.Brief(u.Name), u.Kinds(), one.Kinds(),
				one.Path, describe.TestOf(one.Name, one.Test))
		}
	}
}

// an puts an article before the word for a declared type.
func an(word string) string {
	switch word {
	case "":
		return "one of some values"
	case "object":
		return "an object"
	default:
		return "a " + word
	}
}
