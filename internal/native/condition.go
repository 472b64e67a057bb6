package native

import (
	"bytes"
	"iter"
	"slices"

	"github.com/becketflags/becket/internal/match"
)

// Form is the kind of a condition.
type Form uint8

// The forms of conditions.
const (
	OnAttribute Form = iota // tests of an attribute, which must all be true
	All
	Any
	Not
	InSegment
	InFlag
)

// Condition is a condition of a rule or a segment.
type Condition struct {
	At        int
	Form      Form
	Count     int32 // number of tests or parts
	Attribute string
	Tests     *Test      // the first test; Next leads to the others
	Parts     *Condition // the first part of all, any or not; Next leads to the others
	Reference *Reference // the reference to a flag or a segment
	Next      *Condition
}

// EachPart lists the parts in their order.
func (c *Condition) EachPart() iter.Seq[*Condition] {
	return func(yield func(*Condition) bool) {
		for part := c.Parts; part != nil && yield(part); part = part.Next {
		}
	}
}

// EachTest lists the tests in their order.
func (c *Condition) EachTest() iter.Seq[*Test] {
	return func(yield func(*Test) bool) {
		for t := c.Tests; t != nil && yield(t); t = t.Next {
		}
	}
}

// EachReference lists the references of the condition and of all conditions below it, in their
// order. A nil Condition has none.
func (c *Condition) EachReference() iter.Seq[*Reference] {
	return func(yield func(*Reference) bool) { c.references(yield) }
}

// references calls yield for each reference and reports whether to go on.
func (c *Condition) references(yield func(*Reference) bool) bool {
	if c == nil {
		return true
	}
	if c.Reference != nil && !yield(c.Reference) {
		return false
	}
	for part := range c.EachPart() {
		if !part.references(yield) {
			return false
		}
	}
	return true
}

var conditionFields = []string{
	"attribute", "in", "not_in", "segment", "flag", "all", "any", "not", "ignore_case",
	"contains", "starts_with", "ends_with", "matches", "lt", "lte", "gt", "gte", "before", "after",
	"semver", "cidr", "exists", "newer_than", "older_than",
}

// conditionDraft is a condition that is being read. Its fields may come in any order.
type conditionDraft struct {
	*Condition
	tests int // number of tests
	// the first two fields that were found of attribute, segment, flag, all, any and not
	forms      [2]string
	key        string // key of the flag or segment
	lastTest   *Test
	lastPart   *Condition
	ignoreCase bool
	foldAt     int
}

// condition reads a condition. It returns nil if there is a problem.
func (r *reader) condition() *Condition {
	d := conditionDraft{}
	before, noted := r.failed, len(r.problems)
	conditions, tests, lists := r.conditions.used, r.tests.used, r.scratch.lists.used
	d.Condition = r.conditions.next()
	d.At = r.at
	r.fieldsOr(conditionFields, func(field string) { r.conditionField(&d, field) }, func(name string, at int) {
		r.unknownInCondition(&d, name, at)
	})
	r.readTests(&d, noted)
	if r.failed == before {
		r.checkCondition(&d)
	}
	if r.failed > before {
		r.conditions.rewind(conditions)
		r.tests.rewind(tests)
		r.scratch.lists.rewind(lists)
		return nil
	}
	return d.Condition
}

// unknownInCondition records an unknown field of a condition. The reader is at the field's value.
func (r *reader) unknownInCondition(d *conditionDraft, name string, at int) {
	what := "field"
	if d.forms[0] == "attribute" || d.forms[0] == "" {
		what = "operator"
	}
	if name == "key" && d.forms[0] == "" && r.isComparison() {
		r.fail(at, "unknown field %q%s", name, r.remedyOf("*", name, r.next()))
		return
	}
	advice := r.insteadOf(name, conditionFields)
	switch {
	case advice != "" || r.full():
	case what == "field":
		advice = r.missing("all")
	case d.forms[0] == "" && !r.attributeFollows():
		what, advice = "field", r.remedyOf("*", name, r.next())
	}
	r.fail(at, "unknown %s %q%s", what, match.Brief(name), advice)
}

// isComparison reports whether the next value is probably an operand and not the name of an
// attribute: it is a list, or the condition ends after it.
func (r *reader) isComparison() bool {
	end, _, _ := span(r.document, r.at)
	rest := bytes.TrimLeft(r.document[end:min(end+longestShown, len(r.document))], " \t\r\n")
	return r.kind() == '[' || bytes.HasPrefix(rest, []byte("}"))
}

// attributeFollows reports whether the condition that is being read probably has an "attribute"
// after the next value. It does not look far.
func (r *reader) attributeFollows() bool {
	const far = 512
	end, _, _ := span(r.document, r.at)
	rest, _, complete := bytes.Cut(r.document[end:min(end+far, len(r.document))], []byte("}"))
	return !complete || bytes.Contains(rest, []byte(`"attribute"`))
}

