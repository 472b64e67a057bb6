package native

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/match"
)

// looker is a builder that looks at definitions while they are good to be looked at.
type looker struct {
	flag    func(f *Flag) (problem string)
	segment func(s *Segment)
	members map[string][]Member
}

func (l *looker) Compiler() Compiler { return l }

func (l *looker) Flag(f *Flag) (compiled any, problem string) {
	if l.flag == nil {
		return f.Key, ""
	}
	return f.Key, l.flag(f)
}

func (l *looker) Segment(s *Segment) (compiled any) {
	if l.segment != nil {
		l.segment(s)
	}
	return s.Key
}

func (l *looker) Add(_ *Document, section string, members [][]Member) {
	if l.members == nil {
		l.members = map[string][]Member{}
	}
	for _, some := range members {
		l.members[section] = append(l.members[section], some...)
	}
}

// read reads a document that is good as a whole.
func (l *looker) read(t *testing.T, body string) *Document {
	t.Helper()
	d, problems := Read([]byte(body), 1, l)
	require.Empty(t, problems)
	return d
}

func flagsOf(flags string) string { return `{"schema": 1, "flags": {` + flags + `}}` }

func TestSchemaRevisionAndEnvironmentOfADocumentAreRead(t *testing.T) {
	t.Parallel()
	d := (&looker{}).read(t, `{"schema": 1, "revision": 7, "environment": "test", "flgs": {}, "flags": {}}`)
	assert.Equal(t, int64(7), d.Revision)
	assert.Equal(t, "test", d.Environment)
	require.Len(t, d.Warnings, 1)
	assert.Equal(t, Problem{"", 1, 53, `unknown field "flgs" (did you mean "flags"?) is ignored`}, *d.Warnings[0])
	assert.Equal(t, &Problem{"flags.a", 1, 4, "gone"}, d.Problem(3, "flags.a", "gone"))
}

func TestAFlagIsReadWithItsDefaults(t *testing.T) {
	t.Parallel()
	looked := 0
	(&looker{flag: func(f *Flag) string {
		looked++
		assert.True(t, f.Enabled)
		assert.True(t, f.Implied)
		assert.Equal(t, Bool, f.Kind)
		assert.Equal(t, "off", f.Variants[f.Off].Name)
		assert.Equal(t, "off", f.Variants[f.Default.Variant].Name)
		assert.False(t, f.IsAbout)
		require.Len(t, f.Rules, 2)
		assert.Equal(t, "[0]", f.Rules[0].Name)
		assert.Equal(t, "named", f.Rules[1].Name)
		assert.Nil(t, f.Rules[0].If)
		assert.Equal(t, "on", f.Variants[f.Rules[0].Serve.Variant].Name)
		return ""
	}}).read(t, flagsOf(`"a": {"rules": [{"serve": "on"}, {"name": "named", "serve": "off"}]}`))
	assert.Equal(t, 1, looked)
}

func TestVariantsComeInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	(&looker{flag: func(f *Flag) string {
		assert.Equal(t, Float, f.Kind, "one of the numbers is a float")
		require.Len(t, f.Variants, 2)
		assert.Equal(t, "a", f.Variants[0].Name)
		assert.Equal(t, match.IntNumber(2), f.Variants[0].Value.Number())
		assert.Equal(t, `{"b": 0.5, "a": 2}`, string(f.VariantsRaw))
		assert.Equal(t, None, f.Off)
		require.True(t, f.Default.IsSplit)
		require.Len(t, f.Default.Arms, 2)
		assert.Equal(t, "b", f.Default.Arms[0].Name)
		assert.Equal(t, 1, f.Default.Arms[0].Variant)
		assert.Equal(t, 0, f.Default.Arms[1].Variant)
		assert.InDelta(t, 99.5, f.Default.Arms[1].Weight, 0)
		assert.Equal(t, "pepper", f.Default.Salt)
		return ""
	}}).read(t,
		flagsOf(`"f": {"variants": {"b": 0.5, "a": 2}, "default": {"split": {"b": 0.5, "a": 99.5}, "salt": "pepper"}}`))
}

