package match

import (
	"hash/maphash"
	"math/bits"
)

// Fingerprint identifies a text in a hash table. Different texts of at most [Exact] bytes have
// different fingerprints. The fingerprints of longer texts are hashes; if they are equal, the texts
// themselves must be compared. Hashes and places differ between processes, so that an attacker
// cannot choose texts with the same place. No text has the zero Fingerprint.
type Fingerprint struct {
	first uint64 // the first eight bytes
	last  uint64 // the other seven bytes, and the length plus one in the highest byte
}

// Exact is the greatest length in bytes of texts whose fingerprints are unique.
const Exact = 15

const (
	extentAt = 56   // position of the length's lowest bit
	hashed   = 0xff // stands for the length of longer texts
)

// Random secrets, which make places unpredictable.
var firstSecret, lastSecret = secret(), secret()

func secret() uint64 { return maphash.String(maphash.MakeSeed(), "") }

// FingerprintOf returns the fingerprint of a text.
func FingerprintOf(text string) Fingerprint {
	n := len(text)
	switch {
	case n > Exact:
		return longFingerprint(text)
	case n >= 8:
		// The shift removes those of the last eight bytes that are also among the first eight.
		return Fingerprint{head(text), tail(text)>>8>>(8*(Exact-n)&63) | uint64(n+1)<<extentAt}
	default:
		return Fingerprint{short(text), uint64(n+1) << extentAt}
	}
}

// Hash returns a 64-bit hash of the text for hash tables. It multiplies two halves to 128 bits, as
// wyhash by Wang Yi does.
func (p Fingerprint) Hash() uint64 {
	high, low := bits.Mul64(p.first^firstSecret, p.last^lastSecret)
	return high ^ low
}

// After returns a hash of a sequence of texts: sum is the hash of the texts before this one, or 0
// if this is the first.
func (p Fingerprint) After(sum uint64) uint64 {
	return Fingerprint{p.first ^ sum, p.last}.Hash()
}

// Place returns the text's place in a table with the given number of places, all of which are
// equally likely. Source: Lemire, "Fast random integer generation in an interval" (2019).
func (p Fingerprint) Place(places uint64) uint64 {
	place, _ := bits.Mul64(p.Hash(), places)
	return place
}

// Text returns the text of a fingerprint, which must be one of at most [Exact] bytes.
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

// longFingerprint hashes a text by multiplication, 16 bytes at a time. The last 16 bytes may
// overlap the ones before.
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

// head returns the first eight bytes of a text of at least eight bytes, with the first byte lowest.
// The compiler turns it into a single load.
func head(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// tail returns the last eight bytes of a text of at least eight bytes.
func tail(text string) uint64 { return head(text[len(text)-8:]) }

// short returns the bytes of a text of at most seven bytes, with the first byte lowest. Some bytes
// are read twice, because that is faster than a loop.
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
