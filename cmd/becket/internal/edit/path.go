package edit

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/wording"
)

// Path leads from the top of a document to a value: a string is the name of a member, and an int is
// the index of an element.
type Path []any

// Add returns the path to a value below.
func (p Path) Add(steps ...any) Path { return append(slices.Clip(p), steps...) }

// String returns the path as messages show it, such as flags.checkout.rules[2].
func (p Path) String() string {
	text := ""
	for _, step := range p {
		switch s := step.(type) {
		case int:
			text = wording.Element(text, s)
		case string:
			text = wording.Member(text, s)
		}
	}
	return text
}

// last returns the path to the object or array around the value, and the value's name or index.
func (p Path) last() (Path, any) { return p[:len(p)-1], p[len(p)-1] }

// notThere is the error for a path that leads to nothing.
func notThere(p Path) error { return fmt.Errorf("there is no %s", p) }

// Text returns a text as a JSON value. Bytes that are not UTF-8 are replaced.
func Text(text string) jsontext.Value {
	quoted, _ := jsontext.AppendQuote(nil, text)
	return quoted
}

// Bool returns a boolean as a JSON value.
func Bool(b bool) jsontext.Value { return strconv.AppendBool(nil, b) }

// Int returns an integer as a JSON value.
func Int(i int64) jsontext.Value { return strconv.AppendInt(nil, i, 10) }

// Member is a member of an object.
type Member struct {
	Name  string
	Value jsontext.Value
}

// Object returns an object with these members, in this order.
func Object(members ...Member) jsontext.Value {
	object := jsontext.Value{'{'}
	for i, m := range members {
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(append(object, Text(m.Name)...), ':'), m.Value...)
	}
	return append(object, '}')
}

// Array returns an array of these values.
func Array(values ...jsontext.Value) jsontext.Value {
	array := jsontext.Value{'['}
	for i, v := range values {
		if i > 0 {
			array = append(array, ',')
		}
		array = append(array, v...)
	}
	return append(array, ']')
}
