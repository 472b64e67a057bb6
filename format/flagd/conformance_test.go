package flagd

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lendingtest"
)

// suite returns the folder of flagd's conformance data, which is not part of this repository. If
// the data is missing, the test is skipped, or fails in continuous integration.
func suite(t *testing.T) string {
	t.Helper()
	root := os.Getenv("BECKET_SUITES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "suites")
	}
	folder := filepath.Join(root, "flagd")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the conformance data are not there: %v; set BECKET_SUITES", err)
		}
		t.Skipf("the conformance data are not there: %v; set BECKET_SUITES", err)
	}
	return folder
}

// goldenCase is one evaluation and its answer.
type goldenCase struct {
	Key    string         `json:"key"`
	Type   string         `json:"type"`
	Ctx    map[string]any `json:"ctx"`
	Expect struct {
		Reason        becket.Reason    `json:"reason"`
		Variant       *string          `json:"variant"`
		Value         any              `json:"value"`
		Error         becket.ErrorCode `json:"error"`
		CallerDefault bool             `json:"callerDefault"`
	} `json:"expect"`
}

// subjectOf converts an evaluation context to a subject.
func subjectOf(context map[string]any) becket.Subject {
	key, _ := context[targetingKeyName].(string)
	attributes := make([]becket.Attribute, 0, len(context))
	for name, value := range context {
		if name != targetingKeyName {
			attributes = append(attributes, becket.Any(name, value))
		}
	}
	return becket.NewSubject(key, attributes...)
}

var kinds = map[string]becket.Kind{
	"Boolean": becket.KindBool, "String": becket.KindString, "Integer": becket.KindInt, "Int": becket.KindInt,
	"Float": becket.KindFloat, "Object": becket.KindObject,
}

// standing is a moment at which the data do not look.
var standing = becket.MomentAt(time.Unix(1_790_000_000, 0), 0)

func TestGoldenSuite(t *testing.T) {
	folder := filepath.Join(suite(t), "golden")
	document, err := os.ReadFile(filepath.Join(folder, "flags.json"))
	require.NoError(t, err)
	lendingtest.Poison(t)
	compiled := lendingtest.Rules(t, Format, document, standing.Now())
	file, err := os.Open(filepath.Join(folder, "cases.jsonl"))
	require.NoError(t, err)
	defer file.Close()

	passed := 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for line := 1; lines.Scan(); line++ {
		var c goldenCase
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
		if checkGolden(t, line, compiled, &c) {
			passed++
		}
	}
	require.NoError(t, lines.Err())
	assert.GreaterOrEqual(t, passed, 3796, "the suite has as many cases")
	t.Logf("%d golden cases passed", passed)
}

func checkGolden(t *testing.T, line int, compiled becket.Rules, c *goldenCase) bool {
	t.Helper()
	want, ok := kinds[c.Type]
	require.True(t, ok, "type %s", c.Type)
	subject := subjectOf(c.Ctx)
	got := compiled.Evaluate(c.Key, want, &subject, standing)
	name, value := "", any(nil)
	if got.Variant != nil {
		name = got.Variant.Name
		value = got.Variant.Value.Any()
		if i, ok := value.(int64); ok {
			value = float64(i)
		}
	}
	var code becket.ErrorCode
	if got.Err != nil {
		code = got.Err.Code
	}
	ok = assert.Equal(t, c.Expect.Reason, got.Reason, "line %d: %s for %v", line, c.Key, c.Ctx) &&
		assert.Equal(t, c.Expect.Error, code, "line %d: %s for %v", line, c.Key, c.Ctx)
	if c.Expect.Variant == nil {
		return ok && assert.Nil(t, got.Variant, "line %d: %s for %v", line, c.Key, c.Ctx)
	}
	return ok && assert.NotNil(t, got.Variant, "line %d: %s for %v", line, c.Key, c.Ctx) &&
		assert.Equal(t, *c.Expect.Variant, name, "line %d: %s for %v", line, c.Key, c.Ctx) &&
		assert.Equal(t, c.Expect.Value, value, "line %d: %s for %v", line, c.Key, c.Ctx)
}

func TestJsonLogicSuite(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(suite(t), "jsonlogic", "cases.json"))
	require.NoError(t, err)
	var cases []any
	require.NoError(t, json.Unmarshal(raw, &cases))
	passed := 0
	for _, one := range cases {
		c, ok := one.([]any)
		if !ok {
			continue // a heading
		}
		got, ok := run(c[0], c[1])
		if assert.True(t, ok, "%v fails", c[0]) && assert.Equal(t, c[2], got, "%v of %v", c[0], c[1]) {
			passed++
		}
	}
	assert.GreaterOrEqual(t, passed, 186, "the suite has as many cases")
	t.Logf("%d JsonLogic cases passed", passed)
}

// run evaluates a rule with any data. The data may not be an object.
func run(rule, data any) (result any, ok bool) {
	c := compiler{}
	n := c.compile(parsed(rule))
	e := evaluation{at: standing, inner: true, data: datumOf(data)}
	d := e.eval(&n)
	if !e.weigh(&d) {
		return nil, false
	}
	return d.any(), true
}

func TestPositiveDocumentsOfTheSchemasLoad(t *testing.T) {
	folder := filepath.Join(suite(t), "schemas", "test")
	loaded := 0
	for _, kind := range []string{"flags", "flagd", "targeting"} {
		names, err := filepath.Glob(filepath.Join(folder, kind, "positive", "*.json"))
		require.NoError(t, err)
		for _, name := range names {
			document, err := os.ReadFile(name)
			require.NoError(t, err)
			if kind == "targeting" {
				document = targetingDocument(t, document)
			}
			compiled, err := Format.Decode(document)
			require.NoError(t, err, name)
			assert.Empty(t, unexpectedWarnings(compiled), name)
			assert.NotZero(t, compiled.Info().Flags, name)
			loaded++
		}
	}
	assert.GreaterOrEqual(t, loaded, 18)
}

var unknownEvaluator = regexp.MustCompile(`unknown evaluator "some-ref"`)

// unexpectedWarnings leaves out references to evaluators that a document of targeting alone cannot
// have.
func unexpectedWarnings(compiled becket.Rules) []error {
	var unexpected []error
	for _, warning := range compiled.Info().Warnings {
		if !unknownEvaluator.MatchString(warning.Error()) {
			unexpected = append(unexpected, warning)
		}
	}
	return unexpected
}

// targetingDocument puts each rule of a document of rules into a flag of its own.
func targetingDocument(t *testing.T, raw []byte) []byte {
	t.Helper()
	var rule map[string]any
	require.NoError(t, json.Unmarshal(raw, &rule))
	delete(rule, "$schema")
	list, isList := rule["*"].([]any)
	if !isList {
		list = []any{rule}
	}
	flags := make([]any, len(list))
	for i := range list {
		flags[i] = map[string]any{
			"key": "flag-" + string(rune('a'+i%26)) + string(rune('a'+i/26)), "state": "ENABLED",
			"variants": map[string]any{"on": true}, "defaultVariant": "on", "targeting": list[i],
		}
	}
	document, err := json.Marshal(map[string]any{"flags": flags})
	require.NoError(t, err)
	return document
}
