package native

import (
	"bytes"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Written is a value as it is written in a document, for tools that show or change the text. The
// zero Written is no value.
type Written struct {
	At  int    // where it begins
	Raw []byte // from its first byte to its last; it shares the memory of the document
}

// IsThere reports whether there is a value.
func (w Written) IsThere() bool { return w.Raw != nil }

// Field returns the value of the field of that name, or no value.
func (w Written) Field(name string) Written {
	for n, value := range w.Fields() {
		if n == name {
			return value
		}
	}
	return Written{}
}

// Fields returns the names and values of an object in their order; nothing for other values.
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

// Elements returns the elements of an array in their order; nothing for other values.
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

// first returns where the first name or element of an object or array begins, which ends there if
// it is empty. For other values it returns their end.
func (w Written) first(bracket byte) int {
	if !w.IsThere() || w.Raw[0] != bracket {
		return len(w.Raw)
	}
	return tokenAt(w.Raw, 1)
}

// isEnd reports whether the object or array ends there.
func (w Written) isEnd(at int) bool { return at >= len(w.Raw)-1 }

// cut returns the value below that begins at an offset of this one.
func (w Written) cut(at int) Written {
	end, _, _ := span(w.Raw, at)
	return Written{w.At + at, w.Raw[at:end:end]}
}

// Text returns the text, "" for values of other types.
func (w Written) Text() string {
	if !w.IsThere() || w.Raw[0] != '"' {
		return ""
	}
	return unquoted(w.Raw)
}

// Texts returns the texts of an array, or the one text that may stand in its place.
func (w Written) Texts() (texts []string) {
	if w.IsThere() && w.Raw[0] == '"' {
		return []string{w.Text()}
	}
	for element := range w.Elements() {
		texts = append(texts, element.Text())
	}
	return texts
}

// AllTexts returns every text in the value, however deep, the names in objects among them.
func (w Written) AllTexts() iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := 0; at < len(w.Raw); at = tokenAt(w.Raw, at) {
			end := at + 1 // of a bracket
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

// Equal reports whether two values are written alike but for white space between their tokens.
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

// unquoted returns the text of a quoted one. Invalid parts of it are replaced.
func unquoted(raw []byte) string {
	text, _ := jsontext.AppendUnquote(nil, raw)
	return string(text)
}
