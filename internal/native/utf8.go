package native

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// badText returns the offset of the first invalid text in valid JSON: bytes that are not UTF-8, or
// an escape of half a surrogate pair. It returns -1 if there is none, which is the usual case.
func badText(raw []byte) int {
	valid := utf8.Valid(raw) // then only escapes can be invalid
	for at := 0; at < len(raw); {
		if valid {
			next := bytes.IndexByte(raw[at:], '\\')
			if next < 0 {
				return -1
			}
			at += next
		}
		size := textSize(raw[at:])
		if size == 0 {
			return at
		}
		at += size
	}
	return -1
}

// textSize returns the length of the first letter or escape in bytes, or 0 if it is invalid.
func textSize(raw []byte) int {
	if raw[0] != '\\' || len(raw) < 2 {
		letter, size := utf8.DecodeRune(raw)
		if letter == utf8.RuneError && size == 1 {
			return 0
		}
		return size
	}
	const escape = len(`\u0000`)
	letter := escaped(raw)
	switch {
	case letter < 0:
		return len(`\n`)
	case !utf16.IsSurrogate(letter):
		return escape
	case utf16.DecodeRune(letter, escaped(raw[escape:])) == utf8.RuneError:
		return 0
	default:
		return 2 * escape
	}
}

// escaped returns the code unit of an escape of four hexadecimal digits, or -1 if raw does not
// begin with one.
func escaped(raw []byte) rune {
	if len(raw) < len(`\u0000`) || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// badTextMessage returns the message for an invalid text that badText found.
func badTextMessage(raw []byte) string {
	if raw[0] == '\\' {
		return "the escape is half a surrogate pair"
	}
	return "the bytes are not valid UTF-8"
}

// checkMember records invalid text in a flag or segment. It returns the key with invalid bytes
// replaced.
func (r *reader) checkMember(key string, from, to int) string {
	at := badText(r.document[from:to])
	if at < 0 {
		return key
	}
	r.fail(from+at, "%s", badTextMessage(r.document[from+at:]))
	return string(bytes.ToValidUTF8([]byte(key), []byte("\ufffd")))
}

// checkBetween refuses the document for invalid text outside of flags and segments. members has the
// offsets of the two sections.
func (r *reader) checkBetween(members [][2]int) {
	from := 0
	for _, m := range append(members, [2]int{len(r.document), len(r.document)}) {
		if at := badText(r.document[from:m[0]]); at >= 0 && r.broken == nil {
			r.broken = r.problem(from+at, "", badTextMessage(r.document[from+at:]))
		}
		from = m[1]
	}
}
