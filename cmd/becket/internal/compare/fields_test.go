package compare_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/compare"
)

// change is a definition before and after one of its fields changes.
type change struct{ before, after string }

var flagChanges = map[string]change{
	"type": {
		`"type": "integer", "variants": {"on": 1}, "default": "on"`,
		`"type": "float", "variants": {"on": 1}, "default": "on"`,
	},
	"variants":    {`"variants": {"on": 1}, "default": "on"`, `"variants": {"on": 2}, "default": "on"`},
	"enabled":     {`"enabled": true`, `"enabled": false`},
	"off":         {`"off": "on"`, `"off": "off"`},
	"requires":    {`"requires": []`, `"requires": [{"flag": "other", "in": "on"}]`},
	"rules":       {`"rules": []`, `"rules": [{"serve": "on"}]`},
	"default":     {`"default": "on"`, `"default": "off"`},
	"max_age":     {`"max_age": "1d"`, `"max_age": "2d"`},
	"track":       {`"track": "all"`, `"track": "none"`},
	"description": {`"description": "a"`, `"description": "b"`},
	"owner":       {`"owner": "a"`, `"owner": "b"`},
	"tags":        {`"tags": ["a"]`, `"tags": ["b"]`},
	"created":     {`"created": "2026-01-01"`, `"created": "2026-01-02"`},
	"expires":     {`"expires": "2026-01-01"`, `"expires": "2026-01-02"`},
	"permanent":   {`"permanent": true`, `"permanent": false`},
	"metadata":    {`"metadata": {"a": 1}`, `"metadata": {"a": 2}`},
}

var ruleChanges = map[string]change{
	"name":    {`"name": "a"`, `"name": "b"`},
	"if":      {`"if": {"segment": "s"}`, `"if": {"not": {"segment": "s"}}`},
	"from":    {`"from": "2026-01-01T00:00:00Z"`, `"from": "2026-01-02T00:00:00Z"`},
	"until":   {`"until": "2026-01-01T00:00:00Z"`, `"until": "2026-01-02T00:00:00Z"`},
	"layer":   {`"layer": {"name": "l", "from": 0, "to": 40}`, `"layer": {"name": "l", "from": 0, "to": 50}`},
	"percent": {`"percent": 5`, `"percent": 6`},
	"ramp": {
		`"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}]}`,
		`"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}], "linear": true}`,
	},
	"every": {`"every": {"days": ["mon"]}`, `"every": {"days": ["mon"], "zone": "Europe/Berlin"}`},
	"by":    {`"percent": 5, "by": "a"`, `"percent": 5, "by": ["a", "b"]`},
	"salt":  {`"percent": 5, "salt": "a"`, `"percent": 5, "salt": "b"`},
	"serve": {`"serve": "on"`, `"serve": {"split": {"on": 1, "off": 1}}`},
}

var segmentChanges = map[string]change{
	"description": {`"description": "a"`, `"description": "b"`},
	"include":     {`"include": ["a"]`, `"include": ["a", "b"]`},
	"exclude":     {`"exclude": ["a"]`, `"exclude": ["b"]`},
	"if":          {`"if": {"attribute": "c", "exists": true}`, `"if": {"attribute": "c", "exists": false}`},
}

// fieldsOf returns the names of the fields that the schema gives to a kind of definition.
func fieldsOf(t *testing.T, kind string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "schema", "ruleset.v1.json"))
	require.NoError(t, err)
	var schema struct {
		Definitions map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(text, &schema))
	require.NotEmpty(t, schema.Definitions[kind].Properties)
	return slices.Sorted(maps.Keys(schema.Definitions[kind].Properties))
}

// A field that is new in the schema needs a row here, and an edit that tells of its changes.
func TestAChangeOfAnyFieldIsReported(t *testing.T) {
	rule := func(fields string) string {
		if fields != ruleChanges["serve"].before && fields != ruleChanges["serve"].after {
			fields += `, "serve": "on"`
		}
		return `"rules": [{` + fields + `}]`
	}
	assert.Equal(t, fieldsOf(t, "flag"), slices.Sorted(maps.Keys(flagChanges)))
	for field, c := range flagChanges {
		assert.Len(t, edits(t, c.before, c.after), 1, field)
		assert.Empty(t, edits(t, c.before, c.before), field)
	}
	assert.Equal(t, fieldsOf(t, "rule"), slices.Sorted(maps.Keys(ruleChanges)))
	for field, c := range ruleChanges {
		assert.NotEmpty(t, edits(t, rule(c.before), rule(c.after)), field)
		assert.Empty(t, edits(t, rule(c.before), rule(c.before)), field)
	}
	assert.Equal(t, fieldsOf(t, "segment"), slices.Sorted(maps.Keys(segmentChanges)))
	for field, c := range segmentChanges {
		segments := func(fields string) string {
			return `{"schema": 1, "segments": {"s": {` + fields + `}}, "flags": {}}`
		}
		before, after := version(t, segments(c.before)).Native, version(t, segments(c.after)).Native
		assert.Len(t, compare.Segments(before.Segment("s"), after.Segment("s")), 1, field)
	}
}
