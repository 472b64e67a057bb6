// Package sniff finds out from a document's first bytes why it cannot be read.
package sniff

import (
	"bytes"
	"encoding/json"
)

// Reason returns the kind of file that a document is instead of JSON in UTF-8, with the remedy. It
// returns "" if the first bytes do not show the kind. It must only be used for documents that have
// been refused, because documents of some format may be compressed.
func Reason(document []byte) string {
	switch {
	case bytes.HasPrefix(document, []byte{0x1f, 0x8b}):
		return "the document is compressed with gzip but is not labelled so: " +
			"let the server send Content-Encoding: gzip, or publish the document uncompressed"
	case isUTF32(document):
		return "the document is in UTF-32: save it as UTF-8"
	case isUTF16(document):
		return "the document is in UTF-16: save it as UTF-8"
	case isWebPage(document):
		return "this is a web page, not a ruleset; a login page or a captive portal may have answered"
	}
	return ""
}

// maxForeign is the greatest length of a document in which [Foreign] looks for flags, in bytes.
const maxForeign = 1 << 20

// Foreign returns the advice for a document that the native format has refused, but that certainly
// is ConfigCat's or flagd's. It returns "" for any other document and for long ones.
func Foreign(document []byte) string {
	var top map[string]json.RawMessage
	if len(document) > maxForeign || json.Unmarshal(document, &top) != nil || top["schema"] != nil {
		return ""
	}
	switch {
	case top["f"] != nil && top["p"] != nil && top["flags"] == nil:
		return "the document is one of ConfigCat: read it with WithFormat(configcat.V6)"
	case isFlagd(top["flags"]):
		return "the document is one of flagd: read it with WithFormat(flagd.Format)"
	}
	return ""
}

// isFlagd looks for a field that flags of the native format never have.
func isFlagd(section json.RawMessage) bool {
	var flags map[string]map[string]json.RawMessage
	if json.Unmarshal(section, &flags) != nil {
		return false
	}
	for _, flag := range flags {
		if flag["state"] != nil || flag["defaultVariant"] != nil {
			return true
		}
	}
	return false
}

// isUTF32 looks for a byte-order mark, or for the zero bytes around the first character, which is
// an ASCII character in every JSON document.
func isUTF32(document []byte) bool {
	if len(document) < 4 {
		return false
	}
	a, b, c, d := document[0], document[1], document[2], document[3]
	big := a == 0 && b == 0 && (c == 0 && d != 0 || c == 0xfe && d == 0xff)
	little := c == 0 && d == 0 && (a != 0 && b == 0 || a == 0xff && b == 0xfe)
	return big || little
}

// isUTF16 does the same for UTF-16. The document must not be in UTF-32.
func isUTF16(document []byte) bool {
	if len(document) < 2 {
		return false
	}
	a, b := document[0], document[1]
	return (a == 0) != (b == 0) || a == 0xfe && b == 0xff || a == 0xff && b == 0xfe
}

func isWebPage(document []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(document, []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<"))
}
