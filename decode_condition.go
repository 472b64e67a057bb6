package becket

import (
	"net/netip"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

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
	"newer_than": {opNewerThan, false}, "older_than": {opOlderThan, false},
}

var conditionFields = []string{
	"attribute", "in", "not_in", "segment", "flag", "all", "any", "not", "ignore_case",
	"contains", "starts_with", "ends_with", "matches", "lt", "lte", "gt", "gte", "before", "after", "semver", "cidr", "exists",
	"newer_than", "older_than",
}

// conditionDraft is a condition whose fields have been read, in whatever order they stood.
type conditionDraft struct {
	at         int
	forms      [2]string // the first ones of attribute, segment, flag, all, any, not that are there
	attribute  *attributeName
	reference  string
	parts      []condition
	tests      []testDraft
	ignoreCase bool
	foldAt     int
}

// testDraft is an operator whose operand is yet to be read, once attribute and ignore_case are known.
type testDraft struct {
	word string
	at   int // of the operand
}

// condition reads a condition. After a problem its result is of no use, and nobody uses it.
func (r *reader) condition() condition {
	d := conditionDraft{at: r.at}
	before, noted := r.failed, len(r.problems)
	firstTest, first := len(r.tests), len(r.conditions)
	r.fieldsOr(conditionFields, func(field string) { r.conditionField(&d, field) }, func(name string, at int) {
		what := "field"
		if d.forms[0] == "attribute" || d.forms[0] == "" {
			what = "operator"
		}
		r.fail(at, "unknown %s %q%s", what, shorten(name), r.suggest(name, conditionFields))
	})
	d.tests = r.tests[firstTest:]
	r.readTests(&d, noted)
	r.tests = r.tests[:firstTest]
	c := condition{}
	if r.failed == before {
		c = r.compileCondition(&d, first)
	}
	r.conditions = r.conditions[:first]
	return c
}

func (r *reader) conditionField(d *conditionDraft, field string) {
	switch field {
	case "attribute":
		d.note(field)
		at := r.at
		if text, ok := r.text(); ok {
			d.attribute = r.attribute(text)
			if text == "" {
				r.fail(at, "the attribute's name is empty")
			}
		}
	case "segment", "flag":
		d.note(field)
		d.reference, _ = r.text()
	case "all", "any":
		d.note(field)
		first, before := len(r.conditions), r.failed
		r.array(func(int) {
			if part := r.condition(); r.failed == before {
				push(&r.conditions, part)
			}
		})
		d.parts = take(&r.conditions, first)
	case "not":
		d.note(field)
		d.parts = []condition{r.condition()}
	case "ignore_case":
		d.foldAt = r.at
		d.ignoreCase, _ = r.boolean()
	default:
		r.tests = append(r.tests, testDraft{field, r.at})
		r.skip()
	}
}

// note notes a form that is there.
func (d *conditionDraft) note(form string) {
	if d.forms[0] == "" {
		d.forms[0] = form
	} else if d.forms[1] == "" {
		d.forms[1] = form
	}
}

// readTests goes back to the operands, and puts a condition for each into r.conditions. The problems from noted on are left in the
// order of the document.
func (r *reader) readTests(d *conditionDraft, noted int) {
	at, end := r.at, r.end
	for _, t := range d.tests {
		r.at = t.at
		r.path = append(r.path, step{name: t.word})
		c := r.test(d, t.word)
		r.conditions = append(r.conditions, c)
		r.up()
	}
	r.at, r.end = at, end
	slices.SortStableFunc(r.problems[noted:], comparePlaces)
}

// test reads the operand of an operator.
func (r *reader) test(d *conditionDraft, word string) condition {
	o := operators[word]
	c := condition{operator: o.operator, negated: o.negated, fold: d.ignoreCase && o.operator.folds(), attribute: d.attribute}
	switch o.operator {
	case opIn:
		c.set = r.set(c.fold)
	case opContains, opStartsWith, opEndsWith:
		c.more = &operand{texts: r.textList()}
		if c.fold {
			c.more.texts = foldAll(c.more.texts)
		}
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		value, _ := r.number()
		c.operand = numeralOf(value)
	case opBefore, opAfter:
		instant, _ := r.instant()
		c.operand = numeralOf(TimeValue(instant.Time()))
	case opNewerThan, opOlderThan:
		c.more = &operand{duration: r.duration()}
	case opExists:
		exists, _ := r.boolean()
		c.negated = !exists
	case opMatches:
		c.more = &operand{pattern: r.pattern(c.fold)}
	case opSemver:
		c.more = r.versionRange()
	case opCIDR:
		c.more = &operand{prefixes: r.prefixes()}
	}
	return c
}

// set reads the operand of in, a scalar or an array of scalars. Small ones that are written alike are shared.
func (r *reader) set(fold bool) *set {
	start, before := r.at, r.failed
	end, _, scalars := span(r.document, start)
	raw := r.document[start:end]
	share := len(raw) <= longestShared && !fold
	if share {
		if s, ok := r.sets[string(raw)]; ok {
			r.pass(end)
			return s
		}
	}
	r.values = slices.Grow(r.values[:0], scalars)
	s := newSet(r.scalars(), fold)
	if share && r.failed == before {
		r.sets[string(raw)] = s
	}
	return s
}

