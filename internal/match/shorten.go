package match

import "strings"

// Shorten returns the beginning of a text of more than that many bytes, so that a message which
// quotes it stays readable.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Brief shortens a text that a message quotes to 40 bytes.
func Brief(text string) string { return Shorten(text, 40) }
