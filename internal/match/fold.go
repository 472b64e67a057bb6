package match

import (
	"unicode"
	"unicode/utf8"
)

// AppendFold appends s with its case folded: two texts have the same folded form exactly if they
// are equal under Unicode's simple case folding. Each rune is replaced by the smallest of the runes
// that fold together. The folded form has at most as many bytes as s.
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

// smallestFold returns the smallest of the runes that fold together with r. For ASCII letters it is
// the capital.
func smallestFold(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}
