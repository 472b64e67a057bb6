package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDescribeBreaksLinesAndWritesJSON(t *testing.T) {
	code, stdout, _ := command(t, func(e *env) { e.width = 40 }, "describe", "banner", "-r", rulesFile("flags.json"))
	assert.Equal(t, exitGood, code)
	for line := range strings.Lines(stdout) {
		assert.LessOrEqual(t, len(strings.TrimSpace(line)), 40, line)
	}
	assert.Contains(t, stdout, "  Everybody else gets red (50 %), green\n  (30 %) or blue (20 %), drawn by their\n  key.")

	code, stdout, stderr := command(t, nil, "describe", "new", "-r", rulesFile("smells.json"), "--json")
	assert.Equal(t, exitGood, code, stderr)
	var d portrait
	require.NoError(t, json.Unmarshal([]byte(stdout), &d))
	assert.Equal(t, "new", d.Key)
	require.Len(t, d.Rules, 1)
	assert.Contains(t, d.Layers[0], "In the layer page, ")
	require.NotEmpty(t, d.Findings)
	for _, f := range d.Findings {
		assert.Equal(t, "new", f.Flag)
	}

	for _, file := range []string{"configcat.json", "flagd.json"} {
		_, list, _ := command(t, nil, "list", rulesFile(file), "--json")
		var flags []listed
		require.NoError(t, json.Unmarshal([]byte(list), &flags))
		code, stdout, stderr = command(t, nil, "describe", flags[0].Flag, "-r", rulesFile(file), "--json")
		assert.Equal(t, exitGood, code, stderr)
		assert.NotContains(t, stdout, "null")
		assert.Contains(t, stdout, "are not put into words; becket explain shows decisions")
	}
}

func TestDescribeNamesUnknownAndInvalidFlags(t *testing.T) {
	for _, verb := range []string{"describe", "simulate"} {
		code, _, stderr := command(t, nil, verb, "new-chekout", "-r", rulesFile("flags.json"))
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, stderr, `flags.json has no flag "new-chekout" (did you mean "new-checkout"?)`)
	}

	code, stdout, stderr := command(t, nil, "describe", "a", "-r", rulesFile("broken.jsonc"))
	assert.Equal(t, exitFinding, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, `the flag "a" is invalid: clients keep its last valid definition`)
	assert.Contains(t, stderr, `unknown field "rulez"`)
	assert.NotContains(t, stderr, `there is no flag "c"`, "that is about another flag")
}
