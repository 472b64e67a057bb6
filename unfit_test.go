package becket

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestADetailNamesTheAttributeThatAnOperatorCannotUse(t *testing.T) {
	t.Parallel()
	rule := func(condition string) string {
		return `{"schema":1,"flags":{"f":{"rules":[{"if":` + condition + `,"serve":"on"}]}}}`
	}
	for _, test := range []struct {
		name, condition string
		attribute       Attribute
		unfit, reason   string
	}{
		{
			"a number passed as text", `{"attribute":"age","gte":18}`, String("age", "31"), "age",
			"gte cannot use this string",
		},
		{
			"a text passed as a number", `{"attribute":"plan","starts_with":["p"]}`, Int("plan", 1), "plan",
			"starts_with cannot use this integer",
		},
		{
			"a version that is none", `{"attribute":"v","semver":">=2"}`, String("v", "new"), "v",
			"semver cannot use this string",
		},
		{
			"an instant that is none", `{"attribute":"at","before":"2026-01-01T00:00:00Z"}`, String("at", "soon"), "at",
			"before cannot use this string",
		},
		{
			"an instant that is none, relative", `{"attribute":"at","newer_than":"1h"}`, Bool("at", true), "at",
			"newer_than cannot use this boolean",
		},
		{"below not", `{"not":{"attribute":"age","lt":18}}`, Bool("age", true), "age", "lt cannot use this boolean"},
		{"an attribute of the right type", `{"attribute":"age","gte":18}`, Int("age", 3), "", ""},
		{"a missing attribute", `{"attribute":"age","gte":18}`, Int("other", 3), "", ""},
		{
			"the rule applies all the same", `{"any":[{"attribute":"age","gte":18},{"attribute":"age","exists":true}]}`,
			String("age", "31"), "", "",
		},
		{
			"the rule fails all the same", `{"all":[{"attribute":"age","gte":18},{"attribute":"age","exists":false}]}`,
			String("age", "31"), "", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := []byte(rule(test.condition))
			client := newTestClient(t, Bytes(document), WithBootstrap(document))
			d := client.For(NewSubject("user-1", test.attribute)).BoolDetail("f", false)
			assert.Equal(t, test.unfit, d.Unfit)
			assert.Equal(t, test.reason, d.UnfitReason)
			assert.NoError(t, d.Err)
		})
	}
}

func TestAnUnfitAttributeAllocatesNothing(t *testing.T) {
	document := []byte(`{"schema":1,"flags":{"f":{"rules":[{"if":{"attribute":"age","gte":18},"serve":"on"}]}}}`)
	client := newTestClient(t, Bytes(document), WithBootstrap(document))
	subject := NewSubject("user-1", Time("age", time.Unix(0, 0)))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if client.For(subject).BoolDetail("f", false).UnfitReason != "gte cannot use this instant" {
			panic("another reason")
		}
	}))
}
