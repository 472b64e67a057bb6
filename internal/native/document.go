// Package native reads native documents. It turns their bytes into definitions of flags and
// segments: Go types with their positions in the document. It finds all problems of single
// definitions. Callers check how definitions refer to each other.
package native

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
)

// Schema is the version of the documents that this package reads.
const Schema = 1

// The two sections of a document.
const (
	Flags    = "flags"
	Segments = "segments"
)

const (
	maxRevision = 1<<53 - 1 // the greatest integer that every reader of JSON can hold exactly

	// MaxWarnings is the greatest number of warnings for a document.
	MaxWarnings = 100
)

var documentFields = []string{"schema", "revision", "environment", Segments, Flags}

// Document is the top level of a document, without its flags and segments.
type Document struct {
	Revision    int64
	Environment string
	Warnings    []*Problem // about unknown fields

	reader *reader
}

// Builder builds a ruleset from definitions.
type Builder interface {
	// Compiler returns a compiler for the definitions that one goroutine reads.
	Compiler() Compiler

	// Add receives the members of a section in the order of the document, on the goroutine that
	// called [Read]. It may refuse the document.
	Add(d *Document, section string, members [][]Member)
}

// Compiler turns single definitions without problems into the form that the program needs. The
// lists of rules, variants, arms, conditions, tests, references and values in a definition are used
// again for the next one, so the compiler must not keep them. It may keep texts and lists of texts.
type Compiler interface {
	// Flag compiles a flag, or returns a problem that was found while compiling.
	Flag(f *Flag) (compiled any, problem string)

	// Segment compiles a segment.
	Segment(s *Segment) (compiled any)
}

// Read reads a document. For a large document it uses up to the given number of goroutines. It
// returns one or more problems if the whole document must be refused.
func Read(body []byte, goroutines int, b Builder) (*Document, []*Problem) {
	return read(body, goroutines, b, false)
}

// read implements Read. If stay is true, the memory of definitions is not used again.
func read(body []byte, goroutines int, b Builder, stay bool) (*Document, []*Problem) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	w := newWorkers(body, goroutines, b.Compiler)
	w.stay = stay
	defer w.stop()
	r := newReader(body, w)
	if problem := r.checkSyntax(); problem != nil {
		return nil, []*Problem{problem}
	}
	d := &Document{reader: r}
	r.readDocument(d, b)
	switch {
	case r.broken != nil:
		return nil, []*Problem{r.broken}
	case w.patterns.exceeded():
		message := fmt.Sprintf("the patterns of the document take more than %d instructions", maxInstructions)
		return nil, []*Problem{{Message: message}}
	case len(r.problems) > 0:
		return nil, r.noted()
	}
	// freed, because the document may live long, for the positions of references
	r.shared, r.scratch = shared{}, scratch{}
	return d, nil
}

// Problem returns a problem at an offset and a path of the document.
func (d *Document) Problem(at int, path, message string) *Problem {
	return d.reader.problem(at, path, message)
}

// Refuse refuses the document because too many of its members are invalid. at is the offset of the
// last of them.
func (d *Document) Refuse(section string, at int) { d.reader.refuseBad(section, at) }

// checkSyntax checks that the document is valid JSON and gives its flags to the workers. The reader
// is at the beginning of the document afterwards.
func (r *reader) checkSyntax() *Problem {
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(r.document), options...)
	if err := r.outline(decoder); err != nil {
		return r.syntaxProblem(decoder.InputOffset(), err)
	}
	if rest := bytes.TrimLeft(r.document[decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		at, message := len(r.document)-len(rest), "something follows the document"
		return r.problem(at, "", "not valid JSON: "+message+SyntaxRemedy(r.document, at, message))
	}
	r.pass(0)
	return nil
}

// outline checks a document's syntax, and gives its flags to the workers in chunks.
func (r *reader) outline(d *jsontext.Decoder) error {
	seen := false
	return eachName(d, func(name jsontext.Token) error {
		if seen || name.String() != Flags {
			return skipValue(d)
		}
		seen = true
		count, from := 0, tokenAt(r.document, tokenAt(r.document, int(d.InputOffset()))+1)
		return eachName(d, func(jsontext.Token) error {
			err := skipValue(d)
			if count++; err == nil && count%chunkSize == 0 {
				to := tokenAt(r.document, int(d.InputOffset()))
				r.workers.add(&chunk{from: from, to: to})
				from = to
			}
			return err
		})
	})
}

// eachName calls value for each name of an object. value must read the member's value. eachName
// skips a value that is not an object.
func eachName(d *jsontext.Decoder, value func(name jsontext.Token) error) error {
	if d.PeekKind() != '{' {
		return skipValue(d)
	}
	_, _ = d.ReadToken()
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func skipValue(d *jsontext.Decoder) error {
	_, err := d.ReadValue()
	return err
}

// top holds the state of reading the document's top level.
type top struct {
	schema              match.Number
	schemaAt            int
	hasSchema, hasFlags bool
	members             [][2]int // the offsets of the sections with flags and segments
	unknown             int      // number of unknown fields
}

func (r *reader) readDocument(d *Document, b Builder) {
	var t top
	at := r.at
	r.fieldsOr(documentFields, func(field string) { r.documentField(d, &t, b, field) }, func(name string, at int) {
		t.unknown++
		if t.unknown < MaxWarnings {
			message := fmt.Sprintf("unknown field %q%s is ignored", match.Brief(name), r.suggest(name, documentFields))
			d.Warnings = append(d.Warnings, r.problem(at, "", message))
		}
	})
	if more := t.unknown - len(d.Warnings); more > 0 {
		d.Warnings = append(d.Warnings, r.problem(at, "", fmt.Sprintf("%d more unknown fields are ignored", more)))
	}
	r.checkTop(&t, at)
	r.checkBetween(t.members)
}

func (r *reader) documentField(d *Document, t *top, b Builder, field string) {
	switch field {
	case "schema":
		t.schemaAt = r.at
		t.schema, t.hasSchema = r.number()
	case "revision":
		at := r.at
		revision, ok := r.number()
		if ok && (!revision.IsInt() || revision.Int() < 0 || revision.Int() > maxRevision) {
			r.fail(at, "expected an integer from 0 to %d", int64(maxRevision))
		}
		d.Revision = revision.Int()
	case "environment":
		d.Environment, _ = r.text()
	case Segments, Flags:
		start := r.at
		t.hasFlags = t.hasFlags || field == Flags
		r.section(d, b, field)
		t.members = append(t.members, [2]int{start, r.end})
	}
}

// checkTop records problems for which the whole document is refused. A wrong schema is checked
// first and replaces all other problems, because fields have another meaning in another schema.
func (r *reader) checkTop(t *top, at int) {
	switch {
	case r.broken != nil:
	case t.hasSchema && (!t.schema.IsInt() || t.schema.Int() != Schema):
		r.account = account{}
		r.fail(t.schemaAt, "the document is of schema %s, this library reads schema %d", t.schema, Schema)
	case len(r.problems) > 0:
	case !t.hasSchema:
		r.fail(at, "the document has no \"schema\"; this library reads schema %d%s", Schema, r.missing("schema"))
	case !t.hasFlags:
		r.fail(at, "the document has no \"flags\"%s", r.missing("flags"))
	}
}
