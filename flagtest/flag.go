package flagtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket"
)

// testFlag is a flag that the test has set. It never changes.
type testFlag struct {
	known  []knownVariant             // all variants that tests have named, the first value first
	served map[string][]servedVariant // by subject key, "" for all subjects; the last one counts
}

// knownVariant is a variant with the tests that have named it. It lasts until all of them end.
type knownVariant struct {
	becket.Variant

	by []*scope
}

// servedVariant is a variant that lasts until the test ends that has set it.
type servedVariant struct {
	becket.Variant

	by *scope
}

// with returns a copy that serves the first of the variants to the subject with that key, or to all
// subjects. If a variant of the base has the same value, its name is used.
func (f *testFlag) with(by *scope, key string, variants, base []becket.Variant) *testFlag {
	served := variants[0]
	if i := slices.IndexFunc(base, func(v becket.Variant) bool { return v.Value.Equal(served.Value) }); i >= 0 {
		served = base[i]
	}
	next := &testFlag{known: slices.Clone(f.known), served: maps.Clone(f.served)}
	for _, v := range slices.Concat(variants, base) {
		next.know(v, by)
	}
	if next.served == nil {
		next.served = map[string][]servedVariant{}
	}
	next.served[key] = append(notBy(by, f.served[key]), servedVariant{served, by})
	return next
}

// know adds a variant that a test has named, unless a known one has the same value.
func (f *testFlag) know(v becket.Variant, by *scope) {
	i := slices.IndexFunc(f.known, func(w knownVariant) bool { return w.Value.Equal(v.Value) })
	if i < 0 {
		f.known = append(f.known, knownVariant{v, []*scope{by}})
	} else if known := &f.known[i]; !slices.Contains(known.by, by) {
		known.by = append(slices.Clip(known.by), by)
	}
}

// servingAll returns a copy that serves one variant to all subjects.
func (f *testFlag) servingAll(by *scope, variant becket.Variant) *testFlag {
	return &testFlag{known: f.known, served: map[string][]servedVariant{"": {{variant, by}}}}
}

// isSetBy reports whether a test has set the flag.
func (f *testFlag) isSetBy(by *scope) bool {
	return slices.ContainsFunc(f.known, func(v knownVariant) bool { return slices.Contains(v.by, by) })
}

// without returns a copy without all that a test has set.
func (f *testFlag) without(by *scope) *testFlag {
	next := &testFlag{served: map[string][]servedVariant{}}
	for _, v := range f.known {
		others := slices.DeleteFunc(slices.Clone(v.by), func(s *scope) bool { return s == by })
		if len(others) > 0 {
			next.known = append(next.known, knownVariant{v.Variant, others})
		}
	}
	for key, variants := range f.served {
		if left := notBy(by, variants); len(left) > 0 {
			next.served[key] = left
		}
	}
	return next
}

// notBy returns a copy of the list without the variants of a test.
func notBy(by *scope, variants []servedVariant) []servedVariant {
	return slices.DeleteFunc(slices.Clone(variants), func(v servedVariant) bool { return v.by == by })
}

// variant returns the variant that is set for a subject, or for all subjects if the key is ""; nil
// if none is.
func (f *testFlag) variant(key string) *becket.Variant {
	if variants := f.served[key]; len(variants) > 0 {
		return &variants[len(variants)-1].Variant
	}
	return nil
}

// variants lists the known variants.
func (f *testFlag) variants() []becket.Variant {
	var variants []becket.Variant
	for _, v := range f.known {
		variants = append(variants, v.Variant)
	}
	return variants
}

// kind returns the type of the variants.
func (f *testFlag) kind() becket.Kind {
	kind := becket.KindAny
	for i := range f.known {
		if found := f.known[i].Value.Kind(); kind == becket.KindAny || found == becket.KindFloat {
			kind = found
		}
	}
	return kind
}

// text returns the test's values as text, for the digest.
func (f *testFlag) text() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(f.served)) {
		fmt.Fprintf(&b, " %q=%s", key, f.variant(key).Value)
	}
	return b.String()
}
