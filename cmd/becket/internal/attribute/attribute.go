// Package attribute reads attributes of subjects as people write them: on a command line and in the
// cells of a table.
package attribute

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
)

// Name is an attribute's name and the type of its values. Type is "" if each value shows its own
// type.
type Name struct{ Name, Type string }

// types are the words that may follow a name and a colon.
var types = []string{"string", "number", "boolean", "time", "list", "json"}

// ParseName reads NAME or NAME:TYPE. A colon that is not followed by a type belongs to the name.
func ParseName(text string) Name {
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		if kind := text[i+1:]; slices.Contains(types, kind) {
			return Name{text[:i], kind}
		}
		if i == len(text)-1 {
			return Name{text[:i], "json"}
		}
	}
	return Name{text, ""}
}

// Split reads NAME=VALUE, NAME:TYPE=VALUE or NAME:=JSON.
func Split(text string) (Name, string, error) {
	name, value, ok := strings.Cut(text, "=")
	if n := ParseName(name); ok && n.Name != "" {
		return n, value, nil
	}
	return Name{}, "", fmt.Errorf("an attribute is NAME=VALUE, NAME:TYPE=VALUE or NAME:=JSON, not %q; the types are %s",
		text, strings.Join(types, ", "))
}

// Parse reads an attribute from NAME=VALUE.
func Parse(text string) (becket.Attribute, error) {
	name, value, err := Split(text)
	if err != nil {
		return becket.Attribute{}, err
	}
	return name.Attribute(value)
}

// Attribute returns the attribute with a value that is read as the name's type. Without a type,
// true and false are booleans, numbers are numbers, and everything else is text. The operators
// before and after also read an instant from text.
func (n Name) Attribute(value string) (becket.Attribute, error) {
	switch n.Type {
	case "string":
		return becket.String(n.Name, value), nil
	case "list":
		return becket.Strings(n.Name, strings.Split(value, ",")...), nil
	case "time":
		instant, err := time.Parse(time.RFC3339Nano, value)
		if err != nil {
			return becket.Attribute{}, fmt.Errorf(
				"attribute %q: %q is not an instant of RFC 3339, such as 2026-12-24T00:00:00Z", n.Name, value)
		}
		return becket.Time(n.Name, instant), nil
	case "json":
		return n.json(value)
	}
	if n.Type != "number" && (value == "true" || value == "false") {
		return becket.Bool(n.Name, value == "true"), nil
	}
	if n.Type == "number" || n.Type == "" && number.MatchString(value) {
		return n.number(value)
	}
	if n.Type != "" {
		return becket.Attribute{}, fmt.Errorf("attribute %q: %q is not a valid %s", n.Name, value, n.Type)
	}
	return becket.String(n.Name, value), nil
}

func (n Name) json(text string) (becket.Attribute, error) {
	value, err := Decode([]byte(text))
	if err != nil {
		return becket.Attribute{}, fmt.Errorf("attribute %q: %q is not valid JSON: %w", n.Name, text, err)
	}
	return becket.Any(n.Name, value), nil
}

// number is a number as a document writes it. Texts such as 0x1F, 1_000, NaN, 007 and +5 are not
// numbers.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// number returns a number as [becket.Any] reads it.
func (n Name) number(text string) (becket.Attribute, error) {
	if !number.MatchString(text) {
		return becket.Attribute{}, fmt.Errorf("attribute %q: %q is not a valid number", n.Name, text)
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return becket.Attribute{}, fmt.Errorf("attribute %q: the number %q is too large; %s:string=%s is a text",
			n.Name, text, n.Name, text)
	}
	return becket.Any(n.Name, json.Number(text)), nil
}

// Decode decodes JSON for [becket.Any], with numbers as they are written.
func Decode(text []byte) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("there is text after the value")
	}
	return value, nil
}
