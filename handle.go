package becket

import (
	"encoding/json"
)

// BoolFlag is a boolean flag as a program knows it: declared once, as a package's variable, and
// asked everywhere. The compiler finds its uses, and [Client.Verify] holds it against the ruleset.
// Its check costs what [View.Bool] costs.
type BoolFlag struct {
	Key     string
	Default bool // given whenever the flag's own value cannot be had
}

// On returns the flag's value for the view's subject.
func (f BoolFlag) On(v View) bool { return v.Bool(f.Key, f.Default) }

// Detail is On with the reasons.
func (f BoolFlag) Detail(v View) Detail[bool] { return v.BoolDetail(f.Key, f.Default) }

// StringFlag is a string flag as a program knows it; see [BoolFlag].
type StringFlag struct {
	Key     string
	Default string // given whenever the flag's own value cannot be had
}

// In returns the flag's value for the view's subject.
func (f StringFlag) In(v View) string { return v.String(f.Key, f.Default) }

// Detail is In with the reasons.
func (f StringFlag) Detail(v View) Detail[string] { return v.StringDetail(f.Key, f.Default) }

// IntFlag is an integer flag as a program knows it; see [BoolFlag].
type IntFlag struct {
	Key     string
	Default int // given whenever the flag's own value cannot be had
}

// In returns the flag's value for the view's subject.
func (f IntFlag) In(v View) int { return v.Int(f.Key, f.Default) }

// Detail is In with the reasons.
func (f IntFlag) Detail(v View) Detail[int] { return v.IntDetail(f.Key, f.Default) }

// FloatFlag is a float flag, or an integer flag that is read as one, as a program knows it; see
// [BoolFlag].
type FloatFlag struct {
	Key     string
	Default float64 // given whenever the flag's own value cannot be had
}

// In returns the flag's value for the view's subject.
func (f FloatFlag) In(v View) float64 { return v.Float(f.Key, f.Default) }

// Detail is In with the reasons.
func (f FloatFlag) Detail(v View) Detail[float64] { return v.FloatDetail(f.Key, f.Default) }

// JSONFlag is an object flag as a program knows it, read as a T; see [BoolFlag] and [JSON].
type JSONFlag[T any] struct {
	Key     string
	Default T // given whenever the flag's own value cannot be had
}

// In returns the flag's value for the view's subject. What its pointers, maps and slices hold is
// shared by all callers and to be read only.
func (f JSONFlag[T]) In(v View) T { return JSON(v, f.Key, f.Default) }

// Detail is In with the reasons.
func (f JSONFlag[T]) Detail(v View) Detail[T] { return JSONDetail(v, f.Key, f.Default) }

// Handle is a [BoolFlag], [StringFlag], [IntFlag], [FloatFlag] or [JSONFlag].
type Handle interface {
	declared() declaration
}

// declaration is what a handle says about its flag.
type declaration struct {
	key      string
	kind     Kind
	fallback Value
	fits     func(Variant) error     // nil: a variant of the right type fits
	same     func(Value) (same bool) // nil: by value
}

func (f BoolFlag) declared() declaration {
	return declaration{key: f.Key, kind: KindBool, fallback: BoolValue(f.Default)}
}

func (f StringFlag) declared() declaration {
	return declaration{key: f.Key, kind: KindString, fallback: StringValue(f.Default)}
}

func (f IntFlag) declared() declaration {
	return declaration{key: f.Key, kind: KindInt, fallback: IntValue(int64(f.Default))}
}

func (f FloatFlag) declared() declaration {
	return declaration{key: f.Key, kind: KindFloat, fallback: FloatValue(f.Default)}
}

// declared compares objects as the program sees them: fields that T does not have do not count.
func (f JSONFlag[T]) declared() declaration {
	raw, err := json.Marshal(f.Default)
	if err != nil {
		raw = []byte("null")
	}
	seen := func(v Value) (string, error) {
		decoded, misfit := decodeObject[T](v)
		if misfit != nil {
			return "", misfit.Cause
		}
		again, err := json.Marshal(decoded)
		return canonical(again), err
	}
	return declaration{
		key: f.Key, kind: KindObject, fallback: ObjectValue(raw),
		fits: func(v Variant) error {
			_, err := seen(v.Value)
			return err
		},
		same: func(v Value) bool {
			text, err := seen(v)
			return err == nil && text == canonical(raw)
		},
	}
}
