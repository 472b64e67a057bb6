package native

import "github.com/becketflags/becket/internal/match"

// digest returns a number for a field and its value, which begins at an offset and has just been
// read. It is the same for any white space around tokens, and differs from process to process.
// Those of an object's fields are added up, so that their order does not count.
func (r *reader) digest(field string, start int) uint64 {
	sum := match.FingerprintOf(field).After(0)
	for at := start; at < r.end; {
		end := at + 1 // of a bracket
		switch r.document[at] {
		case '{', '}', '[', ']':
		default:
			end = scalarEnd(r.document, at)
		}
		sum = match.FingerprintOf(textOf(r.document[at:end])).After(sum)
		at = tokenAt(r.document, end)
	}
	return sum
}
