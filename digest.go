package becket

import "hash/maphash"

// digests tell definitions apart within one process.
var digestSeed = maphash.MakeSeed()

// digest returns a number for a field and its JSON value, the same for any white space around its tokens. Those of an
// object's fields are added up, so that their order does not count. scratch is reused and returned.
func digest(field string, value, scratch []byte) (uint64, []byte) {
	scratch = append(scratch[:0], field...)
	scratch = append(scratch, ':')
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case ' ', '\t', '\r', '\n':
		case '"':
			end := i + 1
			for value[end] != '"' {
				if value[end] == '\\' {
					end++
				}
				end++
			}
			scratch = append(scratch, value[i:end+1]...)
			i = end
		default:
			scratch = append(scratch, c)
		}
	}
	return maphash.Bytes(digestSeed, scratch), scratch
}
