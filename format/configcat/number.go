package configcat

import (
	"strconv"
	"strings"

	"github.com/becketflags/becket"
)

// number returns an attribute as a number, and false if it is none.
func number(v becket.Value) (float64, bool) {
	switch v.Kind() {
	case becket.KindInt, becket.KindFloat:
		return v.Float(), true
	case becket.KindString:
		return parseNumber(v.Text())
	default:
		return 0, false
	}
}

// parseNumber reads a number in ConfigCat's notation: white space around it is ignored, and a comma
// is a decimal point. strconv accepts much more, so the form is checked first.
func parseNumber(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if !isNumber(s) {
		return 0, false
	}
	if strings.IndexByte(s, ',') < 0 {
		// an overflowing number is infinite, as in ConfigCat's SDKs
		f, _ := strconv.ParseFloat(s, 64)
		return f, true
	}
	var buffer [64]byte
	dotted := append(buffer[:0], s...)
	for i := range dotted {
		if dotted[i] == ',' {
			dotted[i] = '.'
		}
	}
	f, _ := strconv.ParseFloat(string(dotted), 64)
	return f, true
}

// isNumber accepts an optional sign, digits with at most one decimal point, and an optional
// exponent. It also accepts the names of infinity and NaN.
func isNumber(text string) bool {
	if text == "NaN" {
		return true
	}
	s := scanner{text}
	s.oneOf("+-")
	if s.rest == "Infinity" {
		return true
	}
	digits := s.digits()
	if s.oneOf(".,") {
		digits += s.digits()
	}
	if digits == 0 {
		return false
	}
	if s.oneOf("eE") {
		s.oneOf("+-")
		if s.digits() == 0 {
			return false
		}
	}
	return s.rest == ""
}

// scanner reads a text from its beginning.
type scanner struct{ rest string }

// oneOf reads one byte if it is among the accepted ones, and reports whether it was.
func (s *scanner) oneOf(accepted string) bool {
	if s.rest == "" || strings.IndexByte(accepted, s.rest[0]) < 0 {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// digits reads all digits at the beginning and returns their number.
func (s *scanner) digits() int {
	n := 0
	for n < len(s.rest) && s.rest[n]-'0' <= 9 {
		n++
	}
	s.rest = s.rest[n:]
	return n
}
