package imply

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// value is an operand: a scalar.
type value struct {
	kind    valueKind
	text    string // folded where case is ignored; of a number or boolean as written
	number  float64
	isExact bool // the number is exact in 64 bits of floating point, so that comparing it is
	folds   bool
}

type valueKind uint8

const (
	aText valueKind = iota
	aNumber
	aBoolean
)

func newValue(n *native.Node, folds bool) value {
	v := value{text: n.Text}
	switch n.Kind {
	case '"':
		if v.folds = folds; folds {
			v.text = fold(v.text)
		}
	case '0':
		v.kind = aNumber
		v.number, v.isExact = exact(n.Text)
	default:
		v.kind = aBoolean
	}
	return v
}

// exact reads a number, and reports whether nothing is lost by it.
func exact(text string) (float64, bool) {
	const most = 1 << 53
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f > -most && f < most
}

// equals reports whether every spelling that other stands for equals v.
func (v value) equals(other value) bool {
	switch {
	case v.kind != other.kind:
		return false
	case v.kind == aNumber && v.isExact && other.isExact:
		return v.number == other.number
	case v.kind == aText && v.folds:
		return v.text == fold(other.text)
	case other.folds:
		return false
	default:
		return v.text == other.text
	}
}

// inside reports whether every address of a prefix is in another one. Prefixes of v4 addresses written as v6 are left alone.
func (v value) inside(other value) bool {
	a, err := netip.ParsePrefix(v.text)
	b, otherErr := netip.ParsePrefix(other.text)
	if err != nil || otherErr != nil || a.Addr().Is4In6() || b.Addr().Is4In6() {
		return false
	}
	return b.Bits() <= a.Bits() && b.Contains(a.Addr())
}

// fold maps each letter to the smallest of those that differ from it by case alone, as regular expressions fold.
func fold(s string) string {
	return strings.Map(func(c rune) rune {
		smallest := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, s)
}
