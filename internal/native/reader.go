package native

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
)

// maxNesting is the greatest depth of nested objects and arrays, including the document itself.
const maxNesting = 64

// reader reads a native document token by token, so that every problem has a position. The document
// has been checked to be valid JSON before, so the reader need not check the syntax or the end of
// the document. Problems with the meaning are recorded, and reading goes on.
type reader struct {
	document []byte
	at       int // offset of the next token
	end      int // offset at which the last token ended
	depth    int // number of open objects and arrays
	path     []step
	account
	failed int      // number of problems, including those that were left out
	broken *Problem // if set, the document is refused because of this problem, and reading stops
	lines  lines

	workers  *workers
	compiler Compiler
	shared
	scratch
}

func newReader(document []byte, w *workers) *reader {
	return &reader{
		document: document, workers: w, compiler: w.compiler(), shared: newShared(), scratch: scratch{stay: w.stay},
	}
}

// object reads an object with arbitrary names, and calls read for each member. A name that occurs
// twice is a problem.
func (r *reader) object(read func(name string, at int)) {
	if !r.enter('{') {
		return
	}
	seen := map[string]struct{}{}
	for r.more() {
		at := r.at
		name := r.unquote(r.token())
		if _, twice := seen[name]; twice {
			r.fail(at, "%q occurs twice", match.Brief(name))
			r.skip()
			continue
		}
		seen[name] = struct{}{}
		r.path = append(r.path, step{name: name})
		read(name, at)
		r.up()
	}
}

// fields reads an object whose fields the format defines, and calls read for each known field.
// Unknown fields are problems, except for $schema and names that begin with "x-", which are for the
// publisher's own tools. Every name that occurs twice is a problem. It returns false if there was a
// problem.
func (r *reader) fields(known []string, read func(field string)) bool {
	return r.fieldsOr(known, read, func(name string, at int) {
		r.fail(at, "unknown field %q%s", match.Brief(name), r.insteadOf(name, known))
	})
}

func (r *reader) fieldsOr(known []string, read func(field string), stranger func(name string, at int)) bool {
	before := r.failed
	if !r.enter('{') {
		return false
	}
	var seen uint64
	var strangers map[string]struct{} // the other names, in the document's memory; nil for none
	for r.more() {
		at := r.at
		name := r.inner(r.token())
		i := slices.Index(known, textOf(name))
		switch {
		case i >= 0 && seen&(1<<i) == 0:
			seen |= 1 << i
			r.path = append(r.path, step{name: known[i]})
			read(known[i])
			r.up()
			continue
		case i >= 0 || !isNew(&strangers, textOf(name)):
			r.fail(at, "field %q occurs twice", match.Brief(string(name)))
		case string(name) != "$schema" && !bytes.HasPrefix(name, []byte("x-")):
			stranger(string(name), at)
		}
		r.skip()
	}
	return r.failed == before
}

// isNew adds a name to a set, which may be nil, and reports whether it was not there.
func isNew(set *map[string]struct{}, name string) bool {
	if *set == nil {
		*set = map[string]struct{}{}
	}
	before := len(*set)
	(*set)[name] = struct{}{}
	return len(*set) > before
}

// array reads an array, and calls read for each element.
func (r *reader) array(read func(i int)) {
	if !r.enter('[') {
		return
	}
	for i := 0; r.more(); i++ {
		r.path = append(r.path, element(i))
		read(i)
		r.up()
	}
}

// below calls read with one more name in the path.
func (r *reader) below(name string, read func()) {
	r.path = append(r.path, step{name: name})
	read()
	r.up()
}

func (r *reader) up() { r.path = r.path[:len(r.path)-1] }

// enter reads an opening bracket. If there is something else, it records a problem and returns
// false.
func (r *reader) enter(bracket byte) bool {
	if !r.expect(bracket) {
		return false
	}
	if r.depth >= maxNesting {
		r.failDeep(r.at)
		r.skip()
		return false
	}
	r.depth++
	r.pass(r.at + 1)
	return true
}

