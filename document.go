package becket

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxNesting is how deep objects and arrays may stand in each other, the document itself counted.
const maxNesting = 64

// reader reads a native document token by token, so that every error has a place. What is wrong with the meaning of a
// document is noted in problems and reading goes on; what is wrong with its syntax stops everything.
type reader struct {
	document []byte
	decoder  *jsontext.Decoder
	path     []step
	problems []*DocumentError
	texts    map[string]string // each text once, however often it is written
	sets     map[string]*set   // likewise the small operands of in
	broken   *DocumentError
	lines    lines
}

// step is one part of a path: a name, or an index where the name is "".
type step struct {
	name  string
	index int
}

func newReader(document []byte) *reader {
	return &reader{
		document: document,
		decoder:  jsontext.NewDecoder(bytes.NewBuffer(document), jsontext.AllowDuplicateNames(true)),
		texts:    map[string]string{},
		sets:     map[string]*set{},
	}
}

// object reads an object whose names the publisher chooses, and calls read for each. A name that stands twice is a problem.
func (r *reader) object(read func(name string, at int64)) {
	if !r.enter('{') {
		return
	}
	seen := map[string]bool{}
	for r.more() {
		at := r.here()
		name := r.name()
		if seen[name] {
			r.fail(at, "%q stands twice", name)
			r.skip()
			continue
		}
		seen[name] = true
		r.below(step{name: name}, func() { read(name, at) })
	}
}

// fields reads an object whose fields the format defines, and calls read for each of them. Unknown ones and duplicates
// are problems; what begins with "x-" belongs to the publisher's own tools.
func (r *reader) fields(known []string, read func(field string)) {
	r.fieldsOr(known, read, func(name string, at int64) {
		r.fail(at, "unknown field %q%s", name, suggest(name, known))
	})
}

func (r *reader) fieldsOr(known []string, read func(field string), stranger func(name string, at int64)) {
	if !r.enter('{') {
		return
	}
	var seen uint64
	for r.more() {
		at := r.here()
		name := r.name()
		i := slices.Index(known, name)
		switch {
		case i >= 0 && seen&(1<<i) == 0:
			seen |= 1 << i
			r.path = append(r.path, step{name: known[i]})
			read(known[i])
			r.path = r.path[:len(r.path)-1]
			continue
		case i >= 0:
			r.fail(at, "field %q stands twice", name)
		case name != "$schema" && !strings.HasPrefix(name, "x-"):
			stranger(name, at)
		}
		r.skip()
	}
}

// array reads an array, and calls read for each element.
func (r *reader) array(read func(i int)) {
	if !r.enter('[') {
		return
	}
	for i := 0; r.more(); i++ {
		r.below(step{index: i}, func() { read(i) })
	}
}

func (r *reader) below(s step, read func()) {
	r.path = append(r.path, s)
	read()
	r.path = r.path[:len(r.path)-1]
}

// enter reads the opening bracket, or notes that something else stands there.
func (r *reader) enter(kind jsontext.Kind) bool {
	if !r.expect(kind) {
		return false
	}
	if r.decoder.StackDepth() >= maxNesting {
		r.failHere("nested deeper than %d levels", maxNesting)
		r.skip()
		return false
	}
	_, err := r.decoder.ReadToken()
	return r.ok(err)
}

// more reports whether another element follows; if not, it reads the closing bracket.
func (r *reader) more() bool {
	if r.broken != nil {
		return false
	}
	switch r.decoder.PeekKind() {
	case '}', ']':
		_, err := r.decoder.ReadToken()
		r.ok(err)
		return false
	case jsontext.KindInvalid:
		_, err := r.decoder.ReadToken()
		r.ok(err)
		return false
	}
	return true
}

