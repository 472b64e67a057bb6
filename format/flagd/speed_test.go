package flagd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// countries is a list of ten.
const countries = `["DE", "AT", "CH", "FR", "IT", "ES", "PT", "NL", "BE", "LU"]`

// tenRules is a chain of ten conditions, of which none holds.
func tenRules() string {
	rule := `"b"`
	for i := range 10 {
		rule = fmt.Sprintf(`{"if": [{"and": [{"in": [{"var": "country"}, ["X%d", "Y%d", "Z%d", "W%d"]]}, {"sem_ver": [{"var": "version"}, ">=", "1.%d.0"]}]}, "a", %s]}`, i, i, i, i, i, rule)
	}
	return rule
}

// ordinary are rules that must not allocate.
var ordinary = map[string]string{
	"static":             `{}`,
	"== text":            `{"if": [{"==": [{"var": "country"}, "NL"]}, "a", "b"]}`,
	"== number":          `{"if": [{"==": [{"var": "age"}, 31]}, "a", "b"]}`,
	"== of two kinds":    `{"if": [{"==": [{"var": "age"}, "NL"]}, "a", "b"]}`,
	"== missing":         `{"if": [{"==": [{"var": "nobody"}, "NL"]}, "a", "b"]}`,
	"=== and !==":        `{"if": [{"===": [{"var": "age"}, 31]}, {"if": [{"!==": [{"var": "country"}, 1]}, "a", "b"]}]}`,
	"in ten countries":   `{"if": [{"in": [{"var": "country"}, ` + countries + `]}, "a", "b"]}`,
	"in three countries": `{"if": [{"in": [{"var": "country"}, ["DE", "AT", "NL"]]}, "a", "b"]}`,
	"in numbers":         `{"if": [{"in": [{"var": "age"}, [1, 2, 3, 31]]}, "a", "b"]}`,
	"in text":            `{"if": [{"in": ["@example", {"var": "email"}]}, "a", "b"]}`,
	"in an attribute":    `{"if": [{"in": ["dev", {"var": "roles"}]}, "a", "b"]}`,
	"and or !":           `{"if": [{"and": [{"or": [{"!": [{"var": "beta"}]}, {"!": {"var": "nobody"}}]}, {"!!": [{"var": "age"}]}]}, "a", "b"]}`,
	"order":              `{"if": [{"<=": [18, {"var": "age"}, 65]}, "a", "b"]}`,
	"starts_with":        `{"if": [{"starts_with": [{"var": "email"}, "user@"]}, "a", "b"]}`,
	"ends_with":          `{"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "a", "b"]}`,
	"sem_ver":            `{"if": [{"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}, "a", "b"]}`,
	"fractional":         `{"fractional": [["a", 25], ["b", 75]]}`,
	"fractional of text": `{"fractional": [{"var": "email"}, ["a", 25], ["b", 75]]}`,
	"result true":        `{"==": [{"var": "country"}, "NL"]}`,
	"ten rules":          tenRules(),
	"a nested attribute": `{"if": [{"==": [{"var": "address.country"}, "DE"]}, "a", "b"]}`,
	"the time":           `{"if": [{">": [{"var": "$flagd.timestamp"}, 1700000000]}, "a", "b"]}`,
}

func ordinarySubject() becket.Subject {
	return becket.NewSubject("user-42",
		becket.String("country", "NL"), becket.Int("age", 31), becket.Bool("beta", true),
		becket.String("version", "2.9.4-beta"),
		becket.String("email", "user@example.com"), becket.Strings("roles", "ops", "dev"),
		becket.Any("address", map[string]any{"country": "DE"}))
}

func TestOrdinaryRulesAllocateNothing(t *testing.T) {
	subject := ordinarySubject()
	for name, rule := range ordinary {
		t.Run(name, func(t *testing.T) {
			compiled := load(t, flagWith(rule))
			got := compiled.Evaluate("f", becket.KindString, &subject, standing)
			require.NotNil(t, got.Variant)
			assert.Zero(t, testing.AllocsPerRun(100, func() {
				got = compiled.Evaluate("f", becket.KindString, &subject, standing)
			}))
		})
	}
}

func TestErrorsAllocateNothing(t *testing.T) {
	subject := ordinarySubject()
	compiled := loadFile(t)
	for flag, code := range map[string]becket.ErrorCode{
		"nobody": becket.CodeFlagNotFound, "broken": becket.CodeParseError, "static": becket.CodeTypeMismatch,
	} {
		got := compiled.Evaluate(flag, becket.KindString, &subject, standing)
		require.NotNil(t, got.Err)
		assert.Equal(t, code, got.Err.Code)
		assert.Zero(t,
			testing.AllocsPerRun(100, func() { compiled.Evaluate(flag, becket.KindString, &subject, standing) }), flag)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	subject := ordinarySubject()
	for _, name := range []string{
		"static", "== text", "in ten countries", "and or !", "starts_with", "sem_ver", "fractional", "ten rules",
		"a nested attribute",
	} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			compiled := becket.Rules(load(b, flagWith(ordinary[name])))
			b.ReportAllocs()
			for b.Loop() {
				compiled.Evaluate("f", becket.KindString, &subject, standing)
			}
		})
	}
	b.Run("cat_and_map", func(b *testing.B) {
		compiled := becket.Rules(load(b,
			flagWith(`{"if": [{"in": ["x-dev", {"map": [{"var": "roles"}, {"cat": ["x-", {"var": ""}]}]}]}, "a", "b"]}`)))
		b.ReportAllocs()
		for b.Loop() {
			compiled.Evaluate("f", becket.KindString, &subject, standing)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var flags []string
	for i := range 1000 {
		flags = append(flags,
			fmt.Sprintf(`"flag-%d": {"state": "ENABLED", "variants": {"a": true, "b": false}, "defaultVariant": "a", "targeting": %s}`, i, ordinary["in ten countries"]))
	}
	document := []byte(`{"flags": {` + strings.Join(flags, ",") + `}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format.Decode(document); err != nil {
			b.Fatal(err)
		}
	}
}
