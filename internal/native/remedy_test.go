package native

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/testdata/mistakes"
)

// problemsOf returns the problems of a document, or else those of its segments and flags.
func problemsOf(document string) (problems []*Problem) {
	d, refused := ReadDefinitions([]byte(document))
	if len(refused) > 0 {
		return refused
	}
	for _, section := range []string{Segments, Flags} {
		for _, bad := range d.Bad[section] {
			problems = append(problems, bad.Problems...)
		}
	}
	return problems
}

func TestTheMessageAboutAFirstMistakeSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	all := mistakes.All()
	require.Greater(t, len(all), 50)
	names := map[string]bool{}
	for _, m := range all {
		assert.False(t, names[m.Name], "the name %q occurs twice", m.Name)
		names[m.Name] = true
		problems := problemsOf(m.Before)
		if !assert.NotEmpty(t, problems, m.Name) {
			continue
		}
		assert.Equal(t, Problem{m.Path, m.Line, m.Column, m.Message}, *problems[0], m.Name)
		assert.True(t, strings.HasSuffix(m.Message, m.Advice), m.Name)
		assert.Less(t, len(m.Message), MaxMessage, m.Name)
	}
}

func TestADocumentIsValidAfterItsRemedyWasFollowed(t *testing.T) {
	t.Parallel()
	for _, m := range mistakes.All() {
		assert.Empty(t, problemsOf(m.After), m.Name)
		assert.Contains(t, m.Message, m.Paste, m.Name)
		assert.Contains(t, m.Right, m.Paste, m.Name)
	}
}

// fieldsOf has the fields that each place knows.
var fieldsOf = map[string][]string{
	"document": documentFields, "flags.*": flagFields, "rules[]": ruleFields, "condition": conditionFields,
	"segments.*": {"description", "include", "exclude", "if"}, "serve": {"split", "by", "salt"},
	"requires[]": {"flag", "in"}, "layer": {"name", "from", "to"}, "ramp": {"steps", "linear"},
	"steps[]": {"at", "percent"}, "every": {"days", "from", "until", "zone"},
}

// The places at which remedies look only for values of a wrong kind or for unknown words.
var values = []string{
	Flags, Segments, "environment", "type", "variants", "off", "rules", "max_age", "newer_than", "older_than", "track",
	"requires", "percent", "lt", "lte", "gt", "gte", "all", "any", "segment", "in", "not_in", "steps", "days", "zone",
	"instant", "split",
}

func TestEachRemedyCanBeReached(t *testing.T) {
	t.Parallel()
	seen := map[mistake]bool{}
	for _, r := range remedies {
		for in := range strings.FieldsSeq(r.in) {
			fields, known := fieldsOf[in]
			assert.True(t, known || slices.Contains(values, in), "there is no place %q", in)
			for found := range strings.FieldsSeq(r.found) {
				key := mistake{in, bare(found)}
				assert.False(t, seen[key], "%s has two remedies for %q", in, found)
				seen[key] = true
				assert.NotContains(t, fields, found, in)
				assert.True(t, known || strings.ContainsAny(found[:1], "<=-"), "%s has no fields, but %q", in, found)
			}
		}
	}
}

// pasted returns the JSON that an advice says to write, or "" if it does not say so.
func pasted(advice string) string {
	_, text, _ := strings.Cut(advice, "write ")
	for end := len(text); end > 0; end-- {
		part := text[:end]
		if json.Valid([]byte(part)) || json.Valid([]byte("{"+part+"}")) {
			return part
		}
	}
	return ""
}

func TestEachRemedyHasJSONThatCanBePasted(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "null", "true", "20", `"20"`, `"x"`, `["DE"]`, `["a", 1]`, `[[1]]`,
		`[{"segment": "s"}]`, `{"segment": "s"}`, "{}",
	} {
		for _, r := range remedies {
			advice := fillIn(r.advice, "country", []byte(raw))
			assert.NotContains(t, advice, "$", raw)
			if raw == "" && strings.Contains(r.advice, "$raw") {
				continue // a long value is left out
			}
			if strings.Contains(advice, "write ") {
				assert.NotEmpty(t, pasted(advice), "%s: %s", raw, advice)
			}
		}
	}
}

