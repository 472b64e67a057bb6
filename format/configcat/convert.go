package configcat

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// Attributes are converted in the same way as in ConfigCat's SDKs. Nothing here may store an
// attribute's text, or a part of it, for longer than the evaluation, because the text may be on a
// caller's stack.

// text returns an attribute as text. It returns a text itself, and a new text for every other type.
func text(v becket.Value) string {
	if v.Kind() == becket.KindString {
		return v.Text()
	}
	var buffer [64]byte
	return string(appendText(buffer[:0], v))
}

// appendText appends an attribute as text: numbers as JavaScript writes them, instants as Unix
// seconds, lists as compact JSON.
func appendText(b []byte, v becket.Value) []byte {
	if v.Kind() != becket.KindList {
		return appendScalar(b, v)
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if element := v.At(i); element.Kind() == becket.KindString {
			b = appendQuoted(b, element.Text())
		} else {
			b = appendScalar(b, element)
		}
	}
	return append(b, ']')
}

func appendScalar(b []byte, v becket.Value) []byte {
	switch v.Kind() {
	case becket.KindString:
		return append(b, v.Text()...)
	case becket.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case becket.KindInt:
		if above := v.Uint(); above > 0 {
			return strconv.AppendUint(b, above, 10)
		}
		return strconv.AppendInt(b, v.Int(), 10)
	case becket.KindFloat:
		return match.AppendNumber(b, v.Float())
	case becket.KindTime:
		return match.AppendNumber(b, seconds(v))
	default:
		return append(b, v.Raw()...)
	}
}

// appendQuoted appends a text as JSON.stringify writes it: only quotes, backslashes and control
// characters are escaped.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ':
			b = utf8.AppendRune(b, r)
		default:
			if i := strings.IndexByte("\b\f\n\r\t", byte(r)); i >= 0 {
				b = append(b, '\\', "bfnrt"[i])
			} else {
				b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
			}
		}
	}
	return append(b, '"')
}

// seconds returns an instant as Unix seconds, to the millisecond.
func seconds(v becket.Value) float64 { return float64(v.Time().UnixMilli()) / 1000 }

// instant returns an attribute as Unix seconds, and false if it is neither an instant nor
// a number.
func instant(v becket.Value) (float64, bool) {
	if v.Kind() == becket.KindTime {
		return seconds(v), true
	}
	return number(v)
}

// version returns an attribute as a semantic version. Only a text can be a version.
func version(v becket.Value) (match.Version, bool) {
	return match.ParseVersion(strings.TrimSpace(v.Text()))
}

// isList reports whether an attribute is a list of texts, or a text that contains such a list as
// JSON.
func isList(v becket.Value) bool {
	if v.Kind() == becket.KindList {
		for i := range v.Len() {
			if v.At(i).Kind() != becket.KindString {
				return false
			}
		}
		return true
	}
	_, valid := searchJSON(v.Text(), func(string) bool { return false })
	return valid
}

// anyElement reports whether satisfies returns true for one of the list's elements. The attribute
// must be a list; see isList.
func anyElement(v becket.Value, satisfies func(string) bool) bool {
	if v.Kind() == becket.KindList {
		for i := range v.Len() {
			if satisfies(v.At(i).Text()) {
				return true
			}
		}
		return false
	}
	found, _ := searchJSON(v.Text(), satisfies)
	return found
}

// searchJSON calls satisfies for the elements of a JSON array of texts until it returns true. valid
// says whether the text is such an array, as far as it was read.
func searchJSON(s string, satisfies func(string) bool) (found, valid bool) {
	const blanks = " \t\r\n"
	s = strings.Trim(s, blanks)
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return false, false
	}
	s = strings.Trim(s[1:len(s)-1], blanks)
	for first := true; s != "" || !first; first = false {
		size, escaped := quoted(s)
		if size == 0 {
			return false, false
		}
		element := s[1 : size-1]
		if escaped {
			var ok bool
			if element, ok = unquote(s[:size]); !ok {
				return false, false
			}
		}
		if satisfies(element) {
			return true, true
		}
		s = strings.TrimLeft(s[size:], blanks)
		if s == "" {
			break
		}
		if s[0] != ',' {
			return false, false
		}
		s = strings.TrimLeft(s[1:], blanks)
	}
	return false, true
}

// quoted returns the size of the JSON string at the beginning of s, or 0 if there is none, and
// whether the string has escapes.
func quoted(s string) (size int, escaped bool) {
	if s == "" || s[0] != '"' {
		return 0, false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return 0, false
		}
	}
	return 0, false
}

// unquote copies the text first, so that no other code can store it.
func unquote(s string) (text string, ok bool) {
	return text, json.Unmarshal([]byte(s), &text) == nil
}
