package ruleset

import (
	"slices"

	"github.com/becketflags/becket/internal/native"
)

// SameCondition reports whether two conditions differ at most in the order of their fields. Nil
// means that there is no condition.
func SameCondition(a, b *native.Condition) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Form == b.Form && a.Attribute == b.Attribute && sameReference(a.Reference, b.Reference) &&
		slices.EqualFunc(slices.Collect(a.EachTest()), slices.Collect(b.EachTest()), sameTest) &&
		slices.EqualFunc(slices.Collect(a.EachPart()), slices.Collect(b.EachPart()), SameCondition)
}

func sameReference(a, b *native.Reference) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ToFlag == b.ToFlag && a.Key == b.Key && slices.Equal(a.Variants, b.Variants)
}

func sameTest(a, b *native.Test) bool {
	return a.Word == b.Word && a.Fold == b.Fold && a.Written.Equal(b.Written)
}

// SameEvery reports whether two rules apply at the same recurring times.
func SameEvery(a, b *native.Rule) bool {
	if !a.HasEvery || !b.HasEvery {
		return a.HasEvery == b.HasEvery
	}
	x, y := a.Every, b.Every
	return x.Days == y.Days && x.From == y.From && x.Until == y.Until && x.Zone.String() == y.Zone.String()
}

// SameRamp reports whether two ramps give the same share at all times.
func SameRamp(a, b *native.Ramp) bool {
	return a.Linear == b.Linear && slices.EqualFunc(a.Steps, b.Steps, func(x, y native.Step) bool {
		return x.At == y.At && x.Percent == y.Percent
	})
}
