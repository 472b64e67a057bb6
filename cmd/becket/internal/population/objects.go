package population

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
)

// objects reads one object per line, or exposures. what is "" or names the exposures.
func (f *File) objects(text []byte) (what string, err error) {
	var names []string // of the members of the first objects
	keyed := false
	var x *exposures
	read, line := 0, 0
	for rest := text; len(rest) > 0; {
		var row []byte
		row, rest, _ = bytes.Cut(rest, []byte("\n"))
		line++
		if row = bytes.TrimSpace(row); len(row) == 0 {
			continue
		}
		members, err := object(row)
		if err != nil && (x == nil || !x.mayBeBroken(row)) {
			return "", fmt.Errorf("%s:%d: %w", f.Name, line, err)
		}
		if read++; read == 1 && isExposure(members) {
			x = &exposures{File: f, index: map[string]int{}}
		}
		switch {
		case x != nil:
			x.add(members)
		default:
			keyed = f.object(members) || keyed
			if !keyed && len(names) == 0 {
				names = slices.Sorted(maps.Keys(members))
			}
		}
		if err := f.at(int64(len(text) - len(rest))); err != nil {
			return "", err
		}
	}
	switch {
	case x != nil:
		return x.finish()
	case read > 0 && !keyed:
		return "", fmt.Errorf("%s: %w", f.Name, errNoKey("member", names))
	default:
		return "", nil
	}
}

// object reads a line.
func object(row []byte) (map[string]any, error) {
	value, err := attribute.Decode(row)
	members, ok := value.(map[string]any)
	if err == nil && !ok {
		err = errors.New("expected an object")
	}
	return members, err
}

// object adds a subject and reports whether the object has a member "key". It reads a numeric key
// as text, because the library hashes texts.
func (f *File) object(members map[string]any) (keyed bool) {
	value, keyed := members["key"]
	delete(members, "key")
	f.add(keyText(value), attributesOf(members))
	return keyed
}

// attributesOf makes attributes from an object's members. Nested objects come first, because the
// last of two attributes with one name counts. So the order of the members decides nothing.
func attributesOf(members map[string]any) []becket.Attribute {
	var nested, flat []becket.Attribute
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		if _, isObject := value.(map[string]any); isObject {
			nested = append(nested, becket.Any(name, value))
		} else {
			flat = append(flat, becket.Any(name, value))
		}
	}
	return append(nested, flat...)
}

// keyText returns a key that is a text or an integer, and "" for any other key.
func keyText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		subject := becket.NewSubject("", becket.Any("number", v))
		if number, _ := subject.Attribute("number"); number.Kind() == becket.KindInt {
			return number.String()
		}
	}
	return ""
}