func TestAValueIsConvertedIfItsMeaningIsCertain(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		convert func(text string) string
		texts   map[string]string
	}{
		"numbers": {asNumber, map[string]string{
			"20": "20", "20%": "20", " 20 % ": "20", "5,5": "5.5", "0,25%": "0.25", "-1": "-1",
			"1,000": "", "1.000,5": "",
			"": "", "many": "", "1 2": "", "0x10": "", "007": "", "+1": "", "1,5,5": "", "[1]": "",
			"NaN": "", "1e3": "1e3",
			strings.Repeat("1", 100): "",
		}},
		"booleans": {asBoolean, map[string]string{
			"yes": "true", "ON": "true", "1": "true", "no": "false", "Off": "false", "0": "false", "": "", "maybe": "",
		}},
		"instants": {asInstant, map[string]string{
			"2026-12-01": `"2026-12-01T00:00:00Z"`, "1.12.2026 9:30": `"2026-12-01T09:30:00Z"`,
			"2026-12-01 09:30": `"2026-12-01T09:30:00Z"`, "2026-12-01T09:30+01:00": `"2026-12-01T09:30:00+01:00"`,
			"12/01/2026": "", "01.13.2026": "", "tomorrow": "", "": "", strings.Repeat(" ", 100): "",
		}},
		"dates": {asDate, map[string]string{
			"01.12.2026": `"2026-12-01"`, "2026-12-01T23:00:00Z": `"2026-12-01"`, "1 December 2026": `"2026-12-01"`,
			"31.02.2026": "", "12/01/2026": "",
		}},
		"times of day": {asClock, map[string]string{
			"9:00": `"09:00"`, "9 am": `"09:00"`, "5:30 pm": `"17:30"`, "17.30": `"17:30"`, "17": `"17:00"`,
			"25:00": "", "": "",
		}},
		"days": {asDay, map[string]string{"Monday": `"mon"`, "FRI": `"fri"`, "Montag": "", "": ""}},
	} {
		for text, want := range row.texts {
			assert.Equal(t, want, row.convert(text), "%s: %q", name, text)
		}
	}
}

func TestAdviceDependsOnTheAttributeOfACondition(t *testing.T) {
	t.Parallel()
	condition := func(text string) string {
		problems := problemsOf(flagsOf(`"f": {"rules": [{"if": ` + text + `, "serve": "on"}]}`))
		require.NotEmpty(t, problems, text)
		return problems[0].Message
	}
	const advice = `unknown field "country": write {"attribute": "country", "in": ["DE"]}`
	assert.Equal(t, advice, condition(`{"country": "DE"}`))
	assert.Equal(t, advice, condition(`{"country": {"is": "DE"}}`))
	assert.Equal(t, `unknown operator "country"`, condition(`{"country": "DE", "attribute": "plan"}`))
	assert.Equal(t, `unknown operator "country"`, condition(`{"attribute": "plan", "country": "DE"}`))
	assert.Equal(
		t,
		`unknown field "country": write {"all": [{"segment": "staff"}, {"attribute": "country", "in": ["DE"]}]}`,
		condition(`{"segment": "s", "country": "DE"}`),
	)
	assert.Equal(t, `unknown field "country": write {"attribute": "country", "in": ["DE", "FR"]}`,
		condition("{\"country\": [\"DE\",\n\t\"FR\"]}"), "a message has one line")
	assert.Equal(t, advice, condition("{\"country\": \"\u202e\"}"), "the value cannot be printed")
	long := condition(`{"country": "` + strings.Repeat("x", 1000) + `"}`)
	assert.Equal(t, advice, long, "a long value is not repeated")
}

func TestNamesThatTheDocumentChoosesHaveNoRemedies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`"f": {"variants": {"layer": null, "on": true}, "default": "on"}`,
		`"f": {"metadata": {"ramp": []}}`,
		`"f": {"default": {"split": {"ramp": [], "on": 1}}}`,
	} {
		problems := problemsOf(flagsOf(body))
		require.NotEmpty(t, problems, body)
		assert.NotContains(t, problems[0].Message, "write", body)
	}
}
