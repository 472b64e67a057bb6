package openfeature_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// conditions returns a document whose flag serves "on" if the condition is true.
func conditions(condition string) string {
	return fmt.Sprintf(`{"schema": 1, "flags": {"f": {"rules": [{"if": %s, "serve": "on"}]}}}`, condition)
}

func TestAttributesKeepTheirMeaning(t *testing.T) {
	type word string
	type object = map[string]any
	instant := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	cases := []struct {
		name      string
		condition string
		context   object
	}{
		{"text", `{"attribute": "a", "in": ["x"]}`, object{"a": "x"}},
		{"named text", `{"attribute": "a", "in": ["x"]}`, object{"a": word("x")}},
		{"boolean", `{"attribute": "a", "in": [true]}`, object{"a": true}},
		{"int", `{"attribute": "a", "in": [7]}`, object{"a": 7}},
		{"int64 beyond float64", `{"attribute": "a", "in": [9007199254740993]}`, object{"a": int64(9007199254740993)}},
		{"int32", `{"attribute": "a", "in": [7]}`, object{"a": int32(7)}},
		{"uint8", `{"attribute": "a", "in": [7]}`, object{"a": uint8(7)}},
		{"float32", `{"attribute": "a", "gt": 0.4, "lt": 0.6}`, object{"a": float32(0.5)}},
		{"integral float64, as JSON numbers arrive", `{"attribute": "a", "in": [7]}`, object{"a": 7.0}},
		{"float64", `{"attribute": "a", "in": [7.5]}`, object{"a": 7.5}},
		{
			"json.Number, integral", `{"attribute": "a", "in": [9007199254740993]}`,
			object{"a": json.Number("9007199254740993")},
		},
		{"json.Number, fraction", `{"attribute": "a", "in": [7.5]}`, object{"a": json.Number("7.5")}},
		{
			"json.Number beyond int64", `{"attribute": "a", "in": [18446744073709551615]}`,
			object{"a": json.Number("18446744073709551615")},
		},
		{
			"json.Number with an exponent", `{"attribute": "a", "in": [10000000000000000000]}`,
			object{"a": json.Number("1e19")},
		},
		{"json.Number beyond 64 bits", `{"attribute": "a", "gt": 1e18}`, object{"a": json.Number("1e30")}},
		{"uint64", `{"attribute": "a", "in": [18446744073709551615]}`, object{"a": uint64(math.MaxUint64)}},
		{"a list with nil", `{"attribute": "a", "in": ["beta"]}`, object{"a": []any{"beta", nil}}},
		{"a map with other keys", `{"attribute": "a.1", "in": ["x"]}`, object{"a": map[any]any{1: "x"}}},
		{"the longer name of two maps", `{"attribute": "a.b.c", "in": ["x"]}`,
			object{"a": object{"b": object{"c": "y"}, "b.c": "z"}, "a.b": object{"c": "x"}}},
		{
			"a name beats a map, be its type unusual", `{"attribute": "a.b", "in": [1]}`,
			object{"a.b": int8(1), "a": &object{"b": 2}},
		},
		{
			"instant", `{"attribute": "a", "before": "2026-03-01T11:00:01Z", "after": "2026-03-01T10:59:59Z"}`,
			object{"a": instant},
		},
		{"pointer to an instant", `{"attribute": "a", "after": "2026-03-01T10:59:59Z"}`, object{"a": &instant}},
		{
			"instant as text", `{"attribute": "a", "after": "2026-03-01T10:59:59Z"}`,
			object{"a": "2026-03-01T12:00:00+01:00"},
		},
		{"list of texts", `{"attribute": "a", "in": ["y"]}`, object{"a": []string{"x", "y"}}},
		{"list of anything", `{"attribute": "a", "in": [2]}`, object{"a": []any{"x", 2.0}}},
		{"nested map", `{"attribute": "a.b.c", "in": ["x"]}`, object{"a": object{"b": object{"c": "x"}}}},
		{
			"a name written out beats a map", `{"attribute": "a.b", "in": ["x"]}`,
			object{"a": object{"b": "y"}, "a.b": "x"},
		},
		{"nil is missing", `{"attribute": "a", "exists": false}`, object{"a": nil}},
		{"the targeting key", `{"attribute": "key", "in": ["user-42"]}`, object{}},
		{"more attributes than fit the stack", `{"attribute": "a", "in": ["x"]}`, many(object{"a": "x"})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := ready(t, conditions(c.condition))
				details, err := client.BooleanValueDetails(t.Context(), "f", false, user("user-42", c.context))
				require.NoError(t, err)
				assert.True(t, details.Value)
				nobody, err := client.BooleanValue(t.Context(), "f", true, user("", object{"a": struct{}{}}))
				require.NoError(t, err)
				assert.Equal(t, c.name == "nil is missing", nobody, "the condition can fail")
			})
		})
	}
}

