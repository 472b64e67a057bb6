package becket

import (
	"errors"
	"fmt"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// HandleError is a handle that does not fit the ruleset, or is nil. Err of the former wraps
// [ErrFlagNotFound], [ErrTypeMismatch], [ErrParse], [ErrNotReady], [ErrDefaultOutside] or
// [ErrDefaultsDiffer].
type HandleError struct {
	Key string // the flag's; "" where there is no ruleset
	Err error
}

// Error names the flag and what is wrong.
func (e *HandleError) Error() string {
	if e == nil {
		return noError
	}
	if e.Key == "" {
		return "becket: " + trimPrefix(e.Err)
	}
	return fmt.Sprintf("becket: handle %q: %s", e.Key, trimPrefix(e.Err))
}

// Unwrap returns what is wrong.
func (e *HandleError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Verification is what came of holding handles against a ruleset.
type Verification struct {
	Revision int64
	Problems []*HandleError // in the order of the handles
	Unasked  []string       // keys of the ruleset's flags that no handle asks for, sorted: candidates for removal
}

// Err joins the problems; nil where there are none. Flags that nobody asks for are no error.
func (v Verification) Err() error {
	errs := make([]error, len(v.Problems))
	for i, problem := range v.Problems {
		errs[i] = problem
	}
	return errors.Join(errs...)
}

// Verify holds handles against the ruleset in use, at start-up or in a test: which of them have no
// flag, a flag of another type, an object flag whose variants do not decode, or a default that no
// variant has; and which flags no handle asks for. Where the format's rules do not list values,
// defaults are not compared. Overrides play no part.
func (c *Client) Verify(handles ...Handle) Verification {
	if c.isZero() {
		return Verification{Problems: []*HandleError{{Err: ErrNoClient}}}
	}
	s := c.cache.load()
	if s.rules == nil {
		return Verification{Problems: []*HandleError{{Err: ErrNotReady}}}
	}
	v := Verification{Revision: s.revision}
	first := map[string]declaration{}
	for _, handle := range handles {
		d, err := declarationOf(handle)
		if err != nil {
			v.Problems = append(v.Problems, &HandleError{Err: err})
			continue
		}
		for _, err := range d.verify(s.rules, first) {
			v.Problems = append(v.Problems, &HandleError{d.key, err})
		}
	}
	for info := range s.rules.Flags() {
		if _, asked := first[info.Key]; !asked {
			v.Unasked = append(v.Unasked, info.Key)
		}
	}
	return v
}

// declarationOf asks a handle what it declares. It may be nil, or a nil pointer to a handle.
func declarationOf(handle Handle) (d declaration, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("becket: a handle of type %T is nil", handle)
		}
	}()
	return handle.declared(), nil
}

// verify lists what is wrong with one handle. first has the handles before it.
func (d *declaration) verify(rules Rules, first map[string]declaration) (errs []error) {
	if earlier, twice := first[d.key]; twice {
		if earlier.kind != d.kind || !earlier.fallback.Equal(d.fallback) {
			errs = append(errs, ErrDefaultsDiffer)
		}
	} else {
		first[d.key] = *d
	}
	info, ok := rules.Flag(d.key)
	switch {
	case !ok:
		return append(errs, fmt.Errorf("%w%s", ErrFlagNotFound, match.Suggest(d.key, flagKeys(rules))))
	case info.Kind == KindAny && info.Err != nil:
		return append(errs, fmt.Errorf("%w: %w", ErrParse, within{info.Err}))
	case info.Kind != d.kind && (info.Kind != KindInt || d.kind != KindFloat):
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
			errs = append(errs, fmt.Errorf("%w: variant %q does not fit the handle's type: %w", ErrTypeMismatch, variant.Name, within{err}))
		}
	}
	if len(variants) > 0 && len(errs) == 0 && !slices.ContainsFunc(variants, func(v Variant) bool { return same(v.Value) }) {
		errs = append(errs, fmt.Errorf("%w: %s", ErrDefaultOutside, d.fallback))
	}
	return errs
}

func flagKeys(rules Rules) (keys []string) {
	for info := range rules.Flags() {
		keys = append(keys, info.Key)
	}
	return keys
}
