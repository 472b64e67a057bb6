package native

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything has a definition for each kind of list that a reader uses again.
var everything = []string{
	`"a": {"variants": {"z": 1, "b": 2.5, "c": 3}, "default": {"split": {"b": 1, "z": 2}}, "off": "c"}`,
	`"b": {"rules": [{"if": {"all": [{"attribute": "n", "gte": 1, "lt": 9}, {"not": {"segment": "s"}}]}, "serve": "on"}, {"serve": "off"}]}`,
	`"c": {"requires": [{"flag": "b", "in": ["on"]}], "rules": [{"by": ["org", "key"], "percent": 5, "serve": {"split": {"on": 1, "off": 3}, "by": "org"}}]}`,
	`"d": {"rules": [{"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}, {"at": "2026-01-02T00:00:00Z", "percent": 50}]}, "serve": "on"}]}`,
	`"e": {"rules": [{"if": {"any": [{"attribute": "t", "in": ["x", "y"], "ignore_case": true}, {"flag": "a", "in": ["z"]}]}, "serve": "on"}]}`,
	`"f": {"rules": [{"if": {"attribute": "t", "in": ["x", 1, true]}, "serve": "on"}, {"if": {"attribute": "v", "semver": ">=1.0.0"}, "serve": "on"}]}`,
	`"g": {"description": "words", "tags": ["t"], "x-note": 1, "rules": [{"every": {"days": ["mon"]}, "serve": "on"}]}`,
}

// TestDefinitionsDoNotDependOnTheirNeighbours compares each flag of a document with the same flag
// in a document where the others are blanks, so that all places are the same.
func TestDefinitionsDoNotDependOnTheirNeighbours(t *testing.T) {
	t.Parallel()
	body := flagsOf(strings.Join(everything, ",\n"))
	all, problems := ReadDefinitions([]byte(body))
	require.Empty(t, problems)
	require.Empty(t, all.Bad)
	require.Len(t, all.Flags, len(everything))
	begin, end := strings.Index(body, everything[0]), strings.LastIndex(body, "}}")
	for i, definition := range everything {
		at := strings.Index(body, definition)
		blanks := strings.Repeat(" ", at-begin) + definition + strings.Repeat(" ", end-at-len(definition))
		alone, problems := ReadDefinitions([]byte(body[:begin] + blanks + body[end:]))
		require.Empty(t, problems)
		require.Len(t, alone.Flags, 1)
		assert.Equal(t, alone.Flags[0], all.Flags[i])
	}
}

func TestDefinitionsKnowTheirPlace(t *testing.T) {
	t.Parallel()
	body := "\xef\xbb\xbf" + `{"schema": 1, "segments": {"s": {"include": ["u"], "if": {"attribute": "a", "exists": true}}}, "flags": {
		"f": {"variants": {"b": [1], "a": [2]}, "default": "a", "rules": [{"percent": 5, "serve": "b"},
		{"ramp": {"steps": [{"at": "2026-01-01T00:00:00+01:00", "percent": 5}]}, "serve": "b"}]}}}`
	d, problems := ReadDefinitions([]byte(body))
	require.Empty(t, problems)
	document := strings.TrimPrefix(body, "\xef\xbb\xbf")
	at := func(text string, w Written) {
		t.Helper()
		assert.Equal(t, strings.Index(document, text), w.At)
		assert.True(t, strings.HasPrefix(string(w.Raw), text), "%s", w.Raw)
	}
	require.Len(t, d.Segments, 1)
	assert.Equal(t, strings.Index(document, `"s"`), d.Segments[0].KeyAt)
	at(`{"include"`, d.Segments[0].Written)
	at("true", d.Segments[0].If.Tests.Written)
	f := d.Flags[0]
	assert.Equal(t, strings.Index(document, `"f"`), f.KeyAt)
	at(`{"variants"`, f.Written)
	assert.Equal(t, "[2]", string(f.Variants[0].Written.Raw))
	assert.Equal(t, strings.Index(document, `"a": [2]`), f.Variants[0].At)
	require.Len(t, f.Rules, 2)
	at(`{"percent": 5, "serve": "b"}`, f.Rules[0].Written)
	at("5", f.Rules[0].Written.Field("percent"))
	assert.Equal(t, 1, f.Rules[1].Index)
	assert.Equal(t, "2026-01-01T00:00:00+01:00", f.Rules[1].Ramp.Steps[0].Written.Field("at").Text())
}

func TestTheReaderFillsInDefaults(t *testing.T) {
	t.Parallel()
	d, problems := ReadDefinitions([]byte(flagsOf(`"f": {"rules": [
		{"percent": 5, "by": "key", "serve": {"split": {"on": 1}, "by": ["key"]}},
		{"percent": 5, "by": ["org", "key"], "salt": "s", "serve": {"split": {"on": 1}, "salt": ""}}]},
		"g": {"variants": {"a": 1}, "default": "a", "track": "all"}`)))
	require.Empty(t, problems)
	f, g := d.Flags[0], d.Flags[1]
	assert.Equal(t, "off", f.Default.Name)
	assert.Equal(t, "off", f.OffName())
	assert.Equal(t, "false", string(f.Variants[0].Written.Raw))
	assert.Equal(t, "splits", f.Track.String())
	assert.Equal(t, "f", f.Rules[0].Salt)
	assert.Equal(t, "f", f.Rules[0].Serve.Salt)
	assert.Nil(t, f.Rules[0].By, "key names the targeting key")
	assert.Nil(t, f.Rules[0].Serve.By)
	assert.Equal(t, "s", f.Rules[1].Salt)
	assert.Empty(t, f.Rules[1].Serve.Salt)
	assert.Equal(t, []string{"org", "key"}, f.Rules[1].By)
	assert.Empty(t, g.OffName())
	assert.Equal(t, "all", g.Track.String())
}

func TestBadDefinitionsAreKeptAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	d, problems := ReadDefinitions([]byte(`{"schema": 1, "segments": {"s": {"if": 1}}, "flags": {
		"good": {}, "bad": {"enabld": true}, "refers": {"rules": [{"if": {"segment": "gone"}, "serve": "on"}]}}}`))
	require.Empty(t, problems)
	require.Len(t, d.Flags, 2)
	assert.Equal(t, "good", d.Flags[0].Key)
	assert.Equal(t, "refers", d.Flags[1].Key, "its references are the caller's business")
	require.Len(t, d.Bad[Flags], 1)
	assert.Equal(t, "bad", d.Bad[Flags][0].Key)
	assert.Equal(t, `{"enabld": true}`, string(d.Bad[Flags][0].Written.Raw))
	require.Len(t, d.Bad[Segments], 1)
	assert.Equal(t, `{"if": 1}`, string(d.Bad[Segments][0].Written.Raw))

	d, problems = ReadDefinitions([]byte(`{"schema": 2, "flags": {}}`))
	assert.Nil(t, d)
	assert.Len(t, problems, 1)
}
