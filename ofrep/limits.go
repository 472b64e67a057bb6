package ofrep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// limits bound the cost of a context before it is decoded. Names of nested values are written out
// in full, so a few bytes of a body can stand for very many.
type limits struct {
	attributes int // attributes after flattening
	values     int // values, including the elements of lists
	bytes      int // bytes of names after flattening, and of texts
	name       int // bytes of one name after flattening
	depth      int
}

// limitsOf returns the limits for a body. They are proportional to the body's size, so that each
// byte of a request costs the same amount of memory. A small body has the limits of a body of the
// default size.
func limitsOf(body []byte) limits {
	size := max(len(body), defaultMaxBytes)
	return limits{attributes: size / 64, values: size / 16, bytes: 2 * size, name: 1024, depth: 64}
}

var (
	errNoObject = errors.New("the context must be an object")
	errTrailing = errors.New("something follows the object")
	errLimit    = errors.New("the context is too large")
)

// contextIn returns the JSON of the context in a body, or nil without a context. The context is
// within the limits.
func contextIn(body []byte) ([]byte, *failure) {
	s := scan{limits: limitsOf(body), decoder: jsontext.NewDecoder(bytes.NewBuffer(body))}
	context, err := s.body(body)
	switch {
	case err == nil:
		return context, nil
	case errors.Is(err, errLimit), errors.Is(err, errNoObject):
		return nil, refuse(http.StatusBadRequest, codeContext, err.Error())
	default:
		return nil, notOneObject()
	}
}

// scan reads a body once and counts its parts.
type scan struct {
	limits
	decoder *jsontext.Decoder
}

// body finds the context. Duplicate names and invalid UTF-8 are errors, so that a proxy that checks
// requests cannot read them differently.
func (s *scan) body(body []byte) (context []byte, err error) {
	wrong := error(nil)
	switch s.decoder.PeekKind() {
	case '{':
		context, wrong, err = s.members(body)
	case 'n':
		err = s.decoder.SkipValue()
	default:
		wrong, err = errNoObject, s.decoder.SkipValue()
	}
	if err != nil {
		return nil, err
	}
	if _, err = s.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return context, wrong
}

// members reads the members of the body. The error wrong rejects the context, if the rest of the
// body is valid.
func (s *scan) members(body []byte) (context []byte, wrong, err error) {
	if _, err = s.decoder.ReadToken(); err != nil {
		return nil, nil, err
	}
	for s.decoder.PeekKind() != '}' {
		name, err := s.decoder.ReadToken()
		if err != nil {
			return nil, nil, err
		}
		isContext := name.String() == "context"
		switch kind := s.decoder.PeekKind(); {
		case isContext && kind == '{':
			start := s.decoder.InputOffset()
			err = s.object(0, 0)
			context = bytes.TrimLeft(body[start:s.decoder.InputOffset()], ": \t\r\n")
		case isContext && kind != 'n':
			wrong, err = errNoObject, s.decoder.SkipValue()
		default:
			err = s.decoder.SkipValue()
		}
		if err != nil {
			return nil, nil, err
		}
	}
	_, err = s.decoder.ReadToken()
	return context, wrong, err
}

// object reads an object. Its members' names get a prefix of the given length; -1 means that the
// object is in a list, where names are not written out.
func (s *scan) object(prefix, depth int) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	for s.decoder.PeekKind() != '}' {
		quoted, err := s.decoder.ReadValue()
		if err != nil {
			return err
		}
		name := len(quoted) - len(`""`)
		if prefix >= 0 {
			name += prefix
		}
		if name > s.name {
			return limit("a name has more than %d bytes", s.name)
		}
		if err := s.count(name); err != nil {
			return err
		}
		inner := -1
		if prefix >= 0 {
			inner = name + len(".")
		}
		if err := s.value(inner, depth); err != nil {
			return err
		}
	}
	_, err := s.decoder.ReadToken()
	return err
}

// value reads a value. It counts as an attribute unless it is an object or an element of a list.
func (s *scan) value(prefix, depth int) error {
	if s.values--; s.values < 0 {
		return limit("it has too many values")
	}
	kind := s.decoder.PeekKind()
	if kind == '{' {
		return s.object(prefix, depth+1)
	}
	if prefix >= 0 {
		if s.attributes--; s.attributes < 0 {
			return limit("it has too many attributes")
		}
	}
	if kind == '[' {
		return s.list(depth + 1)
	}
	scalar, err := s.decoder.ReadValue()
	if err != nil {
		return err
	}
	return s.count(len(scalar))
}

func (s *scan) list(depth int) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	for s.decoder.PeekKind() != ']' {
		if err := s.value(-1, depth); err != nil {
			return err
		}
	}
	_, err := s.decoder.ReadToken()
	return err
}

// enter reads the beginning of an object or a list.
func (s *scan) enter(depth int) error {
	if depth > s.depth {
		return limit("values are nested more than %d deep", s.depth)
	}
	_, err := s.decoder.ReadToken()
	return err
}

// count counts the bytes of a name or a text.
func (s *scan) count(size int) error {
	if s.bytes -= size; s.bytes < 0 {
		return limit("its names, written out, and texts have too many bytes")
	}
	return nil
}

func limit(format string, values ...any) error {
	return fmt.Errorf("%w: %s", errLimit, fmt.Sprintf(format, values...))
}

func notOneObject() *failure {
	return refuse(http.StatusBadRequest, codeParse, "the body is not one JSON object")
}
