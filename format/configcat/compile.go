package configcat

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/wording"
)

// compiler compiles nodes into settings. An invalid part becomes a warning. Evaluations that reach
// the invalid part fail.
type compiler struct {
	salt     *string // the config's salt, or nil
	parts    []*segment
	byKey    map[string]*setting
	listed   []*setting
	requires map[*setting][]*required // prerequisites that are not linked yet
	info     becket.RulesInfo
	names    []string // names of rules: "[0]", "[1]", …

	// State of the setting or segment that is being compiled:
	salts  salts
	cost   int64
	refers bool // the setting or segment refers to a segment
	linked []*required

	problems int    // number of reported problems
	scratch  []rule // keeps its memory for the next setting
}

func newCompiler(salt *string) *compiler {
	return &compiler{salt: salt, byKey: map[string]*setting{}, requires: map[*setting][]*required{}}
}

// context sets the salt of hashes in the setting or segment that is compiled next.
func (c *compiler) context(salt string) {
	c.salts = salts{c.salt, salt}
}

// place is a place in the document. It is converted to text only for a problem.
type place struct {
	above     *place
	name      string // used for a member
	index     int    // used for an element
	isElement bool
}

func (p place) member(name string) place { return place{above: &p, name: name} }
func (p place) element(index int) place  { return place{above: &p, index: index, isElement: true} }
func root(section string) place          { return place{name: section} }
func (p *place) String() string          { return string(p.appendTo(nil)) }
func (c *compiler) broken(at place, message string) condition {
	return condition{form: formBroken, err: c.problem(at, "%s", message)}
}

func (p *place) appendTo(b []byte) []byte {
	if p.above != nil {
		b = p.above.appendTo(b)
	}
	if p.isElement {
		return wording.AppendElement(b, p.index)
	}
	return wording.AppendMember(b, p.name)
}

// shorten cuts a long text that a message quotes.
func shorten(text string) string { return match.Shorten(text, 60) }

// errFurther is the error of evaluations that reach a problem that is not reported, because the
// document or the setting has too many problems.
var errFurther = &becket.EvaluationError{
	Code: becket.CodeParseError, Message: becket.ErrParse.Message,
	Cause: &becket.DocumentError{Message: "there are further problems, which are not reported one by one"},
}

// problem records a warning for a place, and returns the error of evaluations that reach the place.
func (c *compiler) problem(at place, format string, args ...any) *becket.EvaluationError {
	const mostWarnings, mostOfOne = 1_000, 100
	if len(c.info.Warnings) >= mostWarnings || c.problems >= mostOfOne {
		return errFurther
	}
	c.problems++
	cause := &becket.DocumentError{Path: at.String(), Message: fmt.Sprintf(format, args...)}
	c.info.Warnings = append(c.info.Warnings, cause)
	return &becket.EvaluationError{Code: becket.CodeParseError, Message: becket.ErrParse.Message, Cause: cause}
}

