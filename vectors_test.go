package becket_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// The tables of testdata/vectors/evaluation; the README beside them describes the format.
type (
	vectorFile struct {
		About  string
		Groups []vectorGroup
	}
	vectorGroup struct {
		Name     string
		Document json.RawMessage
		Rows     []vectorRow
	}
	vectorRow struct {
		Name       string
		Flag       string
		Ask        string
		Fallback   any
		Key        string
		Attributes map[string]any
		At         string
		Age        string
		Want       struct {
			Value                                 any
			Variant, Rule, Reason, Error, Missing string
		}
	}
)

const vectorInstant = "2026-11-15T12:00:00Z" // where a row names none

func TestEvaluationVectorsHold(t *testing.T) {
	t.Parallel()
	for name, file := range vectorFiles(t) {
		for _, group := range file.Groups {
			t.Run(name+"/"+group.Name, func(t *testing.T) {
				t.Parallel()
				rules, err := becket.Native.Decode(group.Document)
				require.NoError(t, err)
				require.Empty(t, rules.Info().Bad, "the documents of the vectors are valid")
				require.Empty(t, rules.Info().Warnings)
				for _, row := range group.Rows {
					got := evaluateVector(t, rules, &row)
					assert.Equalf(t, wanted(&row), got, "%s, group %q, row %q: %s",
						name, group.Name, row.Name, describe(&row))
				}
			})
		}
	}
}

func TestEvaluationVectorsCoverEachOperatorThreefold(t *testing.T) {
	t.Parallel()
	rows, outcomes := 0, map[string]map[string]int{}
	for name, file := range vectorFiles(t) {
		for _, group := range file.Groups {
			rows += len(group.Rows)
			operators := operatorsOf(t, group.Document)
			seen := map[string]bool{}
			for _, row := range group.Rows {
				assert.Falsef(t, seen[row.Name], "%s, group %q: two rows are named %q", name, group.Name, row.Name)
				seen[row.Name] = true
				for _, operator := range operators[row.Flag] {
					if outcomes[operator] == nil {
						outcomes[operator] = map[string]int{}
					}
					outcomes[operator][row.Want.Variant]++
				}
			}
		}
	}
	assert.GreaterOrEqual(t, rows, 450)
	for _, operator := range []string{
		"in", "not_in", "contains", "starts_with", "ends_with", "matches", "lt", "lte", "gt", "gte", "before", "after",
		"newer_than", "older_than",
		"semver", "cidr",
	} {
		for _, outcome := range []string{"true", "false", "unknown"} {
			assert.GreaterOrEqualf(t, outcomes[operator][outcome], 2, "rows in which %s is %s", operator, outcome)
		}
	}
	assert.GreaterOrEqual(t, outcomes["exists"]["true"], 2)
	assert.GreaterOrEqual(t, outcomes["exists"]["false"], 2)
	assert.Zero(t, outcomes["exists"]["unknown"], "the result of exists is never unknown")
	t.Logf("%d rows; by operator: %v", rows, outcomes)
}

// answer is the result of an evaluation, in the words of the vectors.
type answer struct {
	Value                                 any
	Variant, Rule, Reason, Error, Missing string
}

func wanted(row *vectorRow) answer {
	w := &row.Want
	return answer{plain(w.Value), w.Variant, w.Rule, w.Reason, w.Error, w.Missing}
}

// compared clears the fields that the row does not state, so that the others can be compared at
// once.
func (a answer) compared(row *vectorRow) answer {
	if row.Want.Missing == "" {
		a.Missing = ""
	}
	if a.Error != "" {
		a.Rule = ""
	}
	return a
}

var vectorKinds = map[string]becket.Kind{
	"boolean": becket.KindBool, "string": becket.KindString, "integer": becket.KindInt, "float": becket.KindFloat,
	"object": becket.KindObject,
}

func evaluateVector(t *testing.T, rules becket.Rules, row *vectorRow) answer {
	t.Helper()
	age := time.Duration(0)
	if row.Age != "" {
		var err error
		age, err = time.ParseDuration(row.Age)
		require.NoError(t, err)
	}
	kind, ok := vectorKinds[row.Ask]
	require.True(t, ok, row.Ask)
	subject := vectorSubject(t, row)
	r := rules.Evaluate(row.Flag, kind, &subject, becket.MomentAt(vectorTime(t, row.At), age))
	a := answer{Value: plain(row.Fallback), Rule: r.Rule, Reason: string(r.Reason), Missing: r.Missing}
	if r.Variant != nil {
		a.Variant, a.Value = r.Variant.Name, plain(r.Variant.Value.Any())
	}
	if r.Err != nil {
		a.Error = string(r.Err.Code)
	}
	return a.compared(row)
}

