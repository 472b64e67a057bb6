package becket

import (
	"fmt"
	"math"

	"github.com/becketflags/becket/internal/match"
)

// A check takes at most a millisecond, for any document and for attributes of any length. Two
// limits ensure this. Linking counts the evaluations of a check, assuming short attributes; see
// maxEvaluations. The check itself counts the steps that the subject's long texts and lists take;
// see maxEffort. When the limit is reached, the result of an operator is unknown.

// maxEffort is the number of steps that one check may spend on the subject's texts and lists. A
// step takes about five nanoseconds.
const maxEffort = 100_000

// maxEvaluations is the greatest number of evaluations in one check: evaluations of the flag and of
// all flags and segments that it refers to, directly or not. Each counts as often as it is
// evaluated, because a diamond of requirements doubles the number at every level.
const maxEvaluations = 10_000

var tooManyEvaluations = fmt.Sprintf("a check takes more than %d evaluations", maxEvaluations)

const (
	usualText = 32  // length of a text, in bytes, that linking assumes
	shortText = 256 // length of a text, in bytes, up to which hashing counts no steps
	// greatest length of an instant, a version or an address in bytes; a longer text is invalid
	parsedText = 256
)

// effort is the number of steps that a check has spent.
type effort int32

// spend takes the given number of steps. If fewer are left, it takes all of them and returns false.
func (spent *effort) spend(steps int) bool {
	if steps > maxEffort-int(*spent) {
		*spent = maxEffort
		return false
	}
	*spent += effort(steps)
	return true
}

// hashing spends the steps for hashing a text, and reports whether enough were left.
func (spent *effort) hashing(text string) bool {
	return len(text) <= shortText || spent.spend(len(text)/16)
}

// effortOfText returns the number of steps that the operator takes for a text of the given length
// in bytes.
func (c *condition) effortOfText(length int) int {
	const folding = 2 // steps per byte
	steps := 0
	if c.fold {
		steps = folding * length
	}
	switch c.operator {
	case opMatches:
		return saturated(length+1, 2*c.rest.pattern.Effort)
	case opContains:
		return steps + saturated(len(c.rest.texts), 2+length/4)
	case opStartsWith, opEndsWith:
		return steps + len(c.rest.texts)
	case opCIDR:
		return 10 + len(c.rest.prefixes)
	default:
		return 10
	}
}

// saturated returns a*b, or math.MaxInt32 if the product is larger.
func saturated(a, b int) int {
	if b > 0 && a > math.MaxInt32/b {
		return math.MaxInt32
	}
	return a * b
}

// evaluations returns the number of evaluations that one decision of the condition counts as,
// without the flags and segments that it refers to.
func (c *condition) evaluations() int {
	if c == nil {
		return 0
	}
	const (
		unit = 20    // steps that count as one evaluation
		most = 9_000 // evaluations that one operator counts as, at most
	)
	sum := 1
	if c.rest == nil {
		return sum
	}
	for i := range c.rest.parts {
		sum = min(sum+c.rest.parts[i].evaluations(), maxEvaluations+1)
	}
	if c.form == formTest {
		sum += min(c.effortOfText(usualText)/unit, most)
	}
	return min(sum, maxEvaluations+1)
}

// evaluations returns the number of evaluations that one decision of the flag counts as, without
// the flags and segments that it refers to.
func (f *flag) evaluations() int {
	const arms = 8 // arms of a split that count as one evaluation
	sum := 1
	if f.defaultServe.split != nil {
		sum += len(f.defaultServe.split.arms) / arms
	}
	for i := range f.rules {
		r := &f.rules[i]
		for j := range r.conditions {
			sum = min(sum+r.conditions[j].evaluations(), maxEvaluations+1)
		}
		if r.gate != nil {
			sum++
		}
		if r.serve.split != nil {
			sum += len(r.serve.split.arms) / arms
		}
	}
	return min(sum, maxEvaluations+1)
}

// canHave reports whether a text of the given length in bytes can be one of the texts. If fold is
// true, case is ignored, and a letter of one byte can match a letter of three.
func canHave(texts *match.Texts, length int, fold bool) bool {
	const widest = 3
	if fold {
		return length <= widest*texts.Longest()
	}
	return length <= texts.Longest()
}
