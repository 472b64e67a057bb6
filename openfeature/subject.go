package openfeature

import (
	"encoding/json"
	"time"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// subjectOf reads OpenFeature's evaluation context as a subject. The attributes go into room as far as they fit.
//
// A map iterates in any order, so two attributes that end up with one name must be ranked: nested maps come first, because the
// last of two wins and "address.country" written out says more than a map named address.
func subjectOf(flat of.FlattenedContext, room []becket.Attribute) becket.Subject {
	var key string
	var nested []becket.Attribute
	for name, value := range flat {
		// The usual types are read here, without a call: the loop is most of what the provider costs.
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

// scalar reads the other types that need no reflection. Integral numbers are integers however they arrive, by [becket.Float].
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
