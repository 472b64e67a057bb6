package flagtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/becketflags/becket"
)

// choice is the type of OneOf's result.
type choice []any

// OneOf is the value of a flag with several values: the client serves the first, and
// [Flags.EachVariant] runs through all of them.
func OneOf(first any, others ...any) any { return choice(append([]any{first}, others...)) }

// variantsOf converts a test's value to variants. The first variant is served.
func variantsOf(value any) ([]becket.Variant, error) {
	if alternatives, ok := value.(choice); ok {
		var variants []becket.Variant
		for _, alternative := range alternatives {
			v, err := valueOf(alternative)
			if err != nil {
				return nil, err
			}
			if len(variants) > 0 && !compatible(variants[0].Value.Kind(), v.Kind()) {
				return nil, fmt.Errorf("OneOf: values of type %s and %s", variants[0].Value.Kind(), v.Kind())
			}
			variants = append(variants, becket.Variant{Name: nameOf(v, len(variants)), Value: v})
		}
		return variants, nil
	}
	v, err := valueOf(value)
	if err != nil {
		return nil, err
	}
	variants := []becket.Variant{{Name: nameOf(v, 0), Value: v}}
	if v.Kind() == becket.KindBool {
		other := becket.BoolValue(!v.Bool())
		variants = append(variants, becket.Variant{Name: nameOf(other, 1), Value: other})
	}
	return variants, nil
}

// nameOf gives a variant a readable name.
func nameOf(v becket.Value, index int) string {
	switch v.Kind() {
	case becket.KindBool:
		if v.Bool() {
			return "on"
		}
		return "off"
	case becket.KindString:
		if v.Text() != "" {
			return v.Text()
		}
		return "empty"
	case becket.KindObject:
		return "object-" + strconv.Itoa(index+1)
	default:
		return v.String()
	}
}

// valueOf converts a Go value of any type that a flag can have.
func valueOf(value any) (becket.Value, error) {
	if v, ok := value.(becket.Value); ok {
		return checked(v)
	}
	switch r := reflect.ValueOf(value); r.Kind() {
	case reflect.Invalid:
		return becket.Value{}, errors.New("it is nil")
	case reflect.Bool:
		return becket.BoolValue(r.Bool()), nil
	case reflect.String:
		return becket.StringValue(r.String()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return becket.IntValue(r.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if r.Uint() > math.MaxInt64 {
			return becket.Value{}, fmt.Errorf("%d is outside 64 bits with a sign", r.Uint())
		}
		return becket.IntValue(int64(r.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return checked(becket.NumberValue(r.Float()))
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return becket.Value{}, err
	}
	if raw[0] != '{' && raw[0] != '[' {
		return becket.Value{}, fmt.Errorf("a %T is written as %s, which is not an object or array", value, raw)
	}
	return becket.ObjectValue(raw), nil
}

func checked(v becket.Value) (becket.Value, error) {
	switch v.Kind() {
	case becket.KindBool, becket.KindString, becket.KindInt, becket.KindObject:
		return v, nil
	case becket.KindFloat:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return v, nil
		}
	}
	return becket.Value{}, fmt.Errorf("%s of type %s is not a value of a flag", v, v.Kind())
}

// compatible reports whether a flag of one type accepts a value of the other type. Integers and
// floats are compatible.
func compatible(a, b becket.Kind) bool {
	return a == b || a == becket.KindAny || isNumber(a) && isNumber(b)
}

func isNumber(k becket.Kind) bool { return k == becket.KindInt || k == becket.KindFloat }