// integer returns a whole number, in any notation.
func (n *node) integer() (int64, bool) {
	if n.kind != kindNumber {
		return 0, false
	}
	if i, err := strconv.ParseInt(n.text, 10, 64); err == nil {
		return i, true
	}
	f, ok := n.number()
	if !ok || f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// number returns a number. A number beyond float64 is infinite.
func (n *node) number() (float64, bool) {
	if n.kind != kindNumber {
		return 0, false
	}
	f, _ := strconv.ParseFloat(n.text, 64)
	return f, true
}

// shown quotes a value in a message.
func (n *node) shown() string {
	switch n.kind {
	case kindNumber:
		return shorten(n.text)
	case kindText:
		return strconv.Quote(shorten(n.text))
	case 0:
		return "(none)"
	default:
		return "(" + n.kind.String() + ")"
	}
}

// value reads the member of a value that corresponds to a setting's type.
func (n *node) value(kind becket.Kind) (becket.Value, bool) {
	switch kind {
	case becket.KindBool:
		b := n.member("b").kind
		return becket.BoolValue(b == jsontext.KindTrue), b == jsontext.KindTrue || b == jsontext.KindFalse
	case becket.KindString:
		s := n.member("s")
		return becket.StringValue(s.text), s.kind == kindText
	case becket.KindInt:
		i, ok := n.member("i").integer()
		return becket.IntValue(i), ok
	default:
		f, ok := n.member("d").number()
		return becket.FloatValue(f), ok
	}
}

// settings compiles "f".
func (c *compiler) settings(raw []byte) error {
	r := newNodeReader(raw)
	switch r.decoder.PeekKind() {
	case kindNull:
		return nil
	case kindObject:
	default:
		return &becket.DocumentError{Path: "f", Message: "the settings are not an object"}
	}
	r.token()
	bad := 0
	for r.more(jsontext.KindEndObject) {
		key := strings.Clone(r.token().String())
		r.count = 0
		n := r.read()
		if r.err != nil {
			break
		}
		if s := c.add(key, &n, r.count); s.bad {
			bad++
		}
		if bad > maxBad {
			return fmt.Errorf("becket: more than %d settings are invalid", maxBad)
		}
	}
	if r.err != nil {
		return syntaxProblem(r.err)
	}
	c.listBad()
	return nil
}

// add compiles a setting. If two settings have the same key, the last one counts and takes the
// place of the first.
func (c *compiler) add(key string, n *node, count int) *setting {
	s := &setting{key: key, digest: n.digest()}
	c.cost, c.refers, c.linked, c.problems = 1, false, nil, 0
	c.context(key)
	at := root("f")
	at = at.member(key)
	switch {
	case count > maxNodes:
		s.err, s.bad = c.problem(at, "it has more than %d values", maxNodes), true
	case n.kind != kindObject:
		s.err, s.bad = c.problem(at, "a setting must be an object"), true
	default:
		c.setting(s, n, at)
	}
	s.cost, s.refers = c.cost, c.refers || len(c.linked) > 0
	if before := c.byKey[key]; before != nil {
		delete(c.requires, before)
		*before = *s
		s = before
	} else {
		c.byKey[key] = s
		c.listed = append(c.listed, s)
	}
	if len(c.linked) > 0 {
		c.requires[s] = c.linked
	}
	return s
}

// listBad reports the invalid settings.
func (c *compiler) listBad() {
	for _, s := range c.listed {
		if s.bad {
			c.info.Bad = append(c.info.Bad, becket.Bad{Section: "flags", Key: s.key, Err: s.err.Cause})
		}
	}
}

var kinds = [...]becket.Kind{becket.KindBool, becket.KindString, becket.KindInt, becket.KindFloat}

func (c *compiler) setting(s *setting, n *node, at place) {
	number, ok := n.member("t").integer()
	if !ok || number < 0 || number >= int64(len(kinds)) {
		s.err = c.problem(at.member("t"), "unknown type %s", n.member("t").shown())
		return
	}
	s.kind = kinds[number]
	s.served = c.served(s, n, at)
	s.options = c.options(s, n, n, at)
	switch list := n.member("r"); {
	case list.kind == kindArray:
		rules := c.scratch[:0]
		for i := range list.members {
			r := c.rule(s, n, &list.members[i], at.member("r").element(i))
			r.name = c.ruleName(i)
			if rules = append(rules, r); r.ends() {
				break
			}
		}
		s.rules, c.scratch = slices.Clone(rules), rules
	case list.there():
		s.rulesErr = c.problem(at.member("r"), "the rules are not a list")
	}
}

// ends reports whether every evaluation that reaches the rule fails there, so that later rules have
// no effect.
func (r *rule) ends() bool {
	return len(r.conditions) == 0 && (r.err != nil || r.serves && r.served.err != nil)
}

func (c *compiler) ruleName(i int) string {
	for len(c.names) <= i {
		c.names = append(c.names, "["+strconv.Itoa(len(c.names))+"]")
	}
	return c.names[i]
}

func (c *compiler) served(s *setting, n *node, at place) served {
	value, ok := n.member("v").value(s.kind)
	if !ok {
		return served{err: c.problem(at.member("v"), "the value is missing or not of type %s", s.kind)}
	}
	v := served{variant: becket.Variant{Value: value}}
	if id := n.member("i"); id.kind == kindText {
		v.variant.Name = id.text
	}
	return v
}

// options compiles the percentage options of n, which is a setting or one of its rules.
func (c *compiler) options(s *setting, whole, n *node, at place) options {
	o := options{attribute: identifier}
	list := n.member("p")
	switch {
	case list.there() && list.kind != kindArray:
		o.err = c.problem(at.member("p"), "the percentage options are not a list")
		return o
	case len(list.members) == 0:
		return o
	}
	switch attribute := whole.member("a"); {
	case attribute.kind == kindText:
		o.attribute = attribute.text
	case attribute.there():
		o.err = c.problem(at.member("a"), "the attribute's name is not a text")
	}
	sum := 0.0
	o.list = make([]option, len(list.members))
	for i := range list.members {
		c.cost++
		o.list[i] = c.option(s, &list.members[i], at.member("p").element(i))
		sum += o.list[i].share
	}
	if sum < 100 {
		o.uncovered = c.problem(at.member("p"), "the shares add up to %v, less than 100", sum)
	}
	return o
}

func (c *compiler) option(s *setting, n *node, at place) option {
	share, ok := n.member("p").number()
	if !ok || share < 0 {
		return option{err: c.problem(at.member("p"), "%s is not a share", n.member("p").shown())}
	}
	return option{share: share, served: c.served(s, n, at)}
}
