package native

import "github.com/becketflags/becket/internal/match"

// digest returns a digest of a field and its value, which begins at an offset and has just been
// read. White space between tokens does not change the digest. Digests differ between processes.
// The digests of an object's fields are added, so that their order does not matter.
func (r *reader) digest(field string, start int) uint64 {
	sum := match.FingerprintOf(field).After(0)
	for at := start; at < r.end; {
		end := at + 1 // the end of a bracket
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
