package sniff

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
)

// in16 and in32 encode a text in UTF-16 and UTF-32.
func in16(order binary.AppendByteOrder, text string) (wide []byte) {
	for _, c := range utf16.Encode([]rune(text)) {
		wide = order.AppendUint16(wide, c)
	}
	return wide
}

func in32(order binary.AppendByteOrder, text string) (wide []byte) {
	for _, c := range text {
		wide = order.AppendUint32(wide, uint32(c))
	}
	return wide
}

func TestADocumentThatIsNoUTF8IsNamed(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	for _, text := range []string{`{"schema":1}`, "\ufeff" + `{"schema":1}`, " {}", "\ufeff{}", "{}"} {
		assert.Contains(t, Reason(in16(little, text)), "UTF-16", text)
		assert.Contains(t, Reason(in16(big, text)), "UTF-16", text)
		assert.Contains(t, Reason(in32(little, text)), "UTF-32", text)
		assert.Contains(t, Reason(in32(big, text)), "UTF-32", text)
		assert.Empty(t, Reason([]byte(text)), text)
	}
	assert.Contains(t, Reason([]byte("\x1f\x8b\x08\x00")), "gzip")
	for _, page := range []string{"<html>", "\ufeff\r\n <!DOCTYPE html>"} {
		assert.Contains(t, Reason([]byte(page)), "web page", page)
	}
	for _, other := range []string{
		"", "{", "\x00", "\x1f", "\x00\x00", "\x00\x00\x00\x00", "ab", strings.Repeat("x", 100),
	} {
		assert.Empty(t, Reason([]byte(other)), "%q", other)
	}
}

func TestADocumentOfAnotherFormatIsNamed(t *testing.T) {
	configcat, flagd := "WithFormat(configcat.V6)", "WithFormat(flagd.Format)"
	for document, want := range map[string]string{
		`{"p": {"s": "salt"}, "f": {"a": {"t": 0, "v": {"b": true}}}}`: configcat,
		`{"p": {}, "f": {}}`: configcat,
		`{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}}}}`:                    flagd,
		`{"$evaluators": {}, "flags": {"a": {"enabled": true}, "b": {"defaultVariant": ""}}}`: flagd,
	} {
		assert.Contains(t, Foreign([]byte(document)), want, document)
	}
	for _, other := range []string{
		"", "{", "[]", "{}", `{"flags": {}}`, `{"flags": []}`, `{"flags": {"a": {"enabled": true}}}`,
		`{"flags": {"a": 1}}`,
		`{"schema": 2, "flags": {"a": {"state": "ENABLED"}}}`, `{"f": {}}`,
		`{"flags": {"a": {"state": "` + strings.Repeat("x", maxForeign) + `"}}}`,
	} {
		assert.Empty(t, Foreign([]byte(other)), "%.100s", other)
	}
}
