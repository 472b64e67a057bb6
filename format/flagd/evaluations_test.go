package flagd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lendingtest"
)

func load(t testing.TB, document string) *rules {
	t.Helper()
	compiled, err := decode([]byte(document), false)
	require.NoError(t, err)
	return compiled
}

func loadFile(t testing.TB) *rules {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("testdata", "flags.flagd.json"))
	require.NoError(t, err)
	return load(t, string(document))
}

func TestEvaluations(t *testing.T) {
	lendingtest.Poison(t)
	document, err := os.ReadFile(filepath.Join("testdata", "flags.flagd.json"))
	require.NoError(t, err)
	at := time.Unix(1_790_000_001, 0)
	compiled := lendingtest.Rules(t, Format, document, at)
	raw, err := os.ReadFile(filepath.Join("testdata", "evaluations.json"))
	require.NoError(t, err)
	var cases []struct {
		Name    string           `json:"name"`
		Flag    string           `json:"flag"`
		Type    string           `json:"type"`
		Context map[string]any   `json:"context"`
		Reason  becket.Reason    `json:"reason"`
		Error   becket.ErrorCode `json:"error"`
		Variant string           `json:"variant"`
		Value   any              `json:"value"`
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			subject := subjectOf(c.Context)
			want, ok := kinds[c.Type]
			require.True(t, ok || c.Type == "Any")
			got := compiled.Evaluate(c.Flag, want, &subject, nil)
			assert.Equal(t, c.Reason, got.Reason)
			if c.Error != "" {
				require.NotNil(t, got.Err)
				assert.Equal(t, c.Error, got.Err.Code)
			} else {
				assert.Nil(t, got.Err)
			}
			if c.Value == nil {
				assert.Nil(t, got.Variant)
				return
			}
			require.NotNil(t, got.Variant)
			assert.Equal(t, c.Variant, got.Variant.Name)
			value, err := json.Marshal(got.Variant.Value.Any())
			require.NoError(t, err)
			expected, err := json.Marshal(c.Value)
			require.NoError(t, err)
			assert.JSONEq(t, string(expected), string(value))
			if want != becket.KindAny && want != becket.KindFloat {
				assert.Equal(t, want, got.Variant.Value.Kind())
			}
		})
	}
}

func TestOnlyFractionalIsTracked(t *testing.T) {
	compiled := loadFile(t)
	subject := becket.NewSubject("user-1", becket.String("plan", "low"))
	assert.True(t, compiled.Evaluate("split", becket.KindInt, &subject, standing).Track)
	assert.False(t, compiled.Evaluate("limit", becket.KindInt, &subject, standing).Track)
	assert.False(t, compiled.Evaluate("static", becket.KindBool, &subject, standing).Track)
}

// The assignments are flagd core's own.
func TestFractionalAssignsAsFlagdDoes(t *testing.T) {
	compiled := loadFile(t)
	for key, want := range map[string]string{
		"user-1": "z", "user-2": "z", "a": "y", "b": "y", "c": "z", "d": "x", "e": "y", "f": "y",
		"3f2504e0-4f89-11d3-9a0c-0305e82c3301": "z", "użytkownik-7": "x", "größe": "z",
	} {
		subject := becket.NewSubject(key)
		got := compiled.Evaluate("split", becket.KindInt, &subject, standing)
		require.NotNil(t, got.Variant, key)
		assert.Equal(t, want, got.Variant.Name, key)
	}
}

func TestRulesReadTheAttributesOfTheSubject(t *testing.T) {
	subject := becket.NewSubject("user-1",
		becket.String("key", "not the targeting key"),
		becket.Time("since", time.Date(2026, 11, 1, 12, 0, 0, 500_000_000, time.FixedZone("", 3600))),
		becket.Int("age", 31), becket.Bool("beta", true), becket.Strings("roles", "dev", "ops"),
		becket.Any("address",
			map[string]any{
				"country": "DE", "lines": []any{"a", "b"}, "geo": map[string]any{"lat": 1.5}, "none": nil,
				"empty": map[string]any{},
			}),
		becket.Any("orders", []any{map[string]any{"id": 7}, nil}),
		becket.Any("twice", map[string]any{"a": 1}), becket.String("twice", "text"),
		becket.String("bad", "a\xffb"),
	)
	for path, want := range map[string]string{
		"key": `"not the targeting key"`, "targetingKey": `"user-1"`, "since": `"2026-11-01T11:00:00.5Z"`, "age": `31`,
		"beta": `true`, "roles": `["dev","ops"]`, "roles.1": `"ops"`, "address.country": `"DE"`,
		"address.lines.1": `"b"`, "address.geo": `{"lat":1.5}`, "address.geo.lat": `1.5`, "address.none": `null`,
		"address.empty": `{}`, "address.country.x": `null`,
		"address": `{"country":"DE","empty":{},"geo":{"lat":1.5},"lines":["a","b"],"none":null}`,
		"orders":  `[{"id":7},null]`, "orders.0.id": `7`, "twice": `"text"`, "twice.a": `null`, "nobody": `null`,
		"bad":    `"a` + "�" + `b"`,
		"$flagd": `{"flagKey":"f","timestamp":1790000000}`, "$flagd.nobody": `null`,
	} {
		t.Run(path, func(t *testing.T) {
			c := compiler{}
			n := c.compile(parsed(map[string]any{"var": path}))
			e := evaluation{subject: &subject, at: standing, key: "f"}
			d := e.eval(&n)
			got, err := json.Marshal(d.any())
			require.NoError(t, err)
			assert.False(t, e.failed)
			assert.Equal(t, want, string(got))
		})
	}
	c := compiler{}
	n := c.compile(parsed(map[string]any{"var": ""}))
	e := evaluation{subject: &subject, at: standing, key: "f"}
	all := e.eval(&n)
	for _, name := range []string{
		"key", "targetingKey", "since", "age", "beta", "roles", "address", "orders", "twice", "bad", "$flagd",
	} {
		direct := c.compile(parsed(map[string]any{"var": name}))
		assert.Equal(t, e.eval(&direct).any(), all.member(name).any(), name)
	}
	assert.Len(t, all.more.members, 11)
}

func TestTheClockIsReadOnlyForRulesThatDependOnTime(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "flags.flagd.json"))
	require.NoError(t, err)
	var looks atomic.Int64
	clock := func() time.Time { looks.Add(1); return time.Now() }
	client, err := becket.New(becket.Bytes(document), becket.WithFormat(Format), becket.WithBootstrap(document),
		becket.WithClock(clock))
	require.NoError(t, err)
	view := client.For(becket.NewSubject("user-1", becket.String("email", "a@example.com")))
	require.NoError(t, client.Close()) // from now on only evaluations look at the clock
	before := looks.Load()
	for _, key := range []string{"static", "greeting", "split", "limit", "self"} {
		require.Nil(t, view.Resolve(key, becket.KindAny).Err, key)
		assert.Equal(t, before, looks.Load(), key)
	}
	view.Resolve("hour", becket.KindAny)
	assert.Greater(t, looks.Load(), before)
}