// failDeep records that something is nested too deeply, once per account.
func (r *reader) failDeep(at int) {
	if r.deep {
		r.failed++
		return
	}
	r.deep = true
	r.fail(at, "nested deeper than %d levels", maxNesting)
}

// more reports whether another element follows; if not, it reads the closing bracket.
func (r *reader) more() bool {
	if r.broken != nil {
		return false
	}
	if c := r.document[r.at]; c != '}' && c != ']' {
		return true
	}
	r.depth--
	r.pass(r.at + 1)
	return false
}

var kindWords = map[byte]string{
	'n': "null", 't': "a boolean", '"': "a text", '0': "a number", '{': "an object", '[': "an array",
}

// kind returns the kind of the next value, as the byte with which such values begin.
func (r *reader) kind() byte {
	switch c := r.document[r.at]; c {
	case '-', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0'
	case 'f':
		return 't'
	default:
		return c
	}
}

// expect reports whether the next value has the given kind. If not, it records a problem and skips
// the value.
func (r *reader) expect(kind byte) bool {
	if r.kind() == kind {
		return true
	}
	r.wrongKind(kindWords[kind])
	return false
}

// wrongKind records that another kind of value was expected, and skips the value.
func (r *reader) wrongKind(expected string) {
	r.fail(r.at, "expected %s, found %s%s", expected, kindWords[r.kind()], r.insteadOfKind(expected))
	r.skip()
}

// text reads a text. Many texts occur often, so equal texts share their memory.
func (r *reader) text() (string, bool) {
	if !r.expect('"') {
		return "", false
	}
	return r.unquote(r.token()), true
}

// prose reads a text that rarely occurs twice, such as a description.
func (r *reader) prose() string {
	if !r.expect('"') {
		return ""
	}
	return string(r.inner(r.token()))
}

func (r *reader) unquote(raw []byte) string { return r.once(r.inner(raw)) }

// inner returns the text between the quotes. It may share the memory of the document.
func (r *reader) inner(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // the document has been checked to be valid
	return text
}

// boolean reads true or false.
func (r *reader) boolean() (value, ok bool) {
	if !r.expect('t') {
		return false, false
	}
	return r.token()[0] == 't', true
}

// number reads a number; see [match.ParseNumber].
func (r *reader) number() (match.Number, bool) {
	if !r.expect('0') {
		return match.Number{}, false
	}
	at := r.at
	number, problem := match.ParseNumber(textOf(r.token()))
	if problem != "" {
		r.fail(at, "%s", problem)
	}
	return number, problem == ""
}

// decimal reads a number that may be a float; see [match.ParseDecimal].
func (r *reader) decimal() (match.Number, bool) {
	if !r.expect('0') {
		return match.Number{}, false
	}
	at := r.at
	number, problem := match.ParseDecimal(textOf(r.token()))
	if problem != "" {
		r.fail(at, "%s", problem)
	}
	return number, problem == ""
}

// scalar reads a text, a number or a boolean.
func (r *reader) scalar() (Value, bool) {
	switch r.kind() {
	case '"':
		text, ok := r.text()
		return textValue(text), ok
	case '0':
		number, ok := r.number()
		return numberValue(number), ok
	case 't':
		b, ok := r.boolean()
		return boolValue(b), ok
	default:
		r.wrongKind("a text, a number or a boolean")
		return Value{}, false
	}
}

// token reads a name or a value that is neither an object nor an array, and returns its bytes.
func (r *reader) token() []byte {
	start := r.at
	r.pass(scalarEnd(r.document, start))
	return r.document[start:r.end]
}

// skip skips a value. It still checks its nesting.
func (r *reader) skip() {
	at := r.at
	end, nested, _ := span(r.document, at)
	r.pass(end)
	if r.depth+nested > maxNesting && !r.deep {
		r.failDeep(at)
	}
}

// written returns the value that begins at an offset and has just been read.
func (r *reader) written(at int) Written { return Written{at, r.document[at:r.end:r.end]} }

// pass moves to the first token after an offset.
func (r *reader) pass(end int) {
	r.at, r.end = tokenAt(r.document, end), end
}
