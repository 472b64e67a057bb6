package declare

import (
	"fmt"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// TargetingKey is the name by which conditions ask for the targeting key.
const TargetingKey = "key"

// Use is a place of a document that asks for an attribute.
type Use struct {
	Name string       // of the attribute
	At   int          // offset of the condition, or of "by"
	Path string       // of the condition, or of "by"
	Flag *native.Flag // nil in a segment
	Test *native.Test // nil if the attribute is hashed
}

// Uses lists all places that ask for an attribute, in the order of the document: conditions of
// flags, then those of segments.
func Uses(all *ruleset.Ruleset) (uses []Use) {
	for _, f := range all.Flags {
		path := wording.Member(native.Flags, f.Key)
		for i := range f.Rules {
			r := &f.Rules[i]
			rule := fmt.Sprintf("%s.rules[%d]", path, i)
			uses = appendConditions(uses, r.If, rule+".if", f)
			uses = appendHashed(uses, r.By, r.Written.Field("by").At, rule+".by", f)
			uses = appendSplit(uses, &r.Serve, r.Written.Field("serve"), rule+".serve", f)
		}
		uses = appendSplit(uses, &f.Default, f.Written.Field("default"), path+".default", f)
	}
	for _, s := range all.Segments {
		uses = appendConditions(uses, s.If, wording.Member(native.Segments, s.Key)+".if", nil)
	}
	return uses
}

func appendConditions(uses []Use, c *native.Condition, path string, f *native.Flag) []Use {
	ruleset.Walk(c, false, func(c *native.Condition, _ bool) {
		if c.Form != native.OnAttribute {
			return
		}
		for t := range c.EachTest() {
			uses = append(uses, Use{c.Attribute, c.At, path, f, t})
		}
	})
	return uses
}

func appendSplit(uses []Use, s *native.Serve, w native.Written, path string, f *native.Flag) []Use {
	return appendHashed(uses, s.By, w.Field("by").At, path+".by", f)
}

func appendHashed(uses []Use, by []string, at int, path string, f *native.Flag) []Use {
	for _, name := range by {
		uses = append(uses, Use{name, at, path, f, nil})
	}
	return uses
}

// Kinds returns the types of values for which the place can give an answer.
func (u *Use) Kinds() Kinds {
	if u.Test == nil {
		return Text | Number | Boolean
	}
	switch u.Test.Operator {
	case native.In:
		if len(u.Test.List.Values) == 0 {
			return Any
		}
		kinds := Nothing
		for i := range u.Test.List.Values {
			kinds |= KindOf(&u.Test.List.Values[i])
		}
		return kinds
	case native.Less, native.LessOrEqual, native.Greater, native.GreaterOrEqual:
		return Number
	case native.Before, native.After, native.NewerThan, native.OlderThan:
		return Text | Instant
	case native.Exists:
		return Any
	default:
		return Text
	}
}

// KindOf returns the type of an operand.
func KindOf(v *native.Value) Kinds {
	switch v.Kind {
	case native.Text:
		return Text
	case native.Bool:
		return Boolean
	default:
		return Number
	}
}
