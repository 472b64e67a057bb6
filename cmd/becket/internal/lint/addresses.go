package lint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// keyList is a list of targeting keys in a document.
type keyList struct {
	flag    *native.Flag // nil for a list of a segment
	path    string
	field   string         // "include", "exclude" or "in"
	address native.Written // the first e-mail address in the list, or the zero Written
}

// addresses finds lists of targeting keys that hold e-mail addresses. It reports them if the
// document shows that addresses are in an attribute, or that targeting keys are something else.
func (c *checker) addresses() {
	attribute, others := "", false
	var lists []keyList
	add := func(flag *native.Flag, path, field string, list native.Written) {
		l := keyList{flag: flag, path: path, field: field}
		for key := range list.Elements() {
			if !isAddress(key.Raw) {
				others = true
			} else if !l.address.IsThere() {
				l.address = key
			}
		}
		if l.address.IsThere() {
			lists = append(lists, l)
		}
	}
	visit := func(flag *native.Flag, path string) func(condition *native.Condition, negated bool) {
		return func(condition *native.Condition, _ bool) {
			if condition.Form == native.OnAttribute && isAddressName(condition.Attribute) {
				attribute = condition.Attribute
			}
			for t := range condition.EachTest() {
				if condition.Attribute == "key" && t.Operator == native.In {
					add(flag, path, t.Word, t.Written)
				}
			}
		}
	}
	for _, s := range c.ruleset.Segments {
		path := wording.Member(native.Segments, s.Key)
		add(nil, path, "include", s.Written.Field("include"))
		add(nil, path, "exclude", s.Written.Field("exclude"))
		ruleset.Walk(s.If, false, visit(nil, path+".if"))
	}
	for _, f := range c.ruleset.Flags {
		for i := range f.Rules {
			r := &f.Rules[i]
			ruleset.Walk(r.If, false, visit(f, rulePath(f, r)+".if"))
		}
	}
	if attribute != "" || others {
		c.reportAddresses(lists, attribute)
	}
}

func (c *checker) reportAddresses(lists []keyList, attribute string) {
	if attribute == "" {
		attribute = "email"
	}
	for _, l := range lists {
		c.flag = l.flag
		condition := fmt.Sprintf(`{"attribute": %q, "in": [%s]}`, attribute, l.address.Raw)
		c.find(
			AddressAsKey,
			l.address.At,
			l.path+"."+l.field,
			"%q lists targeting keys, and %s is an e-mail address: write the condition %s",
			l.field,
			l.address.Raw,
			condition,
		)
	}
	c.flag = nil
}

// isAddress reports whether the JSON text of a key looks like an e-mail address.
func isAddress(raw []byte) bool {
	name, domain, found := bytes.Cut(raw, []byte("@"))
	return found && len(name) > 1 && bytes.IndexByte(domain, '.') > 0
}

// isAddressName reports whether an attribute probably holds e-mail addresses.
func isAddressName(attribute string) bool {
	last := attribute[strings.LastIndexByte(attribute, '.')+1:]
	last = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(last))
	return strings.Contains(last, "email") || slices.Contains([]string{"mail", "mailaddress"}, last)
}
