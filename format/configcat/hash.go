package configcat

import (
	"crypto/sha1" //nolint:gosec // ConfigCat's choice; it spreads users, it secures nothing
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/becketflags/becket"
)

// hash is the value that hashed comparisons compare: SHA-256 over a text, the config's salt and the
// context's salt.
type hash [sha256.Size]byte

// onStack is the number of bytes up to which a hash is computed without an allocation.
const onStack = 320

// hashOf returns the hash of a text.
func hashOf(text string, with salts) hash {
	var buffer [onStack]byte
	return sha256.Sum256(append(append(append(buffer[:0], text...), *with.config...), with.context...))
}

// bucketOf returns the percentage point, from 0 to 99, that an attribute has for a flag's
// percentage options: the first 28 bits of the SHA-1 of the flag's key and the attribute's text,
// modulo 100.
func bucketOf(key string, v becket.Value) float64 {
	var buffer [onStack]byte
	sum := sha1.Sum(appendText(append(buffer[:0], key...), v)) //nolint:gosec // see the import
	return float64(binary.BigEndian.Uint32(sum[:]) >> 4 % 100)
}

// parseHash reads a hash in lower-case hexadecimal digits. Upper-case letters never match, as in
// ConfigCat's SDKs.
func parseHash(text string) (h hash, ok bool) {
	if len(text) != hex.EncodedLen(len(h)) {
		return h, false
	}
	for i := range len(text) {
		if c := text[i]; c >= 'A' && c <= 'F' {
			return h, false
		}
	}
	_, err := hex.Decode(h[:], []byte(text))
	return h, err == nil
}

// hashes is a set of hashes.
type hashes struct {
	few  []hash
	many map[hash]struct{} // nil if there are only a few
}

func newHashes(texts []string) hashes {
	const mostScanned = 8
	list := make([]hash, 0, len(texts))
	for _, text := range texts {
		if h, ok := parseHash(text); ok {
			list = append(list, h)
		}
	}
	if len(list) <= mostScanned {
		return hashes{few: list}
	}
	many := make(map[hash]struct{}, len(list))
	for _, h := range list {
		many[h] = struct{}{}
	}
	return hashes{many: many}
}

func (s *hashes) has(h hash) bool {
	_, ok := s.many[h]
	return ok || slices.Contains(s.few, h)
}

// hashedSlice is the hash of the first or last bytes of a text.
type hashedSlice struct {
	length int
	sum    hash
	valid  bool // sum is a hash; otherwise no text matches
}

// sliceMatches reports whether the text begins (or ends) with one of slices.
func sliceMatches(text string, slices []hashedSlice, with salts, atEnd bool) bool {
	length, sum := -1, hash{}
	for i := range slices {
		s := &slices[i]
		if !s.valid || s.length > len(text) {
			continue
		}
		if s.length != length { // neighbours with the same length need only one hash
			length = s.length
			part := text[:length]
			if atEnd {
				part = text[len(text)-length:]
			}
			sum = hashOf(part, with)
		}
		if sum == s.sum {
			return true
		}
	}
	return false
}
