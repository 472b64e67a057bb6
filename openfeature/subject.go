package openfeature

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// subjectOf converts OpenFeature's evaluation context to a subject. It stores the attributes in
// room as far as they fit.
//
// A map has no order, so attributes with the same name must be ranked. Nested maps come first,
// those with longer names later: the last of two attributes counts, and the name "address.country"
// is more specific than a map named address.
func subjectOf(flat of.FlattenedContext, room []becket.Attribute) becket.Subject {
	var key string
	var nested []string
	for name, value := range flat {
		// The common types are read here without a call, because this loop is most of the
		// provider's cost.
		switch v := value.(type) {
		case string:
			if name == of.TargetingKey {
				key = v
			} else {
				room = append(room, becket.String(name, v))
			}
		case bool:
			room = append(room, becket.Bool(name, v))
		case int64:
			room = append(room, becket.Int64(name, v))
		case float64:
			room = append(room, becket.Float(name, v))
		case int:
			room = append(room, becket.Int(name, v))
		case nil:
		default:
			if isMap(value) {
				nested = append(nested, name)
			} else {
				room = append(room, attributeOf(name, value))
			}
		}
	}
	if nested != nil {
		room = append(nestedMaps(flat, nested), room...)
	}
	return becket.NewSubject(key, room...)
}

// nestedMaps returns the attributes of nested maps in the order of their names.
func nestedMaps(flat of.FlattenedContext, names []string) []becket.Attribute {
	slices.Sort(names)
	attributes := make([]becket.Attribute, len(names))
	for i, name := range names {
		attributes[i] = becket.Any(name, flat[name])
	}
	return attributes
}

// isMap reports whether a value is a map or a pointer to one.
func isMap(value any) bool {
	switch value.(type) {
	case time.Time, []string, json.Number:
		return false
	}
	kind := reflect.TypeOf(value)
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Kind() == reflect.Map
}

// attributeOf reads the other types.
func attributeOf(name string, value any) becket.Attribute {
	switch v := value.(type) {
	case time.Time:
		return becket.Time(name, v)
	case []string:
		return becket.Strings(name, v...)
	default:
		return becket.Any(name, v)
	}
}
