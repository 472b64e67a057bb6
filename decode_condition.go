package becket

import (
	"fmt"
	"net/netip"
	"regexp"

	"github.com/becketflags/becket/internal/match"
)

// maxPattern is the longest regular expression, in bytes.
const maxPattern = 4096

// operators are the words of a condition that act on an attribute.
var operators = map[string]struct {
	operator operator
	negated  bool
}{
	"in": {opIn, false}, "not_in": {opIn, true},
	"contains": {opContains, false}, "starts_with": {opStartsWith, false}, "ends_with": {opEndsWith, false},
	"matches": {opMatches, false},
	"lt":      {opLess, false}, "lte": {opLessOrEqual, false}, "gt": {opGreater, false}, "gte": {opGreaterOrEqual, false},
	"before": {opBefore, false}, "after": {opAfter, false},
	"semver": {opSemver, false}, "cidr": {opCIDR, false}, "exists": {opExists, false},
}

var conditionFields = []string{
	"attribute", "in", "not_in", "segment", "flag", "all", "any", "not", "ignore_case",
	"contains", "starts_with", "ends_with", "matches", "lt", "lte", "gt", "gte", "before", "after", "semver", "cidr", "exists",
}

// conditionDraft is a condition whose fields have been read, in whatever order they stood.
type conditionDraft struct {
	at         int64
	forms      []string // those of attribute, segment, flag, all, any, not that are there
	attribute  string
	reference  string
	parts      []condition
	tests      []testDraft
	ignoreCase bool
	foldAt     int64
}

// testDraft is an operator with its operand.
type testDraft struct {
	word     string
	operator operator
	negated  bool
	at       int64
	values   []Value
	raw      []byte // the operand as it stands in the document
	valid    bool
	versions *versionRange
	prefixes []netip.Prefix
}

// condition reads a condition. After a problem its result is of no use, and nobody uses it.
func (r *reader) condition() condition {
	d := conditionDraft{at: r.here()}
	before := len(r.problems)
	r.fieldsOr(conditionFields, func(field string) { r.conditionField(&d, field) }, func(name string, at int64) {
		what := "field"
		if len(d.forms) > 0 && d.forms[0] == "attribute" || len(d.forms) == 0 {
			what = "operator"
		}
		r.fail(at, "unknown %s %q%s", what, name, suggest(name, conditionFields))
	})
	if r.broken != nil || len(r.problems) > before {
		return condition{}
	}
	return r.compileCondition(&d)
}

func (r *reader) conditionField(d *conditionDraft, field string) {
	switch field {
	case "attribute":
		d.forms = append(d.forms, field)
		at := r.here()
		if text, ok := r.text(); ok {
			d.attribute = text
			if text == "" {
				r.fail(at, "the attribute's name is empty")
			}
		}
	case "segment", "flag":
		d.forms = append(d.forms, field)
		d.reference, _ = r.text()
	case "all", "any":
		d.forms = append(d.forms, field)
		r.array(func(int) { d.parts = append(d.parts, r.condition()) })
	case "not":
		d.forms = append(d.forms, field)
		d.parts = append(d.parts, r.condition())
	case "ignore_case":
		d.foldAt = r.here()
		d.ignoreCase, _ = r.boolean()
	default:
		d.tests = append(d.tests, r.test(field))
	}
}

// test reads the operand of an operator.
func (r *reader) test(word string) testDraft {
	o := operators[word]
	t := testDraft{word: word, operator: o.operator, negated: o.negated, at: r.here()}
	before := len(r.problems)
	switch o.operator {
	case opIn:
		t.values = r.scalars()
	case opContains, opStartsWith, opEndsWith, opCIDR:
		t.values = r.textList()
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		t.values = one(r.number())
	case opExists:
		exists, ok := r.boolean()
		t.negated = !exists
		t.values = one(BoolValue(exists), ok)
	default:
		text, ok := r.text()
		t.values = one(StringValue(text), ok)
	}
	if t.valid = r.broken == nil && len(r.problems) == before; t.valid {
		t.raw = r.document[t.at:r.decoder.InputOffset()]
		r.compileOperand(&t)
	}
	return t
}

func one(value Value, ok bool) []Value {
	if !ok {
		return nil
	}
	return []Value{value}
}

// scalars reads a scalar or an array of scalars.
func (r *reader) scalars() (values []Value) {
	if r.broken != nil || r.decoder.PeekKind() != '[' {
		return one(r.scalar())
	}
	r.array(func(int) {
		if value, ok := r.scalar(); ok {
			values = append(values, value)
		}
	})
	return values
}

// textList reads a text or an array of texts.
func (r *reader) textList() (values []Value) {
	if r.broken != nil || r.decoder.PeekKind() != '[' {
		text, ok := r.text()
		return one(StringValue(text), ok)
	}
	r.array(func(int) {
		if text, ok := r.text(); ok {
			values = append(values, StringValue(text))
		}
	})
	return values
}

// compileOperand reads what stands in texts: patterns, versions, prefixes and instants.
func (r *reader) compileOperand(t *testDraft) {
	switch t.operator {
	case opMatches:
		r.checkPattern(t.values[0].Text(), t.at)
	case opSemver:
		versions, err := newVersionRange(t.values[0].Text())
		if err != nil {
			r.fail(t.at, "not a version constraint: %v (such as %q)", err, ">=2.1.0 <3.0.0")
		}
		t.versions = versions
	case opCIDR:
		for _, v := range t.values {
			r.addPrefix(t, v.Text())
		}
	case opBefore, opAfter:
		instant, ok := match.ParseInstant(t.values[0].Text())
		if !ok {
			r.fail(t.at, "%q is no instant of RFC 3339 (such as %q)", shorten(t.values[0].Text()), "2026-12-24T00:00:00Z")
		}
		t.values[0] = TimeValue(instant.Time())
	}
}

