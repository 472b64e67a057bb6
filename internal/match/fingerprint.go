package match

import (
	"hash/maphash"
	"math/bits"
)

// Fingerprint tells texts apart, and says where a table keeps them. Different texts of at most
// [Exact] bytes have different fingerprints. Those of longer texts are hashes, and the texts
// themselves must be compared when their fingerprints are equal. Places differ from process to
// process, so that nobody can choose texts that all want the same one. No text has the zero
// Fingerprint.
type Fingerprint struct {
	first uint64 // the first eight bytes
	last  uint64 // the other seven, and highest the length and one
}

// Exact is the length in bytes of the longest texts that are known by their fingerprints.
const Exact = 15

const (
	extentAt = 56   // the lowest bit of the length
	hashed   = 0xff // what stands there of a longer text
)

// The secrets that make places unpredictable.
var firstSecret, lastSecret = secret(), secret()

func secret() uint64 { return maphash.String(maphash.MakeSeed(), "") }

// FingerprintOf returns the fingerprint of a text.
func FingerprintOf(text string) Fingerprint {
	n := len(text)
	switch {
	case n > Exact:
		return longFingerprint(text)
	case n >= 8:
		// Of the last eight bytes those are left that are not among the first.
		return Fingerprint{head(text), tail(text)>>8>>(8*(Exact-n)&63) | uint64(n+1)<<extentAt}
	default:
		return Fingerprint{short(text), uint64(n+1) << extentAt}
	}
}

// Hash returns 64 bits that say where a table keeps the text. Multiplying two halves into 128 bits
// is how wyhash mixes, by Wang Yi.
func (p Fingerprint) Hash() uint64 {
	high, low := bits.Mul64(p.first^firstSecret, p.last^lastSecret)
	return high ^ low
}

// After returns a hash of the text and of what came before it, of which sum is the hash; 0 for
// nothing.
func (p Fingerprint) After(sum uint64) uint64 {
	return Fingerprint{p.first ^ sum, p.last}.Hash()
}

// Place returns a place in a table of that many places, all equally likely: Lemire, "Fast random
// integer generation in an interval" (2019).
func (p Fingerprint) Place(places uint64) uint64 {
	place, _ := bits.Mul64(p.Hash(), places)
	return place
}

// Text returns the text of a fingerprint that is exact.
func (p Fingerprint) Text() string {
	text := make([]byte, p.last>>extentAt-1)
	for i := range text {
		if i < 8 {
			text[i] = byte(p.first >> (8 * i))
		} else {
			text[i] = byte(p.last >> (8 * (i - 8)))
		}
	}
	return string(text)
}

// longFingerprint hashes all of a text by multiplying, 16 bytes at a time; the last 16 may overlap
// those before.
func longFingerprint(text string) Fingerprint {
	first, last := firstSecret, lastSecret*uint64(2*len(text)+1)
	for rest := text; len(rest) > 16; rest = rest[16:] {
		high, low := bits.Mul64(head(rest)^first, head(rest[8:])^last)
		first, last = first^high, last^low
	}
	end := text[len(text)-16:]
	high, low := bits.Mul64(head(end)^first, tail(end)^last)
	return Fingerprint{first ^ high, (last^low)>>8 | hashed<<extentAt}
}

// head returns the first eight bytes of a text of at least as many, the first one lowest. The
// compiler makes one load of it.
func head(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// tail returns the last eight bytes of a text of at least as many.
func tail(text string) uint64 { return head(text[len(text)-8:]) }

// short returns the bytes of a text of at most seven, the first one lowest. Some are read twice,
// which is faster than a loop.
func short(text string) uint64 {
	n := len(text)
	switch {
	case n >= 4:
		return half(text) | half(text[n-4:])<<(8*(n-4)&63)
	case n == 0:
		return 0
	default:
		middle, end := n/2, n-1
		return uint64(text[0]) | uint64(text[middle])<<(8*middle&63) | uint64(text[end])<<(8*end&63)
	}
}

// half is head for four bytes.
func half(text string) uint64 {
	_ = text[3]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24
}
