package input

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tailscale/hujson"

	"github.com/becketflags/becket/internal/sniff"
)

// standardize replaces comments and trailing commas by blanks. Every other byte keeps its place.
func standardize(source []byte) ([]byte, error) {
	if bytes.HasPrefix(source, []byte(byteOrderMark)) {
		return nil, &placedError{1, 1, "a second byte-order mark follows the first"}
	}
	body, err := hujson.Standardize(bytes.Clone(source))
	if err == nil {
		return body, nil
	}
	// hujson needs a line break after a comment, even at the end. If the second attempt fails too,
	// the first error has the right place.
	if body, second := hujson.Standardize(append(bytes.Clone(source), '\n')); second == nil {
		return body, nil
	}
	if reason := sniff.Reason(source); reason != "" {
		return nil, &placedError{1, 1, reason}
	}
	return nil, err
}

// syntaxErrors matches the places in the errors of hujson and yaml.
var syntaxErrors = regexp.MustCompile(`^(?:hujson|yaml): line (\d+)(?:, column (\d+))?: (?:jsontext: )?(.*)`)

// syntaxError splits an error of hujson or yaml into place and message.
func syntaxError(err error) (line, column int, message string) {
	text := err.Error()
	if at, ok := err.(*placedError); ok { //nolint:errorlint // made in this package and never wrapped
		return at.line, at.column, at.message
	}
	if m := syntaxErrors.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		column, _ = strconv.Atoi(m[2])
		return line, max(column, 1), m[3]
	}
	return 1, 1, text
}

// placedError is an error of this package with its place.
type placedError struct {
	line, column int
	message      string
}

func (e *placedError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.message) }

// memberNames returns the names of an object's members.
func memberNames(object []byte) map[string]bool {
	names := map[string]bool{}
	eachMember(object, func(name string, _ []byte) bool {
		names[name] = true
		return true
	})
	return names
}

// eachMember calls visit for each member of an object until visit returns false or the JSON is
// invalid.
func eachMember(object []byte, visit func(name string, value []byte) bool) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(object), jsontext.AllowDuplicateNames(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return
	}
	for decoder.PeekKind() == '"' {
		token, err := decoder.ReadToken()
		if err != nil {
			return
		}
		name := token.String()
		value, err := decoder.ReadValue()
		if err != nil || !visit(name, value) {
			return
		}
	}
}

// offsetOf returns the offset of a member's value in an object, or 0 if the member is not there.
func offsetOf(object []byte, member string) int {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(object), jsontext.AllowDuplicateNames(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return 0
	}
	for decoder.PeekKind() == '"' {
		token, err := decoder.ReadToken()
		if err != nil {
			return 0
		}
		name := token.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return 0
		}
		if name == member {
			return int(decoder.InputOffset()) - len(value)
		}
	}
	return 0
}
