package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const manyStates = `{"schema": 1, "segments": {"staff": {}}, "flags": {
	"broken": {"rulez": [], "enabled": 1},
	"colour": {"owner": "Growth", "tags": ["design"], "variants": {"red": 1, "blue": 2},
		"default": {"split": {"red": 1, "blue": 1}}},
	"menu\u202ex": {"owner": "growth", "description": "A\nmenu", "default": "on", "expires": "2026-11-21"},
	"search": {"owner": "search", "rules": [{"percent": 20, "serve": "on"}], "expires": "2026-11-22"},
	"old": {"enabled": false, "permanent": true},
	"ramp": {"rules": [{"ramp": {"steps": [{"at": "2026-12-01T00:00:00Z", "percent": 50}]}, "serve": "on"}]}
}}`

func TestListShowsAllFlagsInTheOrderOfTheirKeys(t *testing.T) {
	code, output, findings := command(t, func(e *env) { e.stdin = strings.NewReader(manyStates) }, "list", "-")
	assert.Equal(t, exitFinding, code)
	assert.Len(t, strings.Split(strings.TrimSpace(findings), "\n"), 2)
	assert.Contains(
		t,
		findings,
		"stdin:2:13: error: flags.broken: unknown field \"rulez\" (did you mean \"rules\"?) [invalid]\n",
	)
	assert.Equal(
		t,
		`FLAG           STATE                                                                OWNER   EXPIRES               DESCRIPTION
broken         invalid: unknown field "rulez" (did you mean "rules"?) (and 1 more)
colour         experiment red/blue 50/50                                            Growth
"menu\u202ex"  on for everybody                                                     growth  2026-11-21 (expired)  A menu
old            off                                                                          permanent
ramp           ramp: 0 % now and 50 % from 2026-12-01
search         20 % of all                                                          search  2026-11-22

6 flags: 1 on, 1 off, 1 share, 1 ramp, 1 experiment, 1 invalid; 1 expired
`,
		output,
	)
}

func TestListFindsFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--owner growth":                   "colour menu",
		"--owner growth --owner search":    "colour menu search",
		"--owner=":                         "broken old ramp",
		"--state invalid":                  "broken",
		"--state share,ramp":               "ramp search",
		"--expired":                        "menu",
		"--expired --at 2026-11-23":        "menu search",
		"--expired --at 2026-11-21":        "",
		"--search DESIGN":                  "colour",
		"-s menu":                          "menu",
		"-s red/blue":                      "colour",
		"--state on,share --owner search":  "search",
		"--state ramp --at 2026-12-01":     "",
		"--state share --at 2026-12-01":    "ramp search",
		"--search search --state=on":       "",
		"--search rulez --state=invalid":   "broken",
		"--state off --search OLD --owner": "usage",
	} {
		t.Run(args, func(t *testing.T) {
			line := append([]string{"list", "-", "--json"}, strings.Fields(args)...)
			code, output, stderr := command(t, func(e *env) { e.stdin = strings.NewReader(manyStates) }, line...)
			if want == "usage" {
				assert.Equal(t, exitUsage, code)
				return
			}
			assert.Equal(t, strings.Contains(want, "broken"), code == exitFinding, stderr)
			var flags []listed
			require.NoError(t, json.Unmarshal([]byte(output), &flags))
			got := []string{}
			for _, f := range flags {
				got = append(got, strings.TrimSuffix(f.Flag, "\u202ex"))
			}
			assert.Equal(t, strings.Fields(want), got)
		})
	}
	code, output := onText([]byte(manyStates), "list", "-", "--expired", "--at", "2026-11-21")
	assert.Equal(t, exitGood, code)
	assert.Equal(t, "0 of 6 flags\n", output)
	code, output = onText([]byte(manyStates), "list", "-", "--state", "onn")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, output, `must be one of "on","off","share"`)
}

func TestListFitsTheTerminal(t *testing.T) {
	for _, width := range []int{50, 80, 120} {
		_, stdout, _ := command(
			t,
			func(e *env) { e.width, e.stdin = width, strings.NewReader(manyStates) },
			"list",
			"-",
		)
		for line := range strings.Lines(stdout) {
			if !strings.Contains(line, "6 flags") {
				assert.LessOrEqual(t, uniseg.StringWidth(strings.TrimSpace(line)), width, line)
			}
		}
	}
}

func TestListReadsEveryFormatAndNotation(t *testing.T) {
	for _, file := range []string{
		"configcat.json", "flagd.json", "folder", "commented.jsonc", "broken.yaml", "broken.jsonc", "bad-folder",
	} {
		code, stdout, stderr := command(t, nil, "list", rulesFile(file))
		assert.Equal(t, strings.HasPrefix(file, "b"), code == exitFinding, stderr)
		assert.Contains(t, stdout, "flag", file)
	}
	code, _, stderr := command(t, nil, "list", rulesFile("not-json.json"))
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "not valid JSON")
}

// The numbers of flags and the keys are those of the library, and no document makes a verb panic.
func TestEveryDocumentIsListedAndDescribed(t *testing.T) {
	documents, _ := corpus(t)
	for _, document := range documents {
		_, stdout, _ := command(t, func(e *env) { e.stdin = bytes.NewReader(document) }, "list", "-", "--json")
		if stdout == "" {
			continue // the document is refused
		}
		var flags []listed
		require.NoError(t, json.Unmarshal([]byte(stdout), &flags))
		for _, f := range flags[:min(len(flags), 10)] {
			code, output := onText(document, "describe", "--rules", "-", "--", f.Flag)
			if f.Error != "" {
				assert.Equal(t, exitFinding, code, "%s %s", f.Flag, output)
				continue
			}
			assert.Equal(t, exitGood, code, "%q %s", f.Flag, output)
			assert.Contains(t, output, f.State.Text)
			assert.NotContains(t, output, "%!")
		}
	}
}
