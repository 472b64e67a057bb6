package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goodRulesets returns the rulesets that the pages and examples show as good ones: whole documents
// that no page marks as refused.
func goodRulesets(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	rulesets := map[string]string{}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)\n```json(?: document)?\n(\\{.*?\n)```")
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		if filepath.Base(page) == "findings.md" { // it shows rulesets with findings
			continue
		}
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range block.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[1], `"schema": 1`) {
				rulesets[filepath.Base(page)] = found[1]
			}
		}
	}
	for _, pattern := range []string{
		"examples/*/flags.json", "cmd/becket/examples/*/flags.json", "testdata/rulesets/*.json",
	} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			rulesets[strings.TrimPrefix(filepath.ToSlash(file), "../../")] = string(text)
		}
	}
	return rulesets
}

func TestTheRulesetsThatThePagesShowAreClean(t *testing.T) {
	rulesets := goodRulesets(t)
	assert.Contains(t, rulesets, "README.md")
	assert.Contains(t, rulesets, "ruleset.md")
	for name, text := range rulesets {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "flags.json")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			code, stdout, stderr := command(t, nil, "check", "--strict", path)
			assert.Equal(t, exitGood, code, stdout+stderr)
			assert.Contains(t, stdout, "nothing found")
			code, stdout, stderr = command(t, nil, "fmt", "--check", path)
			assert.Equal(t, exitGood, code, stdout+stderr)
		})
	}
}
