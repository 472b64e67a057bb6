package population

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns a text in UTF-8 without a byte-order mark. Spreadsheets also write UTF-16, which
// only the mark tells.
func decode(source []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(source, []byte("\xff\xfe")):
		return decodeUTF16(source[2:], binary.LittleEndian)
	case bytes.HasPrefix(source, []byte("\xfe\xff")):
		return decodeUTF16(source[2:], binary.BigEndian)
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(source) || bytes.IndexByte(source, 0) >= 0 {
		return nil, fmt.Errorf("line %d is not text in UTF-8: save a spreadsheet as \"CSV UTF-8\"", 1+badLine(source))
	}
	return source, nil
}

// badLine returns the number of lines before the first byte that is not text in UTF-8.
func badLine(source []byte) int {
	at := 0
	for at < len(source) && source[at] != 0 {
		letter, size := utf8.DecodeRune(source[at:])
		if letter == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return bytes.Count(source[:at], []byte("\n"))
}

func decodeUTF16(source []byte, order binary.ByteOrder) ([]byte, error) {
	if len(source)%2 != 0 {
		return nil, errors.New("it begins as UTF-16 and has an odd number of bytes")
	}
	text := make([]byte, 0, len(source)/2)
	for at := 0; at < len(source); at += 2 {
		letter := rune(order.Uint16(source[at:]))
		if utf16.IsSurrogate(letter) && at+4 <= len(source) {
			if both := utf16.DecodeRune(letter, rune(order.Uint16(source[at+2:]))); both != utf8.RuneError {
				letter = both
				at += 2
			}
		}
		text = utf8.AppendRune(text, letter)
	}
	return text, nil
}
