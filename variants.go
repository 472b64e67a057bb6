package becket

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// VariantLister is implemented by Rules that can tell what their flags may serve. [Client.Verify] holds defaults against it, and
// overrides and tests name variants by it.
type VariantLister interface {
	// Variants lists a flag's variants in the order of their names; nil where there is no such flag or its definition could not be
	// read. The caller must not change the list.
	Variants(flag string) []Variant
}

// Variants lists a flag's variants.
func (r *ruleset) Variants(key string) []Variant {
	f := r.flags.find(key)
	if f == nil || f.failure() != nil {
		return nil
	}
	return f.variants
}

// variantsOf lists a flag's variants where the rules can tell.
func variantsOf(rules Rules, flag string) []Variant {
	lister, ok := rules.(VariantLister)
	if !ok {
		return nil
	}
	return lister.Variants(flag)
}

// named returns the variant of that name, or nil.
func named(variants []Variant, name string) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// holding returns the first variant of that value, or nil.
func holding(variants []Variant, value Value) *Variant {
	i := slices.IndexFunc(variants, func(v Variant) bool { return sameValue(v.Value, value) })
	if i < 0 {
		return nil
	}
	return &variants[i]
}

// sameValue compares two values of variants: numbers by what they amount to, objects by their content.
func sameValue(v, w Value) bool {
	switch {
	case v.kind() == KindFloat || w.kind() == KindFloat:
		return isNumber(v) && isNumber(w) && v.Float() == w.Float()
	case v.kind() != w.kind():
		return false
	case v.kind() == KindString:
		return v.Text() == w.Text()
	case v.kind() == KindObject:
		return canonical(v.Raw()) == canonical(w.Raw())
	default:
		return v.number == w.number
	}
}

func isNumber(v Value) bool { return v.kind() == KindInt || v.kind() == KindFloat }

// canonical writes JSON in the one form of RFC 8785.
func canonical(raw []byte) string {
	value := jsontext.Value(slices.Clone(raw))
	if value.Canonicalize() != nil {
		return string(raw)
	}
	return string(value)
}
