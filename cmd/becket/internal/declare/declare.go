// Package declare holds the attributes that .becket.toml declares, and lists the places of a
// document that ask for attributes.
package declare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// Attribute is the declaration of an attribute.
type Attribute struct {
	Type        string `toml:"type"`   // one of Types, or "" for any
	Values      []any  `toml:"values"` // the known values; none if every value may occur
	Description string `toml:"description"`
}

// Attributes holds declarations by the names of the attributes.
type Attributes map[string]Attribute

// Kinds is a set of types of values. A condition is true only for some of them.
type Kinds uint8

// The types of values.
const (
	Text Kinds = 1 << iota
	Number
	Boolean
	Instant
	Object

	Nothing Kinds = 0
	Scalar        = Text | Number | Boolean | Instant
	Any           = Scalar | Object
)

// types maps the words of declarations to the types of values that conditions see.
var types = map[string]Kinds{
	"": Any, "string": Text, "number": Number, "boolean": Boolean, "time": Instant, "object": Object, List: Scalar,
}

// List is the type of attributes that hold a list. Conditions see its elements.
const List = "list"

// Types lists the words for types, separated by commas.
func Types() string {
	words := slices.DeleteFunc(slices.Sorted(maps.Keys(types)), func(word string) bool { return word == "" })
	return strings.Join(words, ", ")
}

// Validate returns an error if a declaration has an unknown type, or a value of another type.
func (a Attributes) Validate() error {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		d := a[name]
		kinds, ok := types[d.Type]
		if !ok {
			return fmt.Errorf("attributes.%s: unknown type %q%s: the types are %s", name, d.Type,
				match.Suggest(d.Type, slices.Collect(maps.Keys(types))), Types())
		}
		for _, value := range d.Values {
			if kindOf(value) == Nothing {
				return fmt.Errorf("attributes.%s: the value %s is no text, number, boolean or time", name,
					written(value))
			}
			if kindOf(value)&kinds == 0 {
				return fmt.Errorf("attributes.%s: the value %s is not of the type %s", name, written(value), d.Type)
			}
		}
	}
	return nil
}

// Names returns the names of the declared attributes in order.
func (a Attributes) Names() []string { return slices.Sorted(maps.Keys(a)) }

// Suggest returns ` (did you mean "…"?)` with the name that is nearest to a word, or "" if none is
// near. A spelling that differs only by case and separators is nearer than any other.
func Suggest(word string, names []string) string {
	for _, name := range names {
		if Spelling(name) == Spelling(word) {
			return fmt.Sprintf(" (did you mean %q?)", name)
		}
	}
	return match.Suggest(word, names)
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// Spelling returns a name without case and separators, so that it is equal for names that people
// confuse.
func Spelling(name string) string { return separators.Replace(strings.ToLower(name)) }

// Covers reports whether an attribute is declared, by its own name or as a part of a declared
// object. An object is declared too if one of its parts is. The targeting key needs no declaration.
func (a Attributes) Covers(name string) bool {
	if _, ok := a[name]; ok || name == TargetingKey {
		return true
	}
	for declared, d := range a {
		if d.Type == "object" && strings.HasPrefix(name, declared+".") || strings.HasPrefix(declared, name+".") {
			return true
		}
	}
	return false
}

// Kinds returns the types of values that conditions see of an attribute with this declaration. If
// the declaration has no type, the types are those of the known values.
func (d *Attribute) Kinds() Kinds {
	if d.Type != "" || len(d.Values) == 0 {
		return types[d.Type]
	}
	kinds := Nothing
	for _, value := range d.Values {
		kinds |= kindOf(value)
	}
	return kinds
}

// IsScalar reports whether the attribute certainly holds no list.
func (d *Attribute) IsScalar() bool { return d.Type != "" && d.Type != List }

// Knows reports whether a value is among the known values. Texts may differ by case if case is
// ignored.
func (d *Attribute) Knows(v *native.Value, ignoreCase bool) bool {
	return slices.ContainsFunc(d.Values, func(known any) bool {
		switch known := known.(type) {
		case string:
			return v.Kind == native.Text && (known == v.Text || ignoreCase && strings.EqualFold(known, v.Text))
		case bool:
			return v.Kind == native.Bool && known == v.Bool()
		case int64:
			return isNumber(v) && v.Number().Float() == float64(known)
		case float64:
			return isNumber(v) && v.Number().Float() == known
		default:
			return false
		}
	})
}

// KnowsText reports whether a text is among the known values.
func (d *Attribute) KnowsText(value string) bool { return slices.Contains(d.Texts(), value) }

// Texts returns the known values that are texts.
func (d *Attribute) Texts() (texts []string) {
	for _, value := range d.Values {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// mostListed is the number of known values that a message lists.
const mostListed = 8

// Listed returns the known values for a message, the first ones if there are many.
func (d *Attribute) Listed() string {
	var words []string
	for _, value := range d.Values[:min(len(d.Values), mostListed)] {
		words = append(words, written(value))
	}
	if more := len(d.Values) - mostListed; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return strings.Join(words, ", ")
}

func isNumber(v *native.Value) bool { return v.Kind == native.Int || v.Kind == native.Float }

// kindOf returns the type of a value of .becket.toml.
func kindOf(value any) Kinds {
	switch value.(type) {
	case string:
		return Text
	case int64, float64:
		return Number
	case bool:
		return Boolean
	case time.Time:
		return Instant
	default:
		return Nothing
	}
}

func written(value any) string {
	switch value := value.(type) {
	case string:
		return strconv.Quote(value)
	case time.Time:
		return value.Format(time.RFC3339)
	default:
		return fmt.Sprint(value)
	}
}

// kindWords names the types of values in messages.
var kindWords = []struct {
	kind Kinds
	word string
}{{Text, "texts"}, {Number, "numbers"}, {Boolean, "booleans"}, {Instant, "instants"}, {Object, "objects"}}

// String names the types, such as "texts or instants".
func (k Kinds) String() string {
	var words []string
	for _, w := range kindWords {
		if k&w.kind != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, " or ")
}
