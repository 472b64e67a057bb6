package match

import (
	"unicode"
	"unicode/utf8"
)

// AppendFold appends s in a form that two texts share exactly when they are equal under Unicode's
// simple case folding: each rune becomes the smallest one of those that fold together. What it
// appends has at most as many bytes as s.
func AppendFold(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf && c|0x20 != 'k' && c|0x20 != 's' {
			if c-'a' <= 'z'-'a' {
				c -= 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, c)
		} else {
			b = utf8.AppendRune(b, smallestFold(r))
		}
		i += size
	}
	return b
}

// smallestFold walks the circle of runes that fold together once. For letters of ASCII that is the
// capital.
func smallestFold(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}
