package becket

import (
	"fmt"
	"strings"
	"sync"

	"github.com/becketflags/becket/internal/match"
)

const (
	maxKey      = 256       // bytes of the key of a flag or segment
	maxToldKey  = 1024      // bytes of a longer key that lists of bad flags and segments hold
	maxWarnings = 100       // of a document
	maxRevision = 1<<53 - 1 // the largest integer that every reader of JSON holds exactly
)

var documentFields = []string{"schema", "revision", "environment", "segments", "flags"}

// rulesetDraft is what only decoding needs to know of the document's top level.
type rulesetDraft struct {
	schema              Value
	schemaAt            int
	hasSchema, hasFlags bool
	members             [][2]int // where the flags and the segments stand
	unknown             int      // how many fields are unknown
}

func (r *reader) ruleset() *decoded {
	rules := &decoded{
		ruleset:  &ruleset{segments: map[string]*segment{}},
		reader:   r,
		problems: map[name][]*DocumentError{},
	}
	rules.keys = sync.OnceValue(rules.flags.keys)
	var d rulesetDraft
	at := r.at
	r.fieldsOr(documentFields, func(field string) { r.documentField(rules, &d, field) }, func(name string, at int) {
		d.unknown++
		if d.unknown < maxWarnings {
			message := fmt.Sprintf("unknown field %q%s is ignored", shorten(name), r.suggest(name, documentFields))
			rules.info.Warnings = append(rules.info.Warnings, r.problem(at, "", message))
		}
	})
	if more := d.unknown - len(rules.info.Warnings); more > 0 {
		rules.info.Warnings = append(rules.info.Warnings, r.problem(at, "", fmt.Sprintf("%d more unknown fields are ignored", more)))
	}
	r.checkTop(&d, at)
	r.checkBetween(d.members)
	return rules
}

func (r *reader) documentField(rules *decoded, d *rulesetDraft, field string) {
	switch field {
	case "schema":
		d.schemaAt = r.at
		d.schema, d.hasSchema = r.number()
	case "revision":
		at := r.at
		value, ok := r.number()
		if ok && (value.kind() != KindInt || value.Int() < 0 || value.Int() > maxRevision) {
			r.fail(at, "expected an integer from 0 to %d", int64(maxRevision))
		}
		rules.info.Revision = value.Int()
	case "environment":
		rules.info.Environment, _ = r.text()
	case "segments":
		start := r.at
		r.members(rules, inSegments)
		d.members = append(d.members, [2]int{start, r.end})
	case "flags":
		start := r.at
		d.hasFlags = true
		r.members(rules, inFlags)
		d.members = append(d.members, [2]int{start, r.end})
	}
}

// checkTop notes what refuses the whole document. Another schema comes first: its fields mean something else.
func (r *reader) checkTop(d *rulesetDraft, at int) {
	switch {
	case r.broken != nil:
	case d.hasSchema && (d.schema.kind() != KindInt || d.schema.Int() != Schema):
		r.account = account{}
		r.fail(d.schemaAt, "the document is of schema %s, this library reads schema %d", d.schema, Schema)
	case len(r.problems) > 0:
	case !d.hasSchema:
		r.fail(at, "the document has no \"schema\"; this library reads schema %d", Schema)
	case !d.hasFlags:
		r.fail(at, "the document has no \"flags\"")
	}
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

// containsControl reports whether a key holds control characters.
func containsControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}

// segment reads a segment, and returns nil when there is anything wrong with it.
func (r *reader) segment(key string) *segment {
	s := &segment{key: key}
	before := r.failed
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
	if r.failed > before {
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
		push(&keys, string(r.inner(r.token())))
	}
	return match.NewTexts(keys)
}

// link returns a new reference, which stands at an offset.
func (r *reader) link(key string, at int) *link {
	r.links++
	l := &link{key: key, at: at}
	if r.linked++; r.linked <= maxProblems {
		l.path = r.pathText()
	}
	return l
}