func many(attributes map[string]any) map[string]any {
	for i := range 40 {
		attributes[fmt.Sprintf("other-%d", i)] = i
	}
	return attributes
}

func TestATargetingKeyThatIsNoTextIsAnAttribute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := ready(t, conditions(`{"attribute": "targetingKey", "in": [7]}`))
		assert.True(t, client.Boolean(t.Context(), "f", false, user("", map[string]any{"targetingKey": 7})))
	})
}

func TestTheContextOfTransactionClientAndAPIMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.bind(t,
			provider.New(loaded(t,
				conditions(`{"all": [{"attribute": "key", "in": ["u"]}, {"attribute": "a", "in": [1]},
			{"attribute": "b", "in": [2]}, {"attribute": "c", "in": [3]}]}`))))
		b.api.SetEvaluationContext(user("", map[string]any{"a": 1, "b": 0}))
		b.client.SetEvaluationContext(user("u", map[string]any{"b": 2, "c": 0}))
		ctx := of.WithTransactionContext(t.Context(), user("", map[string]any{"c": 9}))
		assert.True(t, b.client.Boolean(ctx, "f", false, user("", map[string]any{"c": 3})))
	})
}

func TestPrivateAttributesAreHiddenFromTrackingAndTelemetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tracked provider.Tracking
		p := provider.New(loaded(t, everyType, becket.WithPrivateAttributes("key", "email")),
			provider.WithTracking(func(_ context.Context, e provider.Tracking) { tracked = e }))
		p.Track(t.Context(), "bought", user("user-42", map[string]any{"email": "a@example.com"}),
			of.NewTrackingEventDetails(1))
		assert.Equal(t, becket.Private, tracked.Subject.Key())
		email, _ := tracked.Subject.Attribute("email")
		assert.Equal(t, becket.Private, email.Text())

		d := p.StringEvaluation(t.Context(), "theme", "", of.FlattenedContext{of.TargetingKey: "user-42"})
		assert.Equal(t, becket.Private, d.FlagMetadata[provider.MetaContextID],
			"OpenFeature's telemetry reads the key here")

		bare := provider.New(p.Client(), provider.WithoutFlagMetadata())
		d = bare.StringEvaluation(t.Context(), "theme", "", of.FlattenedContext{of.TargetingKey: "user-42"})
		assert.Equal(t, of.FlagMetadata{provider.MetaContextID: becket.Private}, d.FlagMetadata)
		open := provider.New(loaded(t, everyType), provider.WithoutFlagMetadata())
		assert.Nil(t, open.StringEvaluation(t.Context(), "theme", "", nil).FlagMetadata)
	})
}

func TestMetadataFollowsTheRuleset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving(`{"schema": 1, "revision": 1, "flags": {"f": {"owner": "one"}}}`)
		client := newClient(t, source)
		require.NoError(t, client.Refresh(t.Context()))
		p := provider.New(client)
		assert.Equal(t, "one", p.BooleanEvaluation(t.Context(), "f", false, nil).FlagMetadata["owner"])
		source.serve(`{"schema": 1, "revision": 1, "environment": "e", "flags": {"f": {"owner": "two"}}}`)
		require.NoError(t, client.Refresh(t.Context()))
		metadata := p.BooleanEvaluation(t.Context(), "f", false, nil).FlagMetadata
		assert.Equal(t, of.FlagMetadata{"version": "1", "flagSetId": "e", "owner": "two", "tier": "network"}, metadata,
			"the same revision, another ruleset")
	})
}
