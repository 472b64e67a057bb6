package flagd

import (
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket"
)

// variant is one value of a flag.
type variant struct {
	served  becket.Variant
	integer *becket.Variant // the number as an integer; nil if the value is not an integer
	kind    becket.Kind     // KindFloat for every number, KindList for a list, and KindAny for null
	plain   bool            // JSON writes the name unchanged
}

// A View reads only values of the type that it asks for. These mismatches cannot be described by
// two types.
var (
	errList  = &becket.EvaluationError{Code: becket.CodeTypeMismatch, Message: "the variant is a list"}
	errNull  = &becket.EvaluationError{Code: becket.CodeTypeMismatch, Message: "the variant is null"}
	errRange = &becket.EvaluationError{
		Code: becket.CodeTypeMismatch, Message: "the variant is a number outside 64 bits",
	}
)

// newVariant converts a variant's value. size is about its size in bytes.
func newVariant(name string, value *datum, size int) variant {
	v := variant{served: becket.Variant{Name: name}, plain: plainText(name)}
	switch value.kind {
	case kindBool:
		v.kind, v.served.Value = becket.KindBool, becket.BoolValue(value.number != 0)
	case kindText:
		v.kind, v.served.Value = becket.KindString, becket.StringValue(value.text)
	case kindNumber:
		v.kind, v.served.Value = becket.KindFloat, becket.NumberValue(value.number)
		if truncated := becket.NumberValue(math.Trunc(value.number)); truncated.Kind() == becket.KindInt {
			v.integer = &becket.Variant{Name: name, Value: truncated}
		}
	case kindObject, kindList:
		v.kind = becket.KindObject
		if value.kind == kindList {
			v.kind = becket.KindList
		}
		v.served.Value = becket.ObjectValue(appendJSON(make([]byte, 0, size), value))
	}
	return v
}

// appendJSON writes a value as encoding/json does: whole numbers of ordinary size have neither a
// decimal point nor an exponent, so they can be decoded into integers.
func appendJSON(b []byte, d *datum) []byte {
	switch d.kind {
	case kindBool:
		return strconv.AppendBool(b, d.number != 0)
	case kindNumber:
		if size := math.Abs(d.number); size != 0 && (size < 1e-6 || size >= 1e21) {
			return strconv.AppendFloat(b, d.number, 'e', -1, 64)
		}
		return strconv.AppendFloat(b, d.number, 'f', -1, 64)
	case kindText:
		b, _ = jsontext.AppendQuote(b, d.text) // the text comes from valid JSON
		return b
	case kindList:
		b = append(b, '[')
		for i := range d.more.list {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, &d.more.list[i])
		}
		return append(b, ']')
	case kindObject:
		b = append(b, '{')
		for i := range d.more.pairs {
			if i > 0 {
				b = append(b, ',')
			}
			b, _ = jsontext.AppendQuote(b, d.more.pairs[i].name)
			b = appendJSON(append(b, ':'), &d.more.pairs[i].value)
		}
		return append(b, '}')
	default:
		return append(b, "null"...)
	}
}

// serve returns the variant as the type that the caller asked for. If v is nil, there is no
// variant, and the caller's default is served.
func (v *variant) serve(want becket.Kind, reason becket.Reason) becket.Result {
	if v == nil {
		return becket.Result{Reason: reason}
	}
	if err := v.mismatch(want); err != nil {
		return becket.Result{Reason: becket.ReasonError, Err: err}
	}
	if want == becket.KindInt {
		return becket.Result{Variant: v.integer, Reason: reason}
	}
	return becket.Result{Variant: &v.served, Reason: reason}
}

// mismatch returns the reason why the variant does not have the type that the caller asked for.
func (v *variant) mismatch(want becket.Kind) *becket.EvaluationError {
	switch {
	case v.kind == becket.KindAny:
		return errNull
	case want == becket.KindAny || want == v.kind:
		return nil
	case v.kind == becket.KindList:
		return errList
	case want == becket.KindInt && v.kind == becket.KindFloat:
		if v.integer == nil {
			return errRange
		}
		return nil
	default:
		return becket.TypeMismatch(want, v.served.Value.Kind())
	}
}

// kindOf returns the common type of a flag's variants, or KindAny if there is none. Numbers are
// integers if all of them are.
func kindOf(variants []variant) becket.Kind {
	var kind becket.Kind
	for i := range variants {
		k := variants[i].served.Value.Kind()
		switch {
		case i == 0 || k == kind:
			kind = k
		case variants[i].kind == becket.KindFloat && (kind == becket.KindInt || kind == becket.KindFloat):
			kind = becket.KindFloat
		default:
			return becket.KindAny
		}
	}
	return kind
}
