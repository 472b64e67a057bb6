package flagd

import (
	"math"

	"github.com/becketflags/becket"
)

// Limits of one evaluation. Rules can process lists within lists, and make texts and lists that
// grow with every step, so an evaluation counts its work in steps. A step stands for about 60 ns,
// so that the sum stays below a millisecond. These count as one step: a node that is evaluated; an
// element that is copied or made; elementsPerStep elements of a list that are only compared;
// readPerStep bytes of a text that are only read; and bytesPerStep bytes of a text that are made,
// hashed or parsed.
const (
	mostSteps       = 12_000
	elementsPerStep = 8
	bytesPerStep    = 32  // bytes that are made, hashed or parsed
	readPerStep     = 256 // bytes that are compared or searched
)

// spend counts n steps and reports whether the evaluation may go on.
func (e *evaluation) spend(n int) bool {
	if n > mostSteps-e.steps {
		e.failed = true
		e.steps = mostSteps // so that the sum never overflows
		return false
	}
	e.steps += n
	return !e.failed
}

// read counts bytes that are compared or searched.
func (e *evaluation) read(bytes int) bool { return e.spend(bytes / readPerStep) }

// make counts bytes that are made, hashed or parsed.
func (e *evaluation) make(bytes int) bool { return e.spend(bytes / bytesPerStep) }

// look counts elements of a list that are only compared.
func (e *evaluation) look(elements int) bool { return e.spend(elements / elementsPerStep) }

// weigh counts everything in d that is written out, and reports whether the evaluation may go on.
// Lists can contain each other many times, so writing a list may take far longer than making it.
func (e *evaluation) weigh(d *datum) bool {
	const perValue = 4
	if !e.spend(perValue) || !e.make(len(d.text)) {
		return false
	}
	switch d.kind {
	case kindList:
		for i := range d.more.list {
			if !e.weigh(&d.more.list[i]) {
				return false
			}
		}
	case kindObject:
		fits := true
		for i := range d.more.pairs {
			p := &d.more.pairs[i]
			fits = fits && e.spend(perValue) && e.make(len(p.name)) && e.weigh(&p.value)
		}
		for name, member := range d.more.members {
			fits = fits && e.spend(perValue) && e.make(len(name)) && e.weigh(&member)
		}
		return fits
	}
	return true
}

// own returns d without a reference to the subject, so that d may go to the heap.
func (e *evaluation) own(d datum) datum {
	if d.kind == kindText && !e.make(len(d.text)) {
		return datum{}
	}
	return own(d)
}

// lookUpSubject counts one search of the subject's attributes. A search takes longer if there are
// more attributes. A rule that has searched only a few times does not count the attributes.
func (e *evaluation) lookUpSubject() bool {
	const (
		little      = 256
		looksAtOnce = 32 // attributes in a step
	)
	if e.steps < little {
		return true
	}
	if !e.counted {
		e.counted = true
		e.subject.Entries(func(string, string, []string, becket.Value) bool {
			e.attributes++
			return true
		})
	}
	return e.spend(e.attributes / looksAtOnce)
}

// comparable is [datum.comparable], and counts the steps.
func (e *evaluation) comparable(d *datum) float64 {
	if d.kind == kindText && !e.parse(d.text) {
		return math.NaN()
	}
	return d.comparable()
}

// arithmetic is [datum.arithmetic], and counts the steps.
func (e *evaluation) arithmetic(d *datum) (float64, bool) {
	if d.kind == kindText && !e.parse(d.text) {
		return 0, false
	}
	return d.arithmetic()
}

// parse counts the steps of reading a number from a text. strconv reads long texts slowly, but uses
// at most 800 digits.
func (e *evaluation) parse(s string) bool {
	const (
		short = 20
		slow  = 800
	)
	if len(s) <= short {
		return true
	}
	return e.spend(min(len(s), slow)/2) && e.make(len(s))
}
