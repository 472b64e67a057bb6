package flagd

import (
	"encoding/json"
	"math"

	"github.com/becketflags/becket"
)

// variant is one value of a flag.
type variant struct {
	served  becket.Variant
	integer *becket.Variant // a number as an integer; nil where there is none
	kind    becket.Kind     // KindFloat for every number, KindList for a list, KindAny for null
	plain   bool            // the name is written in JSON as it stands
}

// What View reads is of the type asked for; these are the mismatches that no pair of types tells.
var (
	errList  = &becket.EvaluationError{Code: becket.CodeTypeMismatch, Message: "the variant is a list"}
	errNull  = &becket.EvaluationError{Code: becket.CodeTypeMismatch, Message: "the variant is null"}
	errRange = &becket.EvaluationError{Code: becket.CodeTypeMismatch, Message: "the variant is a number outside 64 bits"}
)

// newVariant converts a variant's value as encoding/json decodes it.
func newVariant(name string, value any) variant {
	v := variant{served: becket.Variant{Name: name}, plain: plainText(name)}
	switch value := value.(type) {
	case bool:
		v.kind, v.served.Value = becket.KindBool, becket.BoolValue(value)
	case string:
		v.kind, v.served.Value = becket.KindString, becket.StringValue(value)
	case float64:
		v.kind, v.served.Value = becket.KindFloat, becket.FloatValue(value)
		if truncated := becket.FloatValue(math.Trunc(value)); truncated.Kind() == becket.KindInt {
			v.integer = &becket.Variant{Name: name, Value: truncated}
		}
	case map[string]any, []any:
		v.kind = becket.KindObject
		if _, ok := value.([]any); ok {
			v.kind = becket.KindList
		}
		raw, _ := json.Marshal(value) // what was decoded from JSON can be encoded
		v.served.Value = becket.ObjectValue(raw)
	}
	return v
}

// serve returns the variant as the type asked for. There is none where v is nil: then the caller's default is served.
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

// mismatch says why the variant is not of the type asked for.
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

// kindOf is the type that a flag's variants share, KindAny if they share none. Numbers are integers if all of them are.
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