func TestARuleIsReadWithAllItsParts(t *testing.T) {
	t.Parallel()
	body := flagsOf(`"f": {"requires": [{"flag": "g", "in": "on"}], "max_age": "36h", "track": "none", "owner": "payments", "rules": [{
		"from": "2026-01-01T00:00:00Z", "every": {"days": ["mon"], "until": "09:30", "zone": "UTC"},
		"layer": {"name": "page", "from": 10, "to": 20},
		"ramp": {"steps": [{"at": "2026-01-02T00:00:00Z", "percent": 5}], "linear": true}, "by": ["org", "key"],
		"salt": "s", "serve": "on"}]}`)
	(&looker{flag: func(f *Flag) string {
		assert.Equal(t, 36*time.Hour, f.MaxAge)
		assert.Equal(t, TrackNone, f.Track)
		assert.True(t, f.IsAbout)
		assert.Equal(t, "payments", f.About.Owner)
		require.Len(t, f.Requires, 1)
		requirement := *f.Requires[0]
		assert.Equal(t, strings.Index(body, `{"flag": "g"`), requirement.At)
		requirement.At = 0
		assert.Equal(t, Reference{Key: "g", ToFlag: true, Variants: []string{"on"}, Path: "flags.f.requires[0]"},
			requirement)
		require.Len(t, f.Rules, 1)
		r := f.Rules[0]
		assert.True(t, r.HasFrom)
		assert.False(t, r.HasUntil)
		assert.Equal(t, Every{1 << time.Monday, 0, 9*60 + 30, time.UTC}, r.Every)
		assert.Equal(t, Layer{"page", 10, 20}, r.Layer)
		assert.Len(t, r.Ramp.Steps, 1)
		assert.True(t, r.Ramp.Linear)
		assert.False(t, r.HasPercent)
		assert.Equal(t, []string{"org", "key"}, r.By)
		assert.Equal(t, "s", r.Salt)
		return ""
	}}).read(t, body)
}

func TestAConditionIsReadAsATree(t *testing.T) {
	t.Parallel()
	body := flagsOf(`"f": {"rules": [{"serve": "on", "if": {"any": [
		{"attribute": "age", "gte": 18, "ignore_case": true, "not_in": ["X", 1, true]},
		{"not": {"segment": "staff"}},
		{"in": ["on"], "flag": "g"}]}}]}`)
	(&looker{flag: func(f *Flag) string {
		anyOf := f.Rules[0].If
		require.Equal(t, Any, anyOf.Form)
		require.Equal(t, 3, int(anyOf.Count))

		age := anyOf.Parts
		assert.Equal(t, OnAttribute, age.Form)
		assert.Equal(t, "age", age.Attribute)
		require.Equal(t, 2, int(age.Count))
		assert.Equal(t, "gte", age.Tests.Word)
		assert.Equal(t, GreaterOrEqual, age.Tests.Operator)
		assert.Equal(t, Written{strings.Index(body, "18"), []byte("18")}, age.Tests.Written)
		assert.Equal(t, match.IntNumber(18), age.Tests.Number)
		assert.False(t, age.Tests.Fold)
		notIn := age.Tests.Next
		assert.True(t, notIn.Negated && notIn.Fold)
		assert.Equal(t, []Value{textValue("X"), numberValue(match.IntNumber(1)), boolValue(true)}, notIn.List.Values)
		assert.Nil(t, notIn.Next)

		not := age.Next
		require.Equal(t, Not, not.Form)
		assert.Equal(t, InSegment, not.Parts.Form)
		assert.Equal(t, "flags.f.rules[0].if.any[1].not", not.Parts.Reference.Path)
		inFlag := not.Next
		assert.Equal(t, InFlag, inFlag.Form)
		assert.Equal(t, []string{"on"}, inFlag.Reference.Variants)
		assert.Nil(t, inFlag.Next)
		return ""
	}}).read(t, body)
}

