package match

import (
	"slices"
	"strings"
)

// Texts is a set of texts that is asked often and never changes. The zero Texts is empty.
type Texts struct {
	packed []uint64            // all of them, where they are few and short: comparing numbers beats comparing texts
	few    []string            // all of them, where they are few: scanning is as fast as hashing
	many   map[string]struct{} // nil unless there are many
}

const (
	mostScanned = 8
	mostPacked  = 32
	longest     = 7 // of a packed text, in bytes
)

// NewTexts returns the set of texts. It keeps them, but not the slice.
func NewTexts(texts []string) Texts {
	if packed := packAll(texts); packed != nil {
		return Texts{packed: packed}
	}
	if len(texts) <= mostScanned {
		return Texts{few: append([]string(nil), texts...)}
	}
	many := make(map[string]struct{}, len(texts))
	for _, text := range texts {
		many[text] = struct{}{}
	}
	return Texts{many: many}
}

// Has reports whether text is in the set.
func (t *Texts) Has(text string) bool {
	if t.packed != nil {
		return len(text) <= longest && slices.Contains(t.packed, pack(text))
	}
	if t.many != nil {
		_, ok := t.many[text]
		return ok
	}
	return slices.Contains(t.few, text)
}

// packAll returns nil where the texts are too many or one is too long.
func packAll(texts []string) []uint64 {
	if len(texts) > mostPacked {
		return nil
	}
	packed := make([]uint64, 0, len(texts))
	for _, text := range texts {
		if len(text) > longest {
			return nil
		}
		packed = append(packed, pack(text))
	}
	return packed
}

// pack puts a text of at most seven bytes and its length into a number.
func pack(text string) uint64 {
	word := uint64(len(text)) << 56
	for i := range len(text) {
		word |= uint64(text[i]) << (8 * i)
	}
	return word
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
