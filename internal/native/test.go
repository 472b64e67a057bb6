package native

import (
	"net/netip"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// Operator is the operator of a test on an attribute.
type Operator uint8

// The operators; "not_in" is In negated.
const (
	In Operator = iota
	Contains
	StartsWith
	EndsWith
	Matches
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Before
	After
	Semver
	CIDR
	Exists
	NewerThan
	OlderThan
)

// operators maps the names of operators in documents.
var operators = map[string]struct {
	operator Operator
	negated  bool
}{
	"in": {In, false}, "not_in": {In, true},
	"contains": {Contains, false}, "starts_with": {StartsWith, false}, "ends_with": {EndsWith, false},
	"matches": {Matches, false},
	"lt":      {Less, false}, "lte": {LessOrEqual, false}, "gt": {Greater, false}, "gte": {GreaterOrEqual, false},
	"before": {Before, false}, "after": {After, false},
	"semver": {Semver, false}, "cidr": {CIDR, false}, "exists": {Exists, false},
	"newer_than": {NewerThan, false}, "older_than": {OlderThan, false},
}

// folds reports whether ignore_case has an effect on the operator.
func (o Operator) folds() bool { return o <= Matches }

// Test is an operator on an attribute with its operand.
type Test struct {
	Word     string
	Written  Written // the operand
	Operator Operator
	Negated  bool // the operator is not_in, or "exists": false
	Fold     bool // ignore_case is set and has an effect
	Next     *Test

	List     *List             // operand of In
	Texts    []string          // operand of Contains, StartsWith and EndsWith, not folded
	Pattern  *match.Pattern    // operand of Matches
	Number   match.Number      // operand of Less, LessOrEqual, Greater and GreaterOrEqual
	Instant  match.Instant     // operand of Before and After
	Versions *match.Constraint // operand of Semver
	Prefixes []netip.Prefix    // operand of CIDR; see [match.ParsePrefix]
	Duration time.Duration     // operand of NewerThan and OlderThan
}

// List is the operand of In.
type List struct {
	Values []Value // texts, numbers and booleans

	// IsShared says that other tests with the same JSON text may have this list too. The [Compiler]
	// may store its own form of a shared list in Compiled.
	IsShared bool
	Compiled any
}

// test reads the operand of an operator.
func (r *reader) test(t *Test, ignoreCase bool) {
	o := operators[t.Word]
	t.Operator, t.Negated = o.operator, o.negated
	t.Fold = ignoreCase && o.operator.folds()
	switch o.operator {
	case In:
		t.List = r.list(t.Fold)
	case Contains, StartsWith, EndsWith:
		t.Texts = r.textList()
	case Less, LessOrEqual, Greater, GreaterOrEqual:
		t.Number, _ = r.number()
	case Before, After:
		t.Instant, _ = r.instant()
	case NewerThan, OlderThan:
		t.Duration = r.duration()
	case Exists:
		exists, _ := r.boolean()
		t.Negated = !exists
	case Matches:
		t.Pattern = r.pattern(t.Fold)
	case Semver:
		t.Versions = r.constraint()
	case CIDR:
		t.Prefixes = r.prefixes()
	}
	t.Written = r.written(t.Written.At)
}

// list reads the operand of in: a scalar or an array of scalars. Short lists with the same JSON
// text are shared.
func (r *reader) list(fold bool) *List {
	start, before := r.at, r.failed
	end, _, scalars := span(r.document, start)
	raw := r.document[start:end]
	if len(raw) > longestShared || fold {
		l := r.scratch.lists.next()
		l.Values = r.scalars(r.values.room(scalars))
		return l
	}
	if l, ok := r.shared.lists[string(raw)]; ok {
		r.pass(end)
		return l
	}
	l := r.keptLists.next()
	l.IsShared = true
	l.Values = r.scalars(r.keptValues.room(scalars))
	if r.failed == before {
		r.shared.lists[string(raw)] = l
	}
	return l
}

// scalars reads a scalar or an array of scalars, and appends the values.
func (r *reader) scalars(values []Value) []Value {
	add := func(int) {
		if value, ok := r.scalar(); ok {
			values = append(values, value)
		}
	}
	if r.kind() != '[' {
		add(0)
	} else {
		r.array(add)
	}
	return values
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

func (r *reader) pattern(fold bool) *match.Pattern {
	at := r.at
	text, ok := r.text()
	if !ok {
		return nil
	}
	if len(text) > maxPattern {
		r.fail(at, "the pattern has %d bytes, more than %d", len(text), maxPattern)
		return nil
	}
	p, problem := r.workers.patterns.compile(text, fold)
	if problem != "" {
		r.fail(at, "%s", problem)
	}
	return p
}

// constraint reads the operand of semver. Equal constraints are shared.
func (r *reader) constraint() *match.Constraint {
	at := r.at
	text, ok := r.text()
	if !ok {
		return nil
	}
	if versions, ok := r.versions[text]; ok {
		return versions
	}
	versions, err := match.NewConstraint(text)
	if err != nil {
		r.fail(at, "not a version constraint: %v (such as %q)", err, ">=2.1.0 <3.0.0")
		return nil
	}
	r.versions[text] = versions
	return versions
}

// prefixes reads the operand of cidr.
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
