package becket

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// BoolFlag declares a boolean flag in the program: once, as a variable of a package, for use
// everywhere. The compiler finds its uses, and [Client.Verify] compares it with the ruleset. A
// check costs the same as [View.Bool].
type BoolFlag struct {
	Key     string
	Default bool // served if the flag has no value for the subject, see [View.Bool]
}

// On returns the flag's value for the view's subject.
func (f BoolFlag) On(v View) bool { return v.Bool(f.Key, f.Default) }

// Detail is On with the reason for the value.
func (f BoolFlag) Detail(v View) Detail[bool] { return v.BoolDetail(f.Key, f.Default) }

// StringFlag declares a string flag in the program; see [BoolFlag].
type StringFlag struct {
	Key     string
	Default string // served if the flag has no value for the subject, see [View.Bool]
}

// In returns the flag's value for the view's subject.
func (f StringFlag) In(v View) string { return v.String(f.Key, f.Default) }

// Detail is In with the reason for the value.
func (f StringFlag) Detail(v View) Detail[string] { return v.StringDetail(f.Key, f.Default) }

// IntFlag declares an integer flag in the program; see [BoolFlag].
type IntFlag struct {
	Key     string
	Default int // served if the flag has no value for the subject, see [View.Bool]
}

// In returns the flag's value for the view's subject.
func (f IntFlag) In(v View) int { return v.Int(f.Key, f.Default) }

// Detail is In with the reason for the value.
func (f IntFlag) Detail(v View) Detail[int] { return v.IntDetail(f.Key, f.Default) }

// FloatFlag declares a float flag in the program, or an integer flag that is read as a float; see
// [BoolFlag].
type FloatFlag struct {
	Key     string
	Default float64 // served if the flag has no value for the subject, see [View.Bool]
}

// In returns the flag's value for the view's subject.
func (f FloatFlag) In(v View) float64 { return v.Float(f.Key, f.Default) }

// Detail is In with the reason for the value.
func (f FloatFlag) Detail(v View) Detail[float64] { return v.FloatDetail(f.Key, f.Default) }

// JSONFlag declares an object flag in the program, which is decoded into a T; see [BoolFlag] and
// [JSON].
type JSONFlag[T any] struct {
	Key     string
	Default T // served if the flag has no value for the subject, see [View.Bool]
}

// In returns the flag's value for the view's subject. All callers share the memory of its pointers,
// maps and slices, and must not change it.
func (f JSONFlag[T]) In(v View) T { return JSON(v, f.Key, f.Default) }

// Detail is In with the reason for the value.
func (f JSONFlag[T]) Detail(v View) Detail[T] { return JSONDetail(v, f.Key, f.Default) }

// Handle is a [BoolFlag], [StringFlag], [IntFlag], [FloatFlag] or [JSONFlag].
type Handle interface {
	declared() declaration
}

// declaration is the content of a handle, in a form that is the same for all types of handles.
type declaration struct {
	key      string
	kind     Kind
	fallback Value
	// returns why a variant does not fit the handle; nil if every variant of the kind fits
	fits func(Variant) error
	// reports whether a value equals the default; nil for a comparison with fallback
	same func(Value) (same bool)
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
	return declaration{key: f.Key, kind: KindFloat, fallback: NumberValue(f.Default)}
}

// declared returns a declaration that compares objects after decoding them into T, so fields that T
// does not have do not count.
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

// Reasons why Verify rejects a handle, in addition to the errors of evaluations.
var (
	// errDefaultOutside reports that no variant of the flag has the handle's default as its value.
	// Without the ruleset, the program would then behave in a way that the flag never makes it
	// behave.
	errDefaultOutside = errors.New("the default is none of the flag's variants")

	// errDefaultsDiffer reports that two handles of one flag have different types or defaults.
	errDefaultsDiffer = errors.New("two handles of the flag differ in type or default")
)

// Verify compares handles with the ruleset in use, at start-up or in a test. Its error joins all
// mismatches, in the order of the handles: the flag does not exist, could not be read, or has
// another type; a variant of an object flag does not fit the handle's Go type; no variant has the
// default as its value; two handles of one flag differ; or a handle is nil. Each error names the
// flag, if there is one, and wraps [ErrFlagNotFound], [ErrTypeMismatch] or [ErrParse] if one of
// them is the reason. If there is no ruleset yet, the error is [ErrNotReady]; for a nil or zero
// client it is [ErrNoClient]. unasked lists the keys of flags without a handle, sorted. They may be
// unused, and are not an error. If the format's rules do not implement [VariantLister], defaults
// are not compared. Overrides are ignored.
func (c *Client) Verify(handles ...Handle) (unasked []string, err error) {
	if c.isZero() {
		return nil, ErrNoClient
	}
	s := c.cache.load()
	if s.rules == nil {
		return nil, ErrNotReady
	}
	var errs []error
	first := map[string]declaration{}
	for _, handle := range handles {
		d, err := declarationOf(handle)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, err := range d.verify(s.rules, first) {
			errs = append(errs, fmt.Errorf("becket: handle %q: %w", d.key, within{err}))
		}
	}
	for info := range s.rules.Flags() {
		if _, asked := first[info.Key]; !asked {
			unasked = append(unasked, info.Key)
		}
	}
	return unasked, errors.Join(errs...)
}

// declarationOf returns the declaration of a handle. It returns an error for nil and for a nil
// pointer to a handle.
func declarationOf(handle Handle) (d declaration, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("becket: a handle of type %T is nil", handle)
		}
	}()
	return handle.declared(), nil
}

// verify lists the mismatches of one handle. first maps the key of each flag to its first handle.
func (d *declaration) verify(rules Rules, first map[string]declaration) (errs []error) {
	if earlier, twice := first[d.key]; twice {
		if earlier.kind != d.kind || !earlier.fallback.Equal(d.fallback) {
			errs = append(errs, errDefaultsDiffer)
		}
	} else {
		first[d.key] = *d
	}
	info, ok := rules.Flag(d.key)
	switch {
	case !ok:
		return append(errs, fmt.Errorf("%w%s", ErrFlagNotFound, match.Suggest(d.key, flagKeys(rules))))
	case info.Kind == KindAny && errors.Is(info.Err, ErrParse):
		return append(errs, info.Err)
	case info.Kind == KindAny && info.Err != nil:
		return append(errs, fmt.Errorf("%w: %w", ErrParse, within{info.Err}))
	case !match.Readable(info.Kind, d.kind):
		return append(errs, TypeMismatch(d.kind, info.Kind))
	}
	return append(errs, d.compare(variantsOf(rules, d.key))...)
}

func (d *declaration) compare(variants []Variant) (errs []error) {
	same := d.same
	if same == nil {
		same = func(v Value) bool { return v.Equal(d.fallback) }
	}
	for _, variant := range variants {
		if d.fits == nil {
			break
		}
		if err := d.fits(variant); err != nil {
			errs = append(errs,
				fmt.Errorf("%w: variant %q does not fit the handle's type: %w",
					ErrTypeMismatch, variant.Name, within{err}))
		}
	}
	if len(variants) > 0 && len(errs) == 0 &&
		!slices.ContainsFunc(variants, func(v Variant) bool { return same(v.Value) }) {
		errs = append(errs, fmt.Errorf("%w: %s", errDefaultOutside, d.fallback))
	}
	return errs
}
