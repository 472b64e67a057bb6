package native

import (
	"bytes"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Written is the JSON text of a value in a document, for tools that show or change the text. The
// zero Written means that there is no value.
type Written struct {
	At  int    // offset at which the value begins
	Raw []byte // the bytes of the value; they share the memory of the document
}

// IsThere reports whether there is a value.
func (w Written) IsThere() bool { return w.Raw != nil }

// Field returns the value of the field with the given name, or the zero Written if there is none.
func (w Written) Field(name string) Written {
	for n, value := range w.Fields() {
		if n == name {
			return value
		}
	}
	return Written{}
}

// Fields lists the names and values of an object in their order. For other values the list is
// empty.
func (w Written) Fields() iter.Seq2[string, Written] {
	return func(yield func(string, Written) bool) {
		for at := w.first('{'); !w.isEnd(at); at = tokenAt(w.Raw, at) {
			end := scalarEnd(w.Raw, at)
			name := unquoted(w.Raw[at:end])
			value := w.cut(tokenAt(w.Raw, end))
			if !yield(name, value) {
				return
			}
			at = value.At - w.At + len(value.Raw)
		}
	}
}

// Elements lists the elements of an array in their order. For other values the list is empty.
func (w Written) Elements() iter.Seq[Written] {
	return func(yield func(Written) bool) {
		for at := w.first('['); !w.isEnd(at); at = tokenAt(w.Raw, at) {
			element := w.cut(at)
			if !yield(element) {
				return
			}
			at += len(element.Raw)
		}
	}
}

// first returns the offset of the first name or element of an object or array, or of the closing
// bracket if there is none. For other values it returns their end.
func (w Written) first(bracket byte) int {
	if !w.IsThere() || w.Raw[0] != bracket {
		return len(w.Raw)
	}
	return tokenAt(w.Raw, 1)
}

// isEnd reports whether the object or array ends at an offset.
func (w Written) isEnd(at int) bool { return at >= len(w.Raw)-1 }

// cut returns the nested value that begins at an offset of this value.
func (w Written) cut(at int) Written {
	end, _, _ := span(w.Raw, at)
	return Written{w.At + at, w.Raw[at:end:end]}
}

// Text returns the text, or "" for values of other types.
func (w Written) Text() string {
	if !w.IsThere() || w.Raw[0] != '"' {
		return ""
	}
	return unquoted(w.Raw)
}

// Texts returns the texts of an array, or the text itself if the value is a text.
func (w Written) Texts() (texts []string) {
	if w.IsThere() && w.Raw[0] == '"' {
		return []string{w.Text()}
	}
	for element := range w.Elements() {
		texts = append(texts, element.Text())
	}
	return texts
}

// AllTexts lists all texts in the value at any depth, including names in objects.
func (w Written) AllTexts() iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := 0; at < len(w.Raw); at = tokenAt(w.Raw, at) {
			end := at + 1 // the end of a bracket
			if c := w.Raw[at]; bytes.IndexByte([]byte("{}[]"), c) < 0 {
				end = scalarEnd(w.Raw, at)
				if c == '"' && !yield(unquoted(w.Raw[at:end])) {
					return
				}
			}
			at = end
		}
	}
}

// Equal reports whether two values have the same JSON text, except for white space between tokens.
func (w Written) Equal(other Written) bool {
	return w.IsThere() == other.IsThere() && bytes.Equal(w.Compact(), other.Compact())
}

// Compact returns the value without white space between its tokens.
func (w Written) Compact() []byte {
	compact := jsontext.Value(slices.Clone(w.Raw))
	options := []jsontext.Options{
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true),
	}
	if compact.Compact(options...) != nil {
		return w.Raw
	}
	return compact
}

// unquoted returns the text of a quoted text. Invalid parts are replaced.
func unquoted(raw []byte) string {
	text, _ := jsontext.AppendUnquote(nil, raw)
	return string(text)
}