// plain makes values comparable, independently of their decoder: integral numbers become int64,
// other numbers float64.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return plain(f)
	case int:
		return int64(v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return int64(v)
		}
		return v
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[name] = plain(member)
		}
		return object
	default:
		return v
	}
}

func vectorSubject(t *testing.T, row *vectorRow) becket.Subject {
	t.Helper()
	var attributes []becket.Attribute
	for name, value := range row.Attributes {
		attributes = append(attributes, vectorAttribute(t, name, value))
	}
	return becket.NewSubject(row.Key, attributes...)
}

func vectorAttribute(t *testing.T, name string, value any) becket.Attribute {
	t.Helper()
	switch value := value.(type) {
	case string:
		return becket.String(name, value)
	case bool:
		return becket.Bool(name, value)
	case json.Number:
		if strings.ContainsAny(value.String(), ".eE") {
			f, err := value.Float64()
			require.NoError(t, err)
			return becket.Float(name, f)
		}
		i, err := value.Int64()
		require.NoError(t, err)
		return becket.Int64(name, i)
	case []any:
		texts := make([]string, len(value))
		for i := range value {
			texts[i] = as[string](t, value[i])
		}
		return becket.Strings(name, texts...)
	default:
		return vectorObject(t, name, as[map[string]any](t, value))
	}
}

func vectorObject(t *testing.T, name string, object map[string]any) becket.Attribute {
	t.Helper()
	if text, ok := object["$time"]; ok {
		return becket.Time(name, vectorTime(t, as[string](t, text)))
	}
	if text, ok := object["$float"]; ok {
		f, err := strconv.ParseFloat(as[string](t, text), 64)
		require.NoError(t, err)
		return becket.Float(name, f)
	}
	return becket.Any(name, goValue(t, object))
}

// goValue turns decoded JSON into a value that a program would pass to [becket.Any].
func goValue(t *testing.T, value any) any {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, member := range value {
			members[name] = goValue(t, member)
		}
		return members
	case json.Number:
		return plain(value)
	default:
		return value
	}
}

// as is a type assertion that fails the test instead of panicking.
func as[T any](t *testing.T, value any) T {
	t.Helper()
	typed, ok := value.(T)
	require.Truef(t, ok, "%v is a %T", value, value)
	return typed
}

func vectorTime(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		text = vectorInstant
	}
	instant, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return instant
}

// operatorsOf returns the operators in the condition of each flag that shows its condition's value
// as its variant.
func operatorsOf(t *testing.T, document []byte) map[string][]string {
	t.Helper()
	var ruleset struct {
		Flags map[string]struct {
			Rules []struct {
				Name string
				If   map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(document, &ruleset))
	operators := map[string][]string{}
	for key, flag := range ruleset.Flags {
		if len(flag.Rules) != 2 || flag.Rules[0].Name != "true" || flag.Rules[0].If["attribute"] == nil {
			continue
		}
		var found []string
		for field := range flag.Rules[0].If {
			if field != "attribute" && field != "ignore_case" {
				found = append(found, field)
			}
		}
		if len(found) == 1 { // a range does not say which operator decided
			operators[key] = found
		}
	}
	return operators
}

func vectorFiles(t *testing.T) map[string]*vectorFile {
	t.Helper()
	paths, err := filepath.Glob("testdata/vectors/evaluation/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	files := map[string]*vectorFile{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		decoder.DisallowUnknownFields()
		file := &vectorFile{}
		require.NoError(t, decoder.Decode(file), path)
		require.ErrorIs(t, decoder.Decode(&struct{}{}), io.EOF, path)
		files[filepath.Base(path)] = file
	}
	return files
}

func describe(row *vectorRow) string {
	text, err := json.Marshal(map[string]any{
		"key": row.Key, "attributes": row.Attributes, "at": row.At, "age": row.Age, "ask": row.Ask, "flag": row.Flag,
	})
	if err != nil {
		return err.Error()
	}
	return string(text)
}