func (r *reader) checkPattern(pattern string, at int64) {
	if len(pattern) > maxPattern {
		r.fail(at, "the pattern has %d bytes, more than %d", len(pattern), maxPattern)
		return
	}
	if _, err := regexp.Compile(pattern); err != nil {
		r.fail(at, "%v", err)
	}
}

// addPrefix reads a prefix as conditions compare it: without zone, v4-in-v6 as v4, host bits cleared.
func (r *reader) addPrefix(t *testDraft, text string) {
	prefix, problem := parsePrefix(text)
	if problem != "" {
		r.fail(t.at, "%s", problem)
		return
	}
	t.prefixes = append(t.prefixes, prefix)
}

// compileCondition turns a draft without problems of its own into a condition.
func (r *reader) compileCondition(d *conditionDraft) condition {
	switch {
	case len(d.forms) == 0 && len(d.tests) > 0:
		r.fail(d.at, "%q needs an attribute to act on", d.tests[0].word)
	case len(d.forms) == 0:
		r.fail(d.at, "a condition needs one of attribute, segment, flag, all, any, not")
	case len(d.forms) > 1:
		r.fail(d.at, "a condition is either %q or %q, not both", d.forms[0], d.forms[1])
	case d.forms[0] == "attribute":
		return r.compileTests(d)
	case d.forms[0] == "flag":
		return r.compileFlagCondition(d)
	case len(d.tests) > 0:
		r.fail(d.at, "%q goes with an attribute, not with %q", d.tests[0].word, d.forms[0])
	case d.foldAt > 0:
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	case d.forms[0] == "segment":
		return condition{form: formSegment, more: &operand{link: &link{key: d.reference, at: d.at}}}
	default:
		form := map[string]form{"all": formAll, "any": formAny, "not": formNot}[d.forms[0]]
		return condition{form: form, more: &operand{parts: exact(d.parts)}}
	}
	return condition{}
}

// compileFlagCondition reads the "in" of a flag condition, which looks like an operator until all fields are known.
func (r *reader) compileFlagCondition(d *conditionDraft) condition {
	if d.foldAt > 0 {
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	}
	if len(d.tests) != 1 || d.tests[0].operator != opIn || d.tests[0].negated {
		r.fail(d.at, "a flag condition needs \"in\" with an array of variants, and nothing else")
		return condition{}
	}
	t := &d.tests[0]
	l := &link{key: d.reference, toFlag: true, at: d.at, variants: make([]string, len(t.values))}
	if len(t.raw) == 0 || t.raw[0] != '[' {
		r.failBelow("in", t.at, "expected an array of variants")
	}
	for i, v := range t.values {
		if v.kind != KindString {
			r.failBelow(fmt.Sprintf("in[%d]", i), t.at, "the name of a variant is a text, not of type %s", v.kind)
		}
		l.variants[i] = v.Text()
	}
	return condition{form: formFlag, more: &operand{link: l}}
}

// compileTests makes one condition of the operators on an attribute, which must all hold.
func (r *reader) compileTests(d *conditionDraft) condition {
	if len(d.tests) == 0 {
		r.fail(d.at, "attribute %q needs an operator, such as \"in\"", d.attribute)
		return condition{}
	}
	folds := false
	parts := make([]condition, len(d.tests))
	for i := range d.tests {
		t := &d.tests[i]
		folds = folds || t.folds()
		parts[i] = r.compileTest(d.attribute, t, d.ignoreCase && t.folds())
	}
	if d.foldAt > 0 && !folds {
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return condition{form: formAll, more: &operand{parts: parts}}
}

// folds reports whether ignore_case means something to the operator.
func (t *testDraft) folds() bool {
	switch t.operator {
	case opIn, opContains, opStartsWith, opEndsWith, opMatches:
		return true
	default:
		return false
	}
}

func (r *reader) compileTest(attribute string, t *testDraft, fold bool) condition {
	c := condition{form: formTest, operator: t.operator, negated: t.negated, fold: fold, ofKey: attribute == keyName, attribute: attribute}
	switch t.operator {
	case opIn:
		c.set = r.set(t, fold)
	case opContains, opStartsWith, opEndsWith:
		texts := make([]string, len(t.values))
		for i, v := range t.values {
			texts[i] = v.Text()
		}
		if fold {
			texts = foldAll(texts)
		}
		c.more = &operand{texts: texts}
	case opMatches:
		pattern := t.values[0].Text()
		if fold {
			pattern = "(?i)" + pattern
		}
		c.more = &operand{pattern: regexp.MustCompile(pattern)}
	case opSemver:
		c.more = &operand{versions: t.versions}
	case opCIDR:
		c.more = &operand{prefixes: t.prefixes}
	case opExists:
	default:
		c.operand = t.values[0]
	}
	return c
}

// set returns the operand of in. Small ones that are written alike are shared: the same ten countries stand in many rules.
func (r *reader) set(t *testDraft, fold bool) *set {
	const small = 256
	if len(t.raw) > small || fold {
		return newSet(t.values, fold)
	}
	if s, ok := r.sets[string(t.raw)]; ok {
		return s
	}
	s := newSet(t.values, fold)
	r.sets[string(t.raw)] = s
	return s
}

// exact returns a copy without spare room, since a ruleset is held for long.
func exact[T any](s []T) []T {
	if len(s) == cap(s) {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}
