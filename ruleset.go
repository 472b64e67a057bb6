package becket

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/becketflags/becket/internal/match"
)

// Schema is the version of the native documents that this library reads.
const Schema = 1

// maxKey is the longest key of a flag or segment, in bytes.
const maxKey = 256

// Native is becket's own format, described in docs/ruleset.md. A client reads it unless it is told otherwise.
var Native Format = nativeFormat{}

type nativeFormat struct{}

func (nativeFormat) Name() string { return "native-v1" }

// Decode compiles a native document, a large one on several processors. Its errors are *DocumentError or join several of them.
func (nativeFormat) Decode(document []byte) (Rules, error) {
	return decodeNative(document, runtime.GOMAXPROCS(0))
}

func decodeNative(document []byte, goroutines int) (Rules, error) {
	r, err := newReader(document, goroutines)
	defer r.crew.dismiss()
	if err != nil {
		return nil, err
	}
	rules := r.ruleset()
	if r.broken != nil {
		return nil, r.broken
	}
	if len(r.problems) > 0 {
		return nil, joinProblems(r.problems)
	}
	rules.link()
	return rules, nil
}

// ruleset is a compiled native document.
type ruleset struct {
	flags    flagTable
	segments map[string]*segment
	info     RulesInfo
	keys     func() []string // of the flags, sorted; on demand, since evaluation does not need them

	linking *linking // what is needed until the ruleset is served
}

// name names a flag or a segment.
type name struct{ section, key string }

const (
	inFlags    = "flags"
	inSegments = "segments"
)

// rulesetDraft is what only decoding needs to know of the document's top level.
type rulesetDraft struct {
	schema              Value
	schemaAt            int
	hasSchema, hasFlags bool
}

var documentFields = []string{"schema", "revision", "environment", "segments", "flags"}

func (r *reader) ruleset() *ruleset {
	rules := &ruleset{
		segments: map[string]*segment{},
		linking:  &linking{reader: r, problems: map[name][]*DocumentError{}},
	}
	rules.keys = sync.OnceValue(rules.flags.keys)
	var d rulesetDraft
	at := r.at
	r.fieldsOr(documentFields, func(field string) { r.documentField(rules, &d, field) }, func(name string, at int) {
		message := fmt.Sprintf("unknown field %q%s is ignored", name, suggest(name, documentFields))
		rules.info.Warnings = append(rules.info.Warnings, r.problem(at, "", message))
	})
	r.checkTop(&d, at)
	return rules
}

func (r *reader) documentField(rules *ruleset, d *rulesetDraft, field string) {
	switch field {
	case "schema":
		d.schemaAt = r.at
		d.schema, d.hasSchema = r.number()
	case "revision":
		at := r.at
		value, ok := r.number()
		if ok && (value.kind() != KindInt || value.Int() < 0) {
			r.fail(at, "expected an integer of at least 0")
		}
		rules.info.Revision = value.Int()
	case "environment":
		rules.info.Environment, _ = r.text()
	case "segments":
		r.members(rules, inSegments)
	case "flags":
		d.hasFlags = true
		r.members(rules, inFlags)
	}
}

// defines reports whether a good member of that name has been read.
func (r *ruleset) defines(member name) bool {
	if member.section == inFlags {
		return r.flags.find(member.key) != nil
	}
	return r.segments[member.key] != nil
}

func (r *reader) checkKey(key string, at int) {
	switch {
	case key == "":
		r.fail(at, "the key is empty")
	case len(key) > maxKey:
		r.fail(at, "the key has %d bytes, more than %d", len(key), maxKey)
	case containsControl(key):
		r.fail(at, "the key %q holds control characters", shorten(key))
	}
}

// checkTop notes what refuses the whole document. Another schema comes first: its fields mean something else.
func (r *reader) checkTop(d *rulesetDraft, at int) {
	switch {
	case r.broken != nil:
	case d.hasSchema && (d.schema.kind() != KindInt || d.schema.Int() != Schema):
		r.problems = nil
		r.fail(d.schemaAt, "the document is of schema %s, this library reads schema %d", d.schema, Schema)
	case len(r.problems) > 0:
	case !d.hasSchema:
		r.fail(at, "the document has no \"schema\"; this library reads schema %d", Schema)
	case !d.hasFlags:
		r.fail(at, "the document has no \"flags\"")
	}
}

// joinProblems returns all problems as one error, nil for none.
func joinProblems(problems []*DocumentError) error {
	if len(problems) == 1 {
		return problems[0]
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// segment reads a segment, and returns nil when there is anything wrong with it.
func (r *reader) segment(key string) *segment {
	s := &segment{key: key}
	before := len(r.problems)
	start := r.at
	r.fields([]string{"description", "include", "exclude", "if"}, func(field string) {
		switch field {
		case "description":
			r.text()
		case "include":
			s.include = r.keySet()
		case "exclude":
			s.exclude = r.keySet()
		case "if":
			c := r.condition()
			s.condition = &c
		}
	})
	if len(r.problems) > before {
		return nil
	}
	s.digest = r.digest("", start)
	return s
}

// keySet reads a list of targeting keys, which may be long.
func (r *reader) keySet() match.Texts {
	if !r.enter('[') {
		return match.Texts{}
	}
	var keys []string
	for i := 0; r.more(); i++ {
		if r.kind() != '"' {
			r.path = append(r.path, step{index: i})
			r.wrongKind(kindWords['"'])
			r.up()
			continue
		}
		keys = append(keys, string(r.inner(r.token())))
	}
	return match.NewTexts(keys)
}

// Flags lists the flags in the order of their keys.
func (r *ruleset) Flags() iter.Seq[FlagInfo] {
	return func(yield func(FlagInfo) bool) {
		for _, key := range r.keys() {
			if !yield(r.flags.find(key).info()) {
				return
			}
		}
	}
}

// Flag describes one flag.
func (r *ruleset) Flag(key string) (FlagInfo, bool) {
	f := r.flags.find(key)
	if f == nil {
		return FlagInfo{}, false
	}
	return f.info(), true
}

// Info describes the document.
func (r *ruleset) Info() RulesInfo { return r.info }
