// Package edit changes single values in the text of a ruleset, which is JSON with or without
// comments, or YAML. Every byte outside of a change stays as it is: comments, order, indentation,
// line ends, a byte-order mark and the end of the file. A new value gets the style of its
// neighbours.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// Change is a change of one value. The functions Set, Insert, Remove and Rename make changes.
type Change struct {
	do    action
	path  Path
	value jsontext.Value // with set and insert
	text  *Fragment      // the value as another document writes it, or nil
	name  string         // with rename
	after []string       // with set
}

type action int

const (
	set action = iota
	insert
	remove
	rename
)

// Set sets the value at a path. An object that has no member of that name gets one: behind the last
// of the members that after names, or, if it has none of these, as the first one. Without after,
// the new member becomes the last one.
func Set(path Path, value jsontext.Value, after ...string) Change {
	return Change{do: set, path: path, value: value, after: after}
}

// SetFragment is like Set for a value that was cut out of another document.
func SetFragment(path Path, f *Fragment, after ...string) Change {
	return Change{do: set, path: path, value: f.Value, text: f, after: after}
}

// Insert inserts an element into an array. The path ends with the element's index, which may be the
// number of the elements.
func Insert(path Path, value jsontext.Value) Change {
	return Change{do: insert, path: path, value: value}
}

// Remove removes a member or an element. Comments on its lines go with it, and comments above it
// stay.
func Remove(path Path) Change { return Change{do: remove, path: path} }

// Rename gives a member another name.
func Rename(path Path, name string) Change { return Change{do: rename, path: path, name: name} }

// Apply returns a document's source with the changes, which are made one after another. The name
// decides the notation, as when a document is read. The result was read back: it holds exactly the
// values of the source with the changes, or Apply returns an error.
func Apply(name string, source []byte, changes ...Change) ([]byte, error) {
	want, err := plain(name, source)
	if err != nil {
		return nil, err
	}
	mark, text := cutMark(source)
	for i := range changes {
		c := &changes[i]
		if want, err = c.model(want); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if text, err = c.write(name, text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	result := slices.Concat(mark, text)
	got, err := plain(name, result)
	if err != nil || !bytes.Equal(got, want) {
		return nil, fmt.Errorf("%s: %w", name, errUnsafe)
	}
	return result, nil
}

// errUnsafe means that the changed text does not hold the values that it should.
var errUnsafe = errors.New("this place cannot be edited without a change of other values: edit it by hand")

// write makes the change in a text without byte-order mark.
func (c *Change) write(name string, text []byte) ([]byte, error) {
	d, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	splices, err := d.change(c)
	if err != nil {
		return nil, err
	}
	at := 0
	for _, s := range splices {
		if s.from < at || s.to < s.from || s.to > len(text) {
			return nil, errUnsafe
		}
		at = s.to
	}
	return apply(text, splices), nil
}

// plain returns a document as JSON in as few bytes as possible.
func plain(name string, source []byte) (jsontext.Value, error) {
	d, err := input.Parse(name, source, input.Options{Format: "native"})
	if err != nil {
		return nil, err
	}
	return compact(d.Body)
}

// compact returns a value in as few bytes as possible, with texts in one notation.
func compact(value jsontext.Value) (jsontext.Value, error) {
	value = bytes.Clone(value)
	err := value.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return value, err
}

// cutMark cuts a byte-order mark off a source.
func cutMark(source []byte) (mark, text []byte) {
	const byteOrderMark = "\xef\xbb\xbf"
	if bytes.HasPrefix(source, []byte(byteOrderMark)) {
		return source[:len(byteOrderMark)], source[len(byteOrderMark):]
	}
	return nil, source
}

// splice replaces the bytes from one offset to another.
type splice struct {
	from, to int
	text     string
}

// apply replaces parts of a text. The splices are in the order of their offsets and do not overlap.
func apply(text []byte, splices []splice) []byte {
	var b bytes.Buffer
	at := 0
	for _, s := range splices {
		b.Write(text[at:s.from])
		b.WriteString(s.text)
		at = s.to
	}
	b.Write(text[at:])
	return b.Bytes()
}
