package becket_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// blocks returns the fenced blocks of a page that are of one language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	require.NotEmpty(t, found, "%s has no block of %s", page, language)
	return found
}

// lines returns the lines of Go code without indentation, except for lines that an example cannot
// contain.
func lines(code string) []string {
	code = strings.ReplaceAll(code, `"https://cdn.example.com/`, `cdn+"/`)
	var kept []string
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(line)
		switch line {
		case "", "//go:embed flags.json", "var shipped []byte", "func main() {":
		default:
			kept = append(kept, line)
		}
	}
	return kept
}

func TestEverySnippetIsAnExampleThatRuns(t *testing.T) {
	for page, file := range map[string]string{
		"README.md": "example_test.go", "docs/formats.md": "example_format_test.go",
	} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		examples := strings.Join(lines(string(source)), "\n")
		for _, block := range blocks(t, page, "go") {
			// The last bracket of the program closes main.
			snippet := strings.TrimSuffix(strings.Join(lines(block), "\n"), "\n}\n}")
			assert.Contains(t, examples, snippet, page)
		}
	}
}

func TestTheRulesetOfTheReadmeIsValid(t *testing.T) {
	documents := blocks(t, "README.md", "json")
	rules, err := becket.Native.Decode([]byte(documents[0]))
	require.NoError(t, err)
	assert.Empty(t, rules.Info().Bad)
	assert.Empty(t, rules.Info().Warnings)

	require.Len(t, documents, 2)
	require.True(t, json.Valid([]byte(documents[1])))
	rules, err = becket.Native.Decode([]byte(`{"schema": 1, "flags": {"f": {"rules": [` + documents[1] + `]}}}`))
	require.NoError(t, err)
	assert.Empty(t, rules.Info().Bad)
}

func TestTheRulesetsOfTheExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob("testdata/rulesets/*.json")
	require.NoError(t, err)
	more, err := filepath.Glob("examples/*/flags.json")
	require.NoError(t, err)
	require.NotEmpty(t, more)
	for _, file := range append(files, more...) {
		document, err := os.ReadFile(file)
		require.NoError(t, err)
		rules, err := becket.Native.Decode(document)
		require.NoError(t, err, file)
		assert.Empty(t, rules.Info().Bad, file)
		assert.Empty(t, rules.Info().Warnings, file)
	}
}

func TestLinksOfTheReadmeLeadToExistingPages(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
		assert.FileExists(t, match[1])
	}
}
