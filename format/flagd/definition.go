package flagd

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
)

// place is a place in the document. It is converted to text only for a problem.
type place struct {
	name    string // the name of the document's member
	key     string // the key of a flag or an evaluator
	index   int    // the index of a flag in an array
	isIndex bool
	isTop   bool // the place is the document's member itself
}

func (p place) String() string {
	switch {
	case p.isIndex:
		return wording.Element(p.name, p.index)
	case p.isTop:
		return p.name
	default:
		return wording.Member(p.name, p.key)
	}
}

func (p place) problem(below, format string, arguments ...any) *becket.DocumentError {
	return &becket.DocumentError{Path: p.String() + below, Message: fmt.Sprintf(format, arguments...)}
}

// flagDefinition is a flag of the document as raw JSON.
type flagDefinition struct {
	key, state, defaultVariant string
	variants, metadata         []rawMember
	targeting                  []byte
	nullMetadata               bool        // the metadata are null
	other                      misspelling // another spelling of a field's name
}

// misspelling is a field's name whose upper and lower case differ from the schema's. It is empty if
// there is none.
type misspelling struct{ written, meant string }

// isEmpty reports whether the definition has no key and no other field.
func (f *flagDefinition) isEmpty() bool {
	return f.key == "" && f.defaultVariant == "" &&
		len(f.variants) == 0 && len(f.metadata) == 0 && len(f.targeting) == 0
}

// define reads a flag. In an object of flags, the member's name is the flag's key.
func define(at place, raw []byte) (def flagDefinition, err error) {
	if _, err := kindIs(at, "", raw, '{'); err != nil {
		return def, err
	}
	var read [len(flagFields)][]byte
	def.other = fields(raw, flagFields[:], read[:])
	var source string
	for i, to := range [...]*string{&def.key, &def.state, &def.defaultVariant, &source} {
		is, err := kindIs(at, "", read[i], '"')
		if err != nil {
			return def, err
		}
		if is {
			*to = unquote(read[i])
		}
	}
	def.targeting = read[4]
	if def.variants, err = objectOf(at, "", read[5]); err != nil {
		return def, err
	}
	if def.metadata, err = objectOf(at, "", read[6]); err != nil {
		return def, err
	}
	def.nullMetadata = isNull(read[6])
	if !at.isIndex {
		def.key = at.key
	}
	return def, nil
}

var flagFields = [...]string{"key", "state", "defaultVariant", "source", "targeting", "variants", "metadata"}

// fields stores the values of an object's fields as raw JSON in values. The values of absent fields
// stay nil. As in flagd, upper and lower case of a name make no difference, and if a name occurs
// more than once, the last field counts. fields returns the last name whose case differs from the
// schema's.
func fields(raw []byte, names []string, values [][]byte) (other misspelling) {
	if len(raw) == 0 || raw[0] != '{' {
		return other
	}
	found := -1
	isName := false
	_ = rawElements(raw, func(token []byte) error {
		if isName = !isName; !isName {
			if found >= 0 {
				values[found] = token
			}
			return nil
		}
		found = -1
		const longest = 100 // longer than any field's name, even if each letter is an escape
		if len(token) > longest {
			return nil
		}
		name := unquote(token)
		for i := range names {
			if strings.EqualFold(name, names[i]) {
				found = i
				if name != names[i] {
					other = misspelling{name, names[i]}
				}
			}
		}
		return nil
	})
	return other
}

func isNull(raw []byte) bool { return len(raw) > 0 && raw[0] == 'n' }

// kindIs reports whether a value is of the kind whose values begin with the given byte. It returns
// false for an absent value and for null; any other value is a problem.
func kindIs(at place, below string, raw []byte, first byte) (bool, error) {
	switch {
	case len(raw) == 0 || isNull(raw):
		return false, nil
	case raw[0] == first:
		return true, nil
	case first == '"':
		return false, at.problem(below, "not a flagd document: expected a text, found %s", shorten(string(raw)))
	default:
		return false, at.problem(below, "not a flagd document: expected an object, found %s", shorten(string(raw)))
	}
}

// objectOf lists the members of an object. An absent value and null have no members.
func objectOf(at place, below string, raw []byte) ([]rawMember, error) {
	is, err := kindIs(at, below, raw, '{')
	if !is || err != nil {
		return nil, err
	}
	return rawMembers(raw), nil
}