// scalars reads a scalar or an array of scalars, and returns them until the next ones are read.
func (r *reader) scalars() []Value {
	r.values = r.values[:0]
	if r.kind() != '[' {
		r.addScalar()
	} else {
		r.array(func(int) { r.addScalar() })
	}
	return r.values
}

func (r *reader) addScalar() {
	if value, ok := r.scalar(); ok {
		r.values = append(r.values, value)
	}
}

// textList reads a text or an array of texts.
func (r *reader) textList() []string {
	if r.kind() != '[' {
		text, _ := r.text()
		return []string{text}
	}
	r.array(func(int) {
		if text, ok := r.text(); ok {
			push(&r.strings, text)
		}
	})
	return take(&r.strings, 0)
}

func (r *reader) pattern(fold bool) *pattern {
	at := r.at
	text, ok := r.text()
	if !ok {
		return nil
	}
	if len(text) > maxPattern {
		r.fail(at, "the pattern has %d bytes, more than %d", len(text), maxPattern)
		return nil
	}
	p := r.crew.patterns.compile(text, fold)
	if p.problem != "" {
		r.fail(at, "%s", p.problem)
	}
	return p
}

// versionRange reads the operand of semver. Equal ones are shared.
func (r *reader) versionRange() *operand {
	at := r.at
	text, ok := r.text()
	if !ok {
		return nil
	}
	if o, ok := r.versions[text]; ok {
		return o
	}
	versions, err := match.NewConstraint(text)
	if err != nil {
		r.fail(at, "not a version constraint: %v (such as %q)", err, ">=2.1.0 <3.0.0")
		return nil
	}
	o := &operand{versions: versions}
	r.versions[text] = o
	return o
}

// prefixes reads the operand of cidr, as conditions compare it: without zones, v4-in-v6 as v4, host bits cleared.
func (r *reader) prefixes() (prefixes []netip.Prefix) {
	at := r.at
	before := r.failed
	texts := r.textList()
	if r.failed > before {
		return nil
	}
	for _, text := range texts {
		prefix, problem := match.ParsePrefix(text)
		if problem != "" {
			r.fail(at, "%s", problem)
			if r.full() {
				break
			}
			continue
		}
		push(&prefixes, prefix)
	}
	return prefixes
}

// compileCondition turns a draft without problems of its own into a condition. Those of its operators stand in r.conditions from first on.
func (r *reader) compileCondition(d *conditionDraft, first int) condition {
	switch {
	case d.forms[0] == "" && len(d.tests) > 0:
		r.fail(d.at, "%q needs an attribute to act on", d.tests[0].word)
	case d.forms[0] == "":
		r.fail(d.at, "a condition needs one of attribute, segment, flag, all, any, not")
	case d.forms[1] != "":
		r.fail(d.at, "a condition is either %q or %q, not both", d.forms[0], d.forms[1])
	case d.forms[0] == "attribute":
		return r.compileTests(d, first)
	case d.forms[0] == "flag":
		return r.compileFlagCondition(d)
	case len(d.tests) > 0:
		r.fail(d.at, "%q goes with an attribute, not with %q", d.tests[0].word, d.forms[0])
	case d.foldAt > 0:
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	case d.forms[0] == "segment":
		return condition{form: formSegment, more: &operand{link: r.link(d.reference, d.at)}}
	default:
		return condition{form: combinations[d.forms[0]], more: &operand{parts: d.parts}}
	}
	return condition{}
}

var combinations = map[string]form{"all": formAll, "any": formAny, "not": formNot}

// compileFlagCondition reads the "in" of a flag condition, which looks like an operator until all fields are known.
func (r *reader) compileFlagCondition(d *conditionDraft) condition {
	if d.foldAt > 0 {
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	}
	if len(d.tests) != 1 || d.tests[0].word != "in" {
		r.fail(d.at, "a flag condition needs \"in\" with an array of variants, and nothing else")
		return condition{}
	}
	l := r.link(d.reference, d.at)
	l.toFlag = true
	at, end := r.at, r.end
	start := d.tests[0].at
	r.at = start
	r.path = append(r.path, step{name: "in"})
	if r.kind() != '[' {
		r.fail(start, "expected an array of variants")
	}
	for i, v := range r.scalars() {
		if v.kind() != KindString {
			r.failBelow(start, []step{{index: i}}, "the name of a variant is a text, not of type %s", v.kind())
		}
		r.strings = append(r.strings, v.Text())
	}
	l.variants = take(&r.strings, 0)
	r.up()
	r.at, r.end = at, end
	return condition{form: formFlag, more: &operand{link: l}}
}

// compileTests makes one condition of the operators on an attribute, which must all hold.
func (r *reader) compileTests(d *conditionDraft, first int) condition {
	if len(d.tests) == 0 {
		r.fail(d.at, "attribute %q needs an operator, such as \"in\"", shorten(d.attribute.text))
		return condition{}
	}
	tests := r.conditions[first:]
	folds := slices.ContainsFunc(tests, func(c condition) bool { return c.operator.folds() })
	if d.foldAt > 0 && !folds {
		r.fail(d.foldAt, "ignore_case goes with an operator on text")
	}
	if len(tests) == 1 {
		return tests[0]
	}
	return condition{form: formAll, more: &operand{parts: exact(tests)}}
}

// folds reports whether ignore_case means something to the operator.
func (o operator) folds() bool {
	switch o {
	case opIn, opContains, opStartsWith, opEndsWith, opMatches:
		return true
	default:
		return false
	}
}
