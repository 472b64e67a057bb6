package configcat

import "github.com/becketflags/becket"

// Limits of one evaluation. They keep it below a millisecond, whatever the document says and
// however long the user's attributes are. A step stands for about 60 ns. A condition is one step;
// so are 8 items of a comparison value, 256 bytes of text that are compared, and 32 bytes that are
// hashed, parsed or made.
const (
	mostSteps    = 12_000
	itemsPerStep = 8
	bytesPerStep = 32  // bytes that are hashed, parsed or made
	readPerStep  = 256 // bytes that are compared or searched
	hashSteps    = 4   // the steps of a hash, in addition to the steps for its bytes
)

var errTooLong = &becket.EvaluationError{
	Code: becket.CodeParseError, Message: "the evaluation would take longer than a millisecond",
}

// spend counts steps and reports whether the evaluation may go on.
func (e *evaluation) spend(steps int) bool {
	if steps > mostSteps-e.steps {
		e.steps = mostSteps // so that the sum never overflows
		e.exhausted = true
		return false
	}
	e.steps += steps
	return !e.exhausted
}

// lookUp counts one search of the user's attributes. A search takes longer if there are more
// attributes. An evaluation that has searched only a few times does not count the attributes.
func (e *evaluation) lookUp() bool {
	const (
		little      = 256
		looksAtOnce = 32 // attributes in a step
	)
	if e.steps < little {
		return e.spend(1)
	}
	if !e.counted {
		e.counted = true
		e.subject.Entries(func(string, string, []string, becket.Value) bool {
			e.attributes++
			return true
		})
	}
	return e.spend(1 + e.attributes/looksAtOnce)
}

// convert counts the steps of reading an attribute as another type.
func (e *evaluation) convert(v becket.Value) bool {
	switch v.Kind() {
	case becket.KindString:
		return e.spend(len(v.Text()) / bytesPerStep)
	case becket.KindList:
		return e.spend(2 * v.Len())
	case becket.KindObject:
		return e.spend(len(v.Raw()) / bytesPerStep)
	default:
		return true
	}
}

// compare counts the steps of comparing a text of the given size in bytes with an operand.
func (e *evaluation) compare(as comparator, o *operand, size int) bool {
	hash := hashSteps + (size+o.saltSize())/(bytesPerStep/2)
	switch as {
	case isOneOfHashed, equalsHashed:
		return e.spend(hash)
	case startsWithHashed, endsWithHashed:
		return e.spend(len(o.slices)/itemsPerStep + o.lengths*hash)
	case contains:
		return e.spend(len(o.list)*(1+size/readPerStep) + o.size/readPerStep)
	case startsWith, endsWith:
		return e.spend(len(o.list)/itemsPerStep + min(o.size, len(o.list)*size)/readPerStep)
	default:
		return e.spend(size / readPerStep)
	}
}

// saltSize returns the length of both salts of a hash in bytes.
func (o *operand) saltSize() int {
	if o.salt.config == nil {
		return 0
	}
	return len(*o.salt.config) + len(o.salt.context)
}
