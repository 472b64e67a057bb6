package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everyVerb holds a command line of each verb. FILE stands for the input.
var everyVerb = map[string][]string{
	"check":      {"check", "FILE", "--live", "flags.json"},
	"fmt":        {"fmt", "FILE"},
	"build":      {"build", "FILE", "--revision", "1"},
	"init":       {"init", "FILE.jsonc"},
	"list":       {"list", "FILE"},
	"describe":   {"describe", "a", "-r", "FILE"},
	"eval":       {"eval", "a", "-r", "FILE"},
	"explain":    {"explain", "a", "-r", "FILE"},
	"simulate":   {"simulate", "a", "-r", "FILE", "--subjects", "500000"},
	"diff":       {"diff", "flags.json", "FILE", "--subjects", "500000", "--fail-over", "1%"},
	"gen go":     {"gen", "go", "FILE"},
	"usage":      {"usage", "-C", "shop", "-r", "FILE"},
	"serve":      {"serve", "FILE", "--addr", "127.0.0.1:0"},
	"publish":    {"publish", "FILE", "--to", "dir:flags.json", "--dry-run", "--subjects", "1000"},
	"live":       {"live", "https://cdn.example.com/FILE"},
	"off":        {"off", "a", "-r", "FILE", "--dry-run", "--subjects", "1000"},
	"on":         {"on", "a", "-r", "FILE", "--dry-run", "--subjects", "1000"},
	"set":        {"set", "a", "percent", "20", "-r", "FILE", "--subjects", "1000"},
	"promote":    {"promote", "a", "FILE", "flags.json", "--dry-run", "--subjects", "1000"},
	"revert":     {"revert", "FILE", "flags.json", "--dry-run", "--subjects", "1000"},
	"keygen":     {"keygen", "-W", "-s", "FILE.key", "-p", "FILE.pub"},
	"sign":       {"sign", "FILE"},
	"verify":     {"verify", "FILE"},
	"completion": {"completion", "bash"},
}

// leaves returns the verbs of the command line.
func leaves(t *testing.T) (paths []string) {
	t.Helper()
	var commands cli
	parser, err := newParser(&env{}, &commands)
	require.NoError(t, err)
	for _, leaf := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(leaf.FullPath(), "becket ")
		if leaf.Type == kong.CommandNode {
			paths = append(paths, name)
		}
	}
	return paths
}

// writeInputs writes documents into a copy of testdata/rules, which becomes the current folder.
func writeInputs(t *testing.T) (names []string) {
	t.Helper()
	folder := copyOf(t, "testdata/rules")
	requireLibrary(t, filepath.Join(folder, "shop", "go.mod"))
	t.Chdir(folder)
	const good = `{"schema": 1, "revision": 50, "flags": {"a": {"rules": [{"percent": 50, "serve": "on"}]}}}`
	for name, text := range map[string]string{
		"good.json":    good,
		"warned.json":  strings.Replace(good, `"percent"`, `"until": "2020-01-01T00:00:00Z", "percent"`, 1),
		"bad.json":     `{"schema": 1, "revision": 51, "flags": {"a": {"enabled": 1}, "b": {"enabled": true}}}`,
		"refused.json": `{"schema": 2, "flags": {}}`,
		"words.json":   "# not JSON\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		names = append(names, name)
	}
	return names
}

// lineFor puts the input into a command line.
func lineFor(args []string, file string) []string {
	line := make([]string, len(args))
	for i := range args {
		line[i] = strings.ReplaceAll(args[i], "FILE", file)
	}
	return line
}

// runAtTerminal runs a verb as if at a terminal. serve is interrupted when it serves.
func runAtTerminal(t *testing.T, args []string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &firstWords{until: "serving", found: cancel}
	code, _, stderr = command(t, func(e *env) {
		e.ctx, e.stdout, e.coloured, e.progress, e.transport = ctx, out, true, true, folderOnline{}
	}, args...)
	return code, out.text, stderr
}

// Each verb writes JSON to both streams, whatever its input is. Only a file of its own stays as it
// is: a ruleset, Go code, a script of the shell.
func TestEveryVerbWritesJSONForEveryInput(t *testing.T) {
	verbs := leaves(t)
	require.NotEmpty(t, verbs)
	inputs := append(writeInputs(t), "missing.json", "folder")
	for _, verb := range verbs {
		args, known := everyVerb[verb]
		if !assert.True(t, known, "add a command line of %q to the table", verb) {
			continue
		}
		for _, file := range inputs {
			t.Run(verb+" of "+file, func(t *testing.T) {
				code, stdout, stderr := runAtTerminal(t, append(lineFor(args, file), "--json"))
				assert.Contains(t, []int{exitGood, exitFinding, exitUsage}, code)
				jsonValues(t, stderr)
				if verb != "gen go" && verb != "completion" || code != exitGood {
					jsonValues(t, stdout)
				}
				if code != exitGood {
					assert.NotEmpty(t, stdout+stderr, "it says why")
				}
			})
		}
		t.Run(verb+" used wrongly", func(t *testing.T) {
			code, stdout, stderr := runAtTerminal(t, append(strings.Fields(verb), "--frobnicate", "--json"))
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout)
			require.Len(t, jsonValues(t, stderr), 1)
			assert.Contains(t, stderr, `{"error":"`)
		})
	}
}

// A mistake of a document has one form and one stream in each verb: standard output where findings
// are the result, and else standard error.
func TestMistakesHaveOneFormInEveryVerb(t *testing.T) {
	writeInputs(t)
	form := regexp.MustCompile(`^\S+\.json(:\d+:\d+)?: (error|warning|note): \S.* \[[a-z-]+\]$`)
	for verb, args := range everyVerb {
		// these read no ruleset
		if slices.Contains([]string{"init", "keygen", "completion", "verify"}, verb) {
			continue
		}
		for _, file := range []string{"bad.json", "refused.json", "words.json"} {
			if verb == "fmt" && file != "words.json" { // it lays out every JSON
				continue
			}
			t.Run(verb+" of "+file, func(t *testing.T) {
				code, stdout, stderr := runAtTerminal(t, lineFor(args, file))
				assert.Equal(t, exitFinding, code)
				result, other := stderr, stdout
				if verb == "check" || verb == "usage" || verb == "live" {
					result, other = stdout, stderr
				}
				found := 0
				for line := range strings.Lines(result) {
					if form.MatchString(strings.TrimSuffix(line, "\n")) && strings.Contains(line, "error: ") {
						found++
					}
				}
				assert.Positive(t, found, result)
				assert.NotContains(t, other, "[invalid]")
			})
		}
	}
}
