package imply

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// value is a scalar operand.
type value struct {
	kind valueKind
	// case-folded if case is ignored; of a boolean, and of a number that is not exact, its text
	text    string
	number  float64
	isExact bool // a 64-bit float holds the number exactly, so comparisons are exact
	folds   bool
	prefix  netip.Prefix  // the operand of "cidr"
	instant match.Instant // the operand of "before" and "after"
	age     time.Duration // the operand of "newer_than" and "older_than"
}

type valueKind uint8

const (
	aText valueKind = iota
	aNumber
	aBoolean
)

// valuesOf returns the operands of a test, none for operators that are only compared as they are
// written.
func valuesOf(t *native.Test) (values []value) {
	switch t.Operator {
	case native.In:
		for i := range t.List.Values {
			values = append(values, newValue(&t.List.Values[i], t.Fold))
		}
	case native.Contains, native.StartsWith, native.EndsWith:
		for _, text := range t.Texts {
			values = append(values, newText(text, t.Fold))
		}
	case native.Less, native.LessOrEqual, native.Greater, native.GreaterOrEqual:
		values = []value{newNumber(t.Number)}
	case native.Before, native.After:
		values = []value{{instant: t.Instant}}
	case native.NewerThan, native.OlderThan:
		values = []value{{age: t.Duration}}
	case native.CIDR:
		for _, prefix := range t.Prefixes {
			values = append(values, value{prefix: prefix})
		}
	}
	return values
}

func newValue(v *native.Value, folds bool) value {
	switch v.Kind {
	case native.Text:
		return newText(v.Text, folds)
	case native.Bool:
		return value{kind: aBoolean, text: strconv.FormatBool(v.Bool())}
	default:
		return newNumber(v.Number())
	}
}

func newText(text string, folds bool) value {
	if folds {
		text = fold(text)
	}
	return value{text: text, folds: folds}
}

func newNumber(n match.Number) value {
	const most = 1 << 53
	f := n.Float()
	v := value{kind: aNumber, number: f, isExact: f > -most && f < most}
	switch {
	case v.isExact:
	case !n.IsInt():
		v.text = strconv.FormatFloat(f, 'g', -1, 64)
	case n.IsUnsigned():
		v.text = strconv.FormatUint(n.Uint(), 10)
	default:
		v.text = strconv.FormatInt(n.Int(), 10)
	}
	return v
}

// id is equal for two values if they are equal. A text that ignores case has the id of its folded
// spelling.
type id struct {
	kind   valueKind
	text   string
	number float64
}

func (v *value) id() id {
	if v.kind == aNumber && v.isExact {
		return id{kind: aNumber, number: v.number}
	}
	return id{kind: v.kind, text: v.text}
}

// inside reports whether another prefix contains every address of this one.
func (v *value) inside(other *value) bool {
	a, b := v.prefix, other.prefix
	return b.Bits() <= a.Bits() && b.Contains(a.Addr())
}

// fold maps each letter to the smallest letter that differs from it only by case, as regular
// expressions do.
func fold(s string) string {
	return strings.Map(func(c rune) rune {
		smallest := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, s)
}
