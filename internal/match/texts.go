package match

import (
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// Texts is an immutable set of texts with fast look-ups. The zero Texts is empty. Short texts are
// stored in a table that holds the texts themselves, so that a look-up reads one place in memory; a
// map reads three.
type Texts struct {
	// used if all texts have at most seven bytes: each text with its length in one number; 0 for a
	// free place
	words        []uint64
	fingerprints []Fingerprint       // used if all texts have at most 15 bytes
	others       map[string]struct{} // used otherwise
	length       int
	longest      int // length of the longest text in bytes
}

// wordLength is the greatest length in bytes of a text that fits into a word together with its
// length.
const wordLength = 7

// multiplier spreads words over the table. It is odd, so that different words have different
// products.
var multiplier = secret() | 1

// NewTexts returns the set of the texts. It may keep the memory of texts, if one has more than 15
// bytes, but not the slice.
func NewTexts(texts []string) Texts {
	var t Texts
	most := 0
	for _, text := range texts {
		most = max(most, len(text))
	}
	t.longest = most
	switch {
	case len(texts) == 0:
	case most <= wordLength:
		t.addWords(texts)
	case most <= Exact:
		t.addFingerprints(texts)
	default:
		t.others = make(map[string]struct{}, len(texts))
		for _, text := range texts {
			t.others[text] = struct{}{}
		}
		t.length = len(t.others)
	}
	return t
}

// addWords fills a table to at most half, so that a search rarely takes more than two steps.
func (t *Texts) addWords(texts []string) {
	t.words = make([]uint64, 2*len(texts))
	for _, text := range texts {
		word := pack(text)
		if place := t.placeOfWord(word); t.words[place] == 0 {
			t.words[place] = word
			t.length++
		}
	}
}

// addFingerprints also fills a table to at most half.
func (t *Texts) addFingerprints(texts []string) {
	t.fingerprints = make([]Fingerprint, 2*len(texts))
	for _, text := range texts {
		fingerprint := FingerprintOf(text)
		if place := t.placeOf(fingerprint); t.fingerprints[place].last == 0 {
			t.fingerprints[place] = fingerprint
			t.length++
		}
	}
}

// Has reports whether text is in the set.
func (t *Texts) Has(text string) bool {
	switch {
	case t.words != nil:
		return len(text) <= wordLength && t.words[t.placeOfWord(pack(text))] != 0
	case t.fingerprints != nil:
		return len(text) <= Exact && t.fingerprints[t.placeOf(FingerprintOf(text))].last != 0
	default:
		if len(text) > t.longest {
			return false // no need to hash it
		}
		_, found := t.others[text]
		return found
	}
}

// placeOfWord returns the place of a word, or the free place for it.
func (t *Texts) placeOfWord(word uint64) uint64 {
	places := uint64(len(t.words))
	place, _ := bits.Mul64(word*multiplier, places)
	for t.words[place] != 0 && t.words[place] != word {
		if place++; place == places {
			place = 0
		}
	}
	return place
}

// placeOf returns the place of a fingerprint, or the free place for it.
func (t *Texts) placeOf(fingerprint Fingerprint) uint64 {
	places := uint64(len(t.fingerprints))
	place := fingerprint.Place(places)
	for t.fingerprints[place].last != 0 && t.fingerprints[place] != fingerprint {
		if place++; place == places {
			place = 0
		}
	}
	return place
}

// Len returns the number of different texts.
func (t *Texts) Len() int { return t.length }

// Longest returns the length of the longest text in bytes.
func (t *Texts) Longest() int { return t.longest }

// Sorted returns the texts, sorted.
func (t *Texts) Sorted() []string {
	texts := slices.Collect(maps.Keys(t.others))
	for _, word := range t.words {
		if word != 0 {
			texts = append(texts, unpack(word))
		}
	}
	for _, fingerprint := range t.fingerprints {
		if fingerprint.last != 0 {
			texts = append(texts, fingerprint.Text())
		}
	}
	slices.Sort(texts)
	return texts
}

// pack packs a text of at most seven bytes and its length into one number, which is never 0.
func pack(text string) uint64 { return short(text) | uint64(len(text)+1)<<extentAt }

func unpack(word uint64) string {
	return Fingerprint{word, word}.Text()
}

// ContainsAny reports whether text contains one of parts. The empty text is a part of every text.
func ContainsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// HasAnyPrefix reports whether text starts with one of prefixes.
func HasAnyPrefix(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// HasAnySuffix reports whether text ends with one of suffixes.
func HasAnySuffix(text string, suffixes []string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(text, suffix) {
			return true
		}
	}
	return false
}
