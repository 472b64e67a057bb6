// Package layout writes rulesets in the one layout that becket fmt knows, and as plain JSON.
package layout

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tailscale/hujson"
)

// indent is what a level is indented by.
const indent = "  "

// Format lays out JSON, with its comments where it has any. It changes white space, trailing commas
// and the way in which texts are escaped, and formatting twice changes nothing.
func Format(source []byte) ([]byte, error) {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n")) // a copy
	formatted, err := hujson.Format(bytes.Clone(source))
	if err != nil {
		// The library wants a line break behind a comment, also at the end. The first error has the
		// right place.
		again, second := hujson.Format(append(source, '\n'))
		if second != nil {
			return nil, err
		}
		formatted = again
	}
	return append(bytes.TrimRight(spaces(formatted), "\n"), '\n'), nil
}

// spaces replaces each line's leading tabs. A text of JSON holds no tab and no line break, so what
// changes is between the values.
func spaces(source []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.SplitAfterSeq(source, []byte("\n")) {
		text := bytes.TrimLeft(line, "\t")
		b.WriteString(repeat(len(line) - len(text)))
		b.Write(text)
	}
	return b.Bytes()
}

func repeat(n int) string { return string(bytes.Repeat([]byte(indent), n)) }

// Plain lays out plain JSON: indented, or in as few bytes as can be. Texts and numbers stay as they
// were written.
func Plain(body []byte, compact bool) ([]byte, error) {
	value := jsontext.Value(bytes.Clone(body))
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true)}
	var err error
	if compact {
		err = value.Compact(options...)
	} else {
		err = value.Indent(append(options, jsontext.WithIndent(indent))...)
	}
	return append(value, '\n'), err
}

// WithRevision returns a document with that revision, whether it had one or not. The document must
// be a valid native one.
func WithRevision(body []byte, revision int64) ([]byte, error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}
	text := strconv.FormatInt(revision, 10)
	start := int(decoder.InputOffset())
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return nil, err
		}
		isRevision := name.String() == "revision"
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, err
		}
		if isRevision {
			end := int(decoder.InputOffset())
			return bytes.Join([][]byte{body[:end-len(value)], body[end:]}, []byte(text)), nil
		}
	}
	member := fmt.Sprintf("\"revision\":%s,", text)
	return bytes.Join([][]byte{body[:start], body[start:]}, []byte(member)), nil
}
