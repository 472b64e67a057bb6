package becket

import "hash/maphash"

// digests tell definitions apart within one process.
var digestSeed = maphash.MakeSeed()

// digest returns a number for a field and its value, which begins at an offset and has just been read. It is the same for any white
// space around tokens. Those of an object's fields are added up, so that their order does not count.
func (r *reader) digest(field string, start int) uint64 {
	r.bytes = append(append(r.bytes[:0], field...), ':')
	r.bytes = appendCompact(r.bytes, r.document[start:r.end])
	return maphash.Bytes(digestSeed, r.bytes)
}

// appendCompact appends valid JSON without the white space around tokens.
func appendCompact(b, value []byte) []byte {
	start := 0 // of what has not been appended yet
	for i := 0; i < len(value); {
		switch value[i] {
		case '"':
			i = scalarEnd(value, i)
		case ' ', '\t', '\r', '\n':
			b = append(b, value[start:i]...)
			for i < len(value) && value[i] <= ' ' {
				i++
			}
			start = i
		default:
			i++
		}
	}
	return append(b, value[start:]...)
}
