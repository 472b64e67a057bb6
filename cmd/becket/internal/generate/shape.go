package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// kind is the kind of Go type for a JSON value.
type kind string

const (
	nothing kind = "" // for the elements of an empty list
	boolean kind = "bool"
	text    kind = "string"
	integer kind = "int"
	long    kind = "int64"
	float   kind = "float64"
	object  kind = "struct"
	list    kind = "[]"
	mixed   kind = "any"
)

// shape is the Go type that fits every value of a flag.
type shape struct {
	kind    kind
	owner   string            // of an object's type name; see names
	fields  map[string]*shape // fields of an object
	element *shape            // elements of a list
}

// parse reads JSON and keeps numbers as they are written.
func parse(raw []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// shapeOf returns the shape of one value.
func shapeOf(value any) *shape {
	switch value := value.(type) {
	case bool:
		return &shape{kind: boolean}
	case string:
		return &shape{kind: text}
	case json.Number:
		return &shape{kind: numberKind(value)}
	case []any:
		s := &shape{kind: list, element: &shape{}}
		for _, element := range value {
			s.element = merge(s.element, shapeOf(element))
		}
		return s
	case map[string]any:
		s := &shape{kind: object, fields: map[string]*shape{}}
		for name, field := range value {
			if !fitsTag(name) {
				return &shape{kind: mixed}
			}
			s.fields[name] = shapeOf(field)
		}
		return s
	default:
		return &shape{kind: mixed}
	}
}

// numberKind returns the kind that the decoder gives to a number. For the decoder, 1.0 is not an
// int.
func numberKind(n json.Number) kind {
	switch i, err := strconv.ParseInt(n.String(), 10, 64); {
	case err != nil:
		return float
	case i < math.MinInt32 || i > math.MaxInt32:
		return long
	default:
		return integer
	}
}

// fitsTag reports whether a struct tag can hold a member's name.
func fitsTag(name string) bool {
	return name != "" && name != "-" && !strings.ContainsFunc(name, func(c rune) bool {
		return c < ' ' || c > '~' || strings.ContainsRune("\"'`\\,", c)
	})
}

// merge returns the shape that fits the values of both.
func merge(a, b *shape) *shape {
	numbers := []kind{integer, long, float}
	switch i, j := slices.Index(numbers, a.kind), slices.Index(numbers, b.kind); {
	case a.kind == nothing:
		return b
	case b.kind == nothing:
		return a
	case i >= 0 && j >= 0:
		return &shape{kind: numbers[max(i, j)]}
	case a.kind != b.kind:
		return &shape{kind: mixed}
	case a.kind == list:
		return &shape{kind: list, element: merge(a.element, b.element)}
	case a.kind == object:
		fields := maps.Clone(a.fields)
		for name, field := range b.fields {
			if fields[name] != nil {
				field = merge(fields[name], field)
			}
			fields[name] = field
		}
		return &shape{kind: object, fields: fields}
	default:
		return a
	}
}

// claim asks for the names of all objects in s.
func (s *shape) claim(n *names, identifier, owner string) {
	switch s.kind {
	case object:
		s.owner = owner
		n.want(identifier, owner)
		fields := s.fieldNames()
		for _, name := range slices.Sorted(maps.Keys(s.fields)) {
			s.fields[name].claim(n, identifier+fields.of(name), owner+"\x00"+name)
		}
	case list:
		s.element.claim(n, identifier+"Item", owner+"\x00")
	}
}

func (s *shape) fieldNames() *names {
	fields := newNames()
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		fields.want(identifier(name, "Field"), name)
	}
	return fields
}

// goType writes s as Go does.
func (s *shape) goType(n *names) string {
	switch s.kind {
	case object:
		return n.of(s.owner)
	case list:
		return "[]" + s.element.goType(n)
	case nothing:
		return string(mixed)
	default:
		return string(s.kind)
	}
}

// declare writes the types of all objects in s.
func (s *shape) declare(b *strings.Builder, n *names, about string) {
	switch s.kind {
	case list:
		s.element.declare(b, n, about)
	case object:
		fields := s.fieldNames()
		fmt.Fprintf(b, "\n// %s is %s.\ntype %[1]s struct {\n", n.of(s.owner), about)
		keys := slices.Sorted(maps.Keys(s.fields))
		for _, key := range keys {
			fmt.Fprintf(b, "%s %s `json:%q`\n", fields.of(key), s.fields[key].goType(n), key)
		}
		b.WriteString("}\n")
		for _, key := range keys {
			s.fields[key].declare(b, n, "part of "+n.of(s.owner))
		}
	}
}

// literal writes a value of that shape in Go.
func (s *shape) literal(n *names, value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "nil", nil
	case bool:
		return strconv.FormatBool(value), nil
	case string:
		return strconv.Quote(value), nil
	case json.Number:
		return s.number(value)
	case []any:
		return s.listLiteral(n, value)
	case map[string]any:
		return s.objectLiteral(n, value)
	}
	return "", fmt.Errorf("no literal for %T", value)
}

func (s *shape) number(value json.Number) (string, error) {
	if s.kind == integer || s.kind == long {
		return value.String(), nil
	}
	f, err := value.Float64()
	if err != nil {
		return "", fmt.Errorf("the number %s is out of range", value)
	}
	digits := strconv.FormatFloat(f, 'g', -1, 64)
	if s.kind == float {
		return digits, nil
	}
	return "float64(" + digits + ")", nil
}

func (s *shape) listLiteral(n *names, value []any) (string, error) {
	element := s.element
	if element == nil {
		element = &shape{kind: mixed}
	}
	literals := make([]string, len(value))
	for i := range value {
		var err error
		if literals[i], err = element.literal(n, value[i]); err != nil {
			return "", err
		}
	}
	return "[]" + element.goType(n) + "{" + strings.Join(literals, ", ") + "}", nil
}

func (s *shape) objectLiteral(n *names, value map[string]any) (string, error) {
	begin, fields := "map[string]any{", (*names)(nil)
	if s.kind == object {
		begin, fields = n.of(s.owner)+"{", s.fieldNames()
	}
	var members []string
	for _, key := range slices.Sorted(maps.Keys(value)) {
		name, field := strconv.Quote(key), &shape{kind: mixed}
		if fields != nil {
			name, field = fields.of(key), s.fields[key]
		}
		literal, err := field.literal(n, value[key])
		if err != nil {
			return "", err
		}
		members = append(members, name+": "+literal)
	}
	return begin + strings.Join(members, ", ") + "}", nil
}
