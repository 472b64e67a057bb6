package becket

import (
	"fmt"
	"math"

	"github.com/becketflags/becket/internal/match"
)

// A check takes at most a millisecond, whatever the document says and however long the attributes
// are. Two limits see to that. Linking counts the evaluations that a check may take, see
// maxEvaluations; it takes short attributes for granted. What long texts and lists of a subject
// cost is counted while a check goes on: an operator for which nothing is left is unknown.

// maxEffort is how many steps one check may spend on the texts and lists of a subject. A step is
// about five nanoseconds.
const maxEffort = 100_000

// maxEvaluations bounds what one check may cost: the evaluations of a flag with all the flags and
// segments that it asks, each as often as it is asked. A diamond of requirements doubles them at
// every level.
const maxEvaluations = 10_000

var tooManyEvaluations = fmt.Sprintf("one check of it takes more than %d evaluations", maxEvaluations)

const (
	usualText  = 32  // bytes of a text that linking takes for granted
	shortText  = 256 // bytes of a text that costs nothing to hash
	parsedText = 256 // bytes of an instant, a version or an address; a longer text is none
)

// effort is how many steps a check has spent.
type effort int32

// spend reports whether there are so many steps left, and takes them.
func (spent *effort) spend(steps int) bool {
	if steps > maxEffort-int(*spent) {
		*spent = maxEffort
		return false
	}
	*spent += effort(steps)
	return true
}

// hashing spends what it takes to hash a text.
func (spent *effort) hashing(text string) bool {
	return len(text) <= shortText || spent.spend(len(text)/16)
}

// effortOfText returns how many steps the operator takes for a text of so many bytes.
func (c *condition) effortOfText(length int) int {
	const folding = 2 // steps for each byte
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

// saturated multiplies numbers that may be large.
func saturated(a, b int) int {
	if b > 0 && a > math.MaxInt32/b {
		return math.MaxInt32
	}
	return a * b
}

// evaluations returns what one decision of the condition counts, without what it refers to.
func (c *condition) evaluations() int {
	if c == nil {
		return 0
	}
	const (
		unit = 20    // steps for one evaluation
		most = 9_000 // of one operator
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

// evaluations returns what one decision of the flag counts, without what it refers to.
func (f *flag) evaluations() int {
	const arms = 8 // of a split, for one evaluation
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

// canHave reports whether a text of so many bytes may be among the texts. Where case is ignored, a
// letter of one byte may stand for one of three.
func canHave(texts *match.Texts, length int, fold bool) bool {
	const widest = 3
	if fold {
		return length <= widest*texts.Longest()
	}
	return length <= texts.Longest()
}
