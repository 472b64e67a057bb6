package match

import "strings"

// Texts is a set of texts that is asked often and never changes. The zero Texts is empty.
type Texts struct {
	few  []string            // scanned: for so few that is as fast as hashing
	many map[string]struct{} // nil unless there are many
}

const mostScanned = 8

// NewTexts returns the set of texts. It keeps them, but not the slice.
func NewTexts(texts []string) Texts {
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
	for _, one := range t.few {
		if one == text {
			return true
		}
	}
	_, ok := t.many[text]
	return ok
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
