package openfeature

import (
	"encoding/json"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// subjectOf converts OpenFeature's evaluation context to a subject. It stores the attributes in
// room as far as they fit.
//
// A map has no order, so attributes with the same name must be ranked. Nested maps come first: the
// last of two attributes counts, and the name "address.country" is more specific than a map named
// address.
func subjectOf(flat of.FlattenedContext, room []becket.Attribute) becket.Subject {
	var key string
	var nested []becket.Attribute
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
			if attribute, ok := scalar(name, value); ok {
				room = append(room, attribute)
			} else {
				nested = append(nested, becket.Any(name, value))
			}
		}
	}
	if nested != nil {
		room = append(nested, room...)
	}
	return becket.NewSubject(key, room...)
}

// scalar converts the other types that need no reflection. [becket.Float] converts whole numbers to
// integers.
func scalar(name string, value any) (becket.Attribute, bool) {
	switch v := value.(type) {
	case time.Time:
		return becket.Time(name, v), true
	case []string:
		return becket.Strings(name, v...), true
	case json.Number:
		return number(name, v)
	default:
		return becket.Attribute{}, false
	}
}

func number(name string, n json.Number) (becket.Attribute, bool) {
	if i, err := n.Int64(); err == nil {
		return becket.Int64(name, i), true
	}
	f, err := n.Float64()
	return becket.Float(name, f), err == nil
}