var kindWords = map[jsontext.Kind]string{
	'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a text", '0': "a number", '{': "an object", '[': "an array",
}

// expect notes a problem and skips the value unless it is of that kind.
func (r *reader) expect(kind jsontext.Kind) bool {
	if r.broken != nil {
		return false
	}
	found := r.decoder.PeekKind()
	if found == kind || kind == 't' && found == 'f' {
		return true
	}
	r.wrongKind(kindWords[kind])
	return false
}

// wrongKind notes that something else was expected here, and skips the value.
func (r *reader) wrongKind(expected string) {
	if word, ok := kindWords[r.decoder.PeekKind()]; ok {
		r.failHere("expected %s, found %s", expected, word)
	}
	r.skip()
}

// name reads the name of a member. Names repeat a lot, so each is kept once.
func (r *reader) name() string {
	raw := r.raw()
	return r.unquote(raw, true)
}

// text reads a text.
func (r *reader) text() (string, bool) {
	if !r.expect('"') {
		return "", false
	}
	return r.unquote(r.raw(), true), r.broken == nil
}

func (r *reader) unquote(raw []byte, once bool) string {
	if len(raw) < 2 {
		return ""
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		r.ok(err)
		inner = unquoted
	}
	if !once {
		return string(inner)
	}
	if text, ok := r.texts[string(inner)]; ok {
		return text
	}
	text := string(inner)
	r.texts[text] = text
	return text
}

// boolean reads true or false.
func (r *reader) boolean() (value, ok bool) {
	if !r.expect('t') {
		return false, false
	}
	token, err := r.decoder.ReadToken()
	if !r.ok(err) {
		return false, false
	}
	return token.Bool(), true
}

// number reads a number: an integer if it is one, however it is written.
func (r *reader) number() (Value, bool) {
	if !r.expect('0') {
		return Value{}, false
	}
	at := r.here()
	raw := r.raw()
	if r.broken != nil {
		return Value{}, false
	}
	value, problem := parseNumber(textOf(raw))
	if problem != "" {
		r.fail(at, "%s", problem)
	}
	return value, problem == ""
}

// scalar reads a text, a number or a boolean.
func (r *reader) scalar() (Value, bool) {
	if r.broken != nil {
		return Value{}, false
	}
	switch r.decoder.PeekKind() {
	case '"':
		text, ok := r.text()
		return StringValue(text), ok
	case '0':
		return r.number()
	case 't', 'f':
		b, ok := r.boolean()
		return BoolValue(b), ok
	default:
		r.wrongKind("a text, a number or a boolean")
		return Value{}, false
	}
}

// raw reads a value as it stands. The bytes are the decoder's, valid until it reads on.
func (r *reader) raw() []byte {
	if r.broken != nil {
		return nil
	}
	raw, err := r.decoder.ReadValue()
	r.ok(err)
	return raw
}

// skip reads a value of no interest. How deep it is nested matters all the same.
func (r *reader) skip() {
	if r.broken != nil {
		return
	}
	at, depth := r.here(), r.decoder.StackDepth()
	if raw := r.raw(); depth+nesting(raw) > maxNesting && !slices.ContainsFunc(r.problems, func(p *DocumentError) bool {
		return strings.HasPrefix(p.Message, "nested deeper")
	}) {
		r.fail(at, "nested deeper than %d levels", maxNesting)
	}
}

// nesting returns how deep objects and arrays stand in each other in a valid JSON value.
func nesting(raw []byte) (deepest int) {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// here returns the offset of the next token.
func (r *reader) here() int64 {
	at := r.decoder.InputOffset()
	for at < int64(len(r.document)) && strings.IndexByte(" \t\r\n,:", r.document[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) failHere(format string, arguments ...any) { r.fail(r.here(), format, arguments...) }

// fail notes a problem at an offset of the document.
func (r *reader) fail(at int64, format string, arguments ...any) {
	r.problems = append(r.problems, r.problem(at, r.pathText(""), fmt.Sprintf(format, arguments...)))
}

// failBelow is fail for a place further down than the reader is.
func (r *reader) failBelow(path string, at int64, format string, arguments ...any) {
	r.problems = append(r.problems, r.problem(at, r.pathText(path), fmt.Sprintf(format, arguments...)))
}

func (r *reader) problem(at int64, path, message string) *DocumentError {
	line, column := r.lines.position(r.document, at)
	return &DocumentError{Path: path, Line: line, Column: column, Message: message}
}

// ok notes an error of the decoder, after which nothing more can be read.
func (r *reader) ok(err error) bool {
	if err == nil {
		return true
	}
	if r.broken == nil {
		at, message := r.decoder.InputOffset(), err.Error()
		if syntactic, is := errors.AsType[*jsontext.SyntacticError](err); is {
			at, message = syntactic.ByteOffset, syntactic.Err.Error()
		}
		r.broken = r.problem(at, "", "not valid JSON: "+strings.TrimPrefix(message, "jsontext: "))
	}
	return false
}

// pathText writes the path for people. Keys that are no identifiers are quoted.
func (r *reader) pathText(below string) string {
	var b strings.Builder
	for _, s := range r.path {
		writeStep(&b, s)
	}
	if below != "" && b.Len() > 0 && below[0] != '[' {
		b.WriteByte('.')
	}
	b.WriteString(below)
	return b.String()
}

func writeStep(b *strings.Builder, s step) {
	switch {
	case s.name == "":
		b.WriteString("[" + strconv.Itoa(s.index) + "]")
	case !isIdentifier(s.name):
		b.WriteString("[" + strconv.Quote(s.name) + "]")
	default:
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
	}
}

// isIdentifier reports whether a key can stand in a path unquoted: letters, digits, "_" and "-".
func isIdentifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '-' && c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return s != ""
}