func TestEqualListsAreReadOnce(t *testing.T) {
	t.Parallel()
	var lists []*List
	rule := `{"rules": [{"serve": "on", "if": {"attribute": "a", "in": ["DE"]}}]}`
	folded := strings.Replace(rule, `"in"`, `"ignore_case": true, "in"`, 1)
	(&looker{flag: func(f *Flag) string {
		lists = append(lists, f.Rules[0].If.Tests.List)
		return ""
	}}).read(t, flagsOf(`"a": `+rule+`, "b": `+rule+`, "c": `+folded))
	require.Len(t, lists, 3)
	assert.Same(t, lists[0], lists[1])
	assert.True(t, lists[0].IsShared)
	assert.NotSame(t, lists[0], lists[2], "a compiler makes something else of it")
}

func TestDefinitionsReuseMemory(t *testing.T) {
	flag := `{"rules": [{"serve": "on", "if": {"all": [{"attribute": "a", "lt": 1}, {"attribute": "b", "gte": 2, "lte": 3}]}}]}`
	document := func(count int) []byte {
		return []byte(flagsOf(strings.TrimSuffix(strings.Repeat(`"f": `+flag+`,`, count), ",")))
	}
	allocations := func(count int) float64 {
		body := document(count)
		return testing.AllocsPerRun(3, func() { Read(body, 1, &looker{}) })
	}
	const few, many = 100, 1100
	each := (allocations(many) - allocations(few)) / (many - few)
	assert.Less(t, each, 3.0, "a key, and the slice of the test")
}

func TestACompilerCanRejectADefinition(t *testing.T) {
	t.Parallel()
	l := &looker{flag: func(*Flag) string { return "too much" }}
	l.read(t, flagsOf(`"a": {}`))
	require.Len(t, l.members[Flags], 1)
	bad := l.members[Flags][0]
	assert.Nil(t, bad.Compiled)
	assert.Equal(t, &Bad{"a", Written{29, []byte("{}")}, []*Problem{{"flags.a", 1, 30, "too much"}}}, bad.Bad)
}

func TestASegmentIsReadWithItsKeys(t *testing.T) {
	t.Parallel()
	looked := 0
	(&looker{segment: func(s *Segment) {
		looked++
		assert.Equal(t, "staff", s.Key)
		assert.True(t, s.Include.Has("user-1"))
		assert.Zero(t, s.Exclude.Len())
		assert.Equal(t, "plan", s.If.Attribute)
	}}).read(t,
		`{"schema": 1, "flags": {}, "segments": {"staff": {"include": ["user-1"], "if": {"attribute": "plan", "exists": true}}}}`)
	assert.Equal(t, 1, looked)
}

func TestABuilderCanRefuseADocument(t *testing.T) {
	t.Parallel()
	d, problems := Read([]byte(flagsOf(`"a": {}`)), 1, refuser{&looker{}})
	assert.Nil(t, d)
	require.Len(t, problems, 1)
	assert.Equal(t, Problem{"flags", 1, 25, "more than 10000 flags and segments are invalid"}, *problems[0])
}

type refuser struct{ *looker }

func (refuser) Add(d *Document, section string, members [][]Member) {
	d.Refuse(section, members[0][0].At)
}

func TestValuesAreReadWithoutADocument(t *testing.T) {
	t.Parallel()
	values, problems := ReadValues([]byte(`{"a": true, "b": {"c": [1]}, "": 1, "d": null}`))
	require.Len(t, values, 3)
	assert.Equal(t, Variant{At: 1, Name: "a", Value: boolValue(true), Written: Written{6, []byte("true")}}, values[0])
	assert.Equal(t, Value{Text: `{"c": [1]}`, Kind: Object}, values[1].Value)
	var messages []string
	for _, p := range problems {
		messages = append(messages, p.Path+": "+p.Message)
	}
	assert.Equal(t, []string{
		`[""]: the key is empty`, `[""]: the variant's name is empty`, "d: expected a value, found null",
	}, messages)
	_, problems = ReadValues([]byte(`{"a": `))
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0].Message, "not valid JSON")
}