func (r *reader) conditionField(d *conditionDraft, field string) {
	switch field {
	case "attribute":
		d.note(field)
		at := r.at
		if text, ok := r.text(); ok {
			d.Attribute = text
			if text == "" {
				r.fail(at, "the attribute's name is empty")
			}
		}
	case "segment", "flag":
		d.note(field)
		d.key, _ = r.text()
	case "all", "any":
		d.note(field)
		r.array(func(int) { d.add(r.condition()) })
	case "not":
		d.note(field)
		d.add(r.condition())
	case "ignore_case":
		d.foldAt = r.at
		d.ignoreCase, _ = r.boolean()
	default:
		d.addTest(r.tests.next(), field, r.at)
		r.skip()
	}
}

// note records a field that determines the form.
func (d *conditionDraft) note(form string) {
	if d.forms[0] == "" {
		d.forms[0] = form
	} else if d.forms[1] == "" {
		d.forms[1] = form
	}
}

// add adds a part. It ignores nil, the result for a part with a problem.
func (d *conditionDraft) add(part *Condition) {
	switch {
	case part == nil:
		return
	case d.lastPart == nil:
		d.Parts = part
	default:
		d.lastPart.Next = part
	}
	d.lastPart = part
	d.Count++
}

func (d *conditionDraft) addTest(t *Test, word string, at int) {
	t.Word, t.Written.At = word, at
	if d.lastTest == nil {
		d.Tests = t
	} else {
		d.lastTest.Next = t
	}
	d.lastTest = t
	d.tests++
}

// readTests goes back and reads the operands of the tests. It sorts the problems from index noted
// on by their places.
func (r *reader) readTests(d *conditionDraft, noted int) {
	at, end := r.at, r.end
	for t := d.Tests; t != nil; t = t.Next {
		r.at = t.Written.At
		r.path = append(r.path, step{name: t.Word})
		r.test(t, d.ignoreCase)
		r.up()
	}
	r.at, r.end = at, end
	slices.SortStableFunc(r.problems[noted:], comparePlaces)
}

var combinations = map[string]Form{"all": All, "any": Any, "not": Not}

// checkCondition checks a condition whose single fields have no problems.
func (r *reader) checkCondition(d *conditionDraft) {
	switch {
	case d.forms[0] == "" && d.Tests != nil:
		r.fail(d.At, "%q needs an attribute to act on%s", d.Tests.Word, r.missing("attribute"))
	case d.forms[0] == "":
		r.fail(d.At, "a condition needs one of attribute, segment, flag, all, any, not%s", r.missing("form"))
	case d.forms[1] != "":
		r.fail(d.At, "a condition is either %q or %q, not both%s", d.forms[0], d.forms[1], r.missing("all"))
	case d.forms[0] == "attribute":
		r.checkTests(d)
	case d.forms[0] == "flag":
		r.checkFlagCondition(d)
	case d.Tests != nil:
		r.fail(d.At, "%q goes with an attribute, not with %q%s", d.Tests.Word, d.forms[0], r.missing("all"))
	case d.foldAt > 0:
		r.fail(d.foldAt, foldMessage)
	case d.forms[0] == "segment":
		d.Form, d.Reference = InSegment, r.reference(d.key, d.At)
	default:
		d.Form = combinations[d.forms[0]]
	}
}

const foldMessage = "ignore_case goes with an operator on text"

// checkTests checks the operators on an attribute.
func (r *reader) checkTests(d *conditionDraft) {
	if d.Tests == nil {
		r.fail(d.At, "attribute %q needs an operator%s", match.Brief(d.Attribute), r.missing("operator"))
		return
	}
	d.Count = int32(d.tests)
	folds := false
	for t := d.Tests; t != nil; t = t.Next {
		folds = folds || t.Operator.folds()
	}
	if d.foldAt > 0 && !folds {
		r.fail(d.foldAt, foldMessage)
	}
}

// checkFlagCondition turns the fields of a flag condition into a reference. Its "in" was read like
// an operator, because the form is known only after all fields.
func (r *reader) checkFlagCondition(d *conditionDraft) {
	if d.foldAt > 0 {
		r.fail(d.foldAt, foldMessage)
	}
	in := d.Tests
	if d.tests != 1 || in.Word != "in" {
		message := "a flag condition needs \"in\" with an array of variants, and nothing else%s"
		r.fail(d.At, message, r.missing("variants"))
		return
	}
	ref := r.reference(d.key, d.At)
	ref.ToFlag = true
	d.Form, d.Reference, d.Tests = InFlag, ref, nil
	r.below("in", func() {
		if r.document[in.Written.At] != '[' {
			r.fail(in.Written.At, "expected an array of variants%s", r.insteadOfVariants(in.Written))
		}
		for i, v := range in.List.Values {
			if v.Kind != Text {
				message := "the name of a variant is a text, not of type %s"
				r.failBelow(in.Written.At, []step{element(i)}, message, v.Kind)
			}
			push(&r.strings, v.Text)
		}
		ref.Variants = take(&r.strings, 0)
	})
}
