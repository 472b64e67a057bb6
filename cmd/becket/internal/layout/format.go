// Package layout writes rulesets in the layout of becket fmt, and as plain JSON.
package layout

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tailscale/hujson"
)

// indent is the indentation of one level.
const indent = "  "

// Format formats JSON with or without comments. It changes only white space, trailing commas and
// the escapes in texts. A second call changes nothing.
func Format(source []byte) ([]byte, error) {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n")) // makes a copy
	value, err := hujson.Parse(bytes.Clone(source))
	if err != nil {
		// hujson needs a line break after a comment, even at the end. If the second attempt fails
		// too, the first error has the right place.
		again, second := hujson.Parse(append(source, '\n'))
		if second != nil {
			return nil, err
		}
		value = again
	}
	value.Format()
	unalign(&value)
	return append(bytes.TrimRight(spaces(value.Pack()), "\n"), '\n'), nil
}

// unalign leaves one space before each value of an object. hujson aligns the values of neighbouring
// lines, so that the change of one line would change the others too.
func unalign(v *hujson.Value) {
	switch composite := v.Value.(type) {
	case *hujson.Object:
		for i := range composite.Members {
			value := &composite.Members[i].Value
			if !bytes.Contains(value.BeforeExtra, []byte("\n")) {
				value.BeforeExtra = append(bytes.TrimRight(value.BeforeExtra, " "), ' ')
			}
			unalign(value)
		}
	case *hujson.Array:
		for i := range composite.Elements {
			unalign(&composite.Elements[i])
		}
	}
}

// spaces replaces the leading tabs of each line. JSON texts contain no tabs and no line breaks, so
// this changes only space between values.
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

// Plain writes plain JSON, either indented or in as few bytes as possible. Texts and numbers stay
// as they are written.
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

// WithRevision sets the document's revision. The document must be a valid native one.
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
