package match

import "strings"

// Shorten cuts a text of more than most bytes and appends "…", so that messages that quote the text
// stay readable.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Brief shortens a text to 40 bytes, for quoting it in a message.
func Brief(text string) string { return Shorten(text, 40) }
