package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/usage"
)

// example is the example of a finding: a document, and a configuration or "".
type example struct{ document, config string }

// examples reads docs/findings.md. It returns the example of each section by the section's finding.
func examples(t *testing.T) (names []string, found map[string]example) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "findings.md"))
	require.NoError(t, err)
	found = map[string]example{}
	block := func(text, language string) string {
		_, text, _ = strings.Cut(text, "```"+language)
		_, text, _ = strings.Cut(text, "\n")
		text, _, _ = strings.Cut(text, "```")
		return text
	}
	for section := range strings.SplitSeq(string(page), "\n## ") {
		name, text, _ := strings.Cut(section, "\n")
		if strings.Contains(text, "```json") {
			names = append(names, name)
			found[name] = example{block(text, "json"), block(text, "toml")}
		}
	}
	return names, found
}

func TestThePageOfFindingsExplainsEveryFinding(t *testing.T) {
	names, _ := examples(t)
	var known []string
	for i := range lint.Names {
		known = append(known, lint.Names[i].Name)
	}
	assert.Equal(t, known, names)
}

// severityRows reads the tables of a page whose columns are finding, severity and text. It returns
// the findings in their order and the severities of each.
func severityRows(t *testing.T, page string) (names []string, severities map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	require.NoError(t, err)
	severities = map[string][]string{}
	_, below, found := strings.Cut(string(text), "\n| finding | severity | ")
	require.True(t, found)
	for line := range strings.Lines(below) {
		cells := strings.Split(line, "|")
		isHead := len(names) == 0 && len(cells) == 2 || len(cells) == 5 && strings.HasPrefix(cells[1], "---")
		if isHead {
			continue
		}
		if len(cells) != 5 {
			break
		}
		if name := strings.Trim(cells[1], " `"); name != "" {
			names = append(names, name)
		}
		require.NotEmpty(t, names, line)
		require.NotEmpty(t, strings.TrimSpace(cells[3]), "a reason of %s", line)
		last := names[len(names)-1]
		severities[last] = append(severities[last], strings.TrimSpace(cells[2]))
	}
	return names, severities
}

func TestTheTableOfFindingsHasTheirSeverities(t *testing.T) {
	names, severities := severityRows(t, "findings.md")
	known := []string{report.Invalid}
	want := map[string][]string{report.Invalid: {"error"}}
	assert.Equal(t, addKinds(addKinds(known, want, lint.Names), want, delivery.Names), names)
	assert.Equal(t, want, severities)
	names, severities = severityRows(t, "command.md")
	want = map[string][]string{}
	assert.Equal(t, addKinds(nil, want, usage.Names), names)
	assert.Equal(t, want, severities)
}

// addKinds adds the names and severities of findings.
func addKinds(names []string, severities map[string][]string, kinds report.Kinds) []string {
	for _, kind := range kinds {
		names = append(names, kind.Name)
		severities[kind.Name] = []string{kind.Severity.String()}
		if kind.Lighter {
			severities[kind.Name] = append(severities[kind.Name], report.Warning.String())
		}
	}
	return names
}

func TestEachExampleHasExactlyItsFinding(t *testing.T) {
	names, documents := examples(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			silence := []string{}
			for _, people := range []string{lint.MissingDescription, lint.MissingOwner} {
				if people != name {
					silence = append(silence, people)
				}
			}
			found := checkText(t, documents[name].document, documents[name].config, silence)
			require.NotEmpty(t, found)
			for _, f := range found {
				assert.Equal(t, name, f.Name, f.String())
				_, severities := severityRows(t, "findings.md")
				assert.Contains(t, severities[name], f.Severity.String())
				assert.Positive(t, f.Line)
			}
			assert.Empty(
				t,
				checkText(t, documents[name].document, documents[name].config, append(silence, name)),
				"silenced by its name",
			)
		})
	}
}

// checkText checks a document as the command does, and returns its findings.
func checkText(t *testing.T, document, config string, silence []string) (found []report.Finding) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	folder := t.TempDir()
	path, configPath := filepath.Join(folder, "flags.json"), filepath.Join(folder, "becket.toml")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	require.NoError(t, os.WriteFile(configPath, []byte(config), 0o600))
	e := &env{
		ctx: t.Context(), stdout: &stdout, stderr: &stderr,
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
	args := []string{"check", path, "--json", "--strict", "--config", configPath}
	if len(silence) > 0 {
		args = append(args, "--silence", strings.Join(silence, ","))
	}
	code := run(e, args)
	require.Empty(t, stderr.String())
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &found))
	assert.Equal(t, len(found) > 0, code == exitFinding)
	return found
}

func TestWarningsFailOnlyIfTheUserIsStrict(t *testing.T) {
	folder := copyOf(t, "testdata/rules")
	requireLibrary(t, filepath.Join(folder, "shop", "go.mod"))
	t.Chdir(folder)
	require.NoError(t, os.WriteFile("strict.toml", []byte("[check]\nstrict = true\n"), 0o600))
	const warned = `{"schema": 1, "flags": {"a": {"enabled": false}}}`
	for name, row := range map[string]struct {
		document string
		args     []string
		code     int
	}{
		"warnings":                {warned, nil, exitGood},
		"warnings, --strict":      {warned, []string{"--strict"}, exitFinding},
		"warnings, strict = true": {warned, []string{"--config", "strict.toml"}, exitFinding},
		"silenced warnings, strict": {
			warned, []string{"--strict", "--silence", "missing-owner,missing-description"}, exitGood,
		},
		"an error": {strings.Replace(warned, "false", "1", 1), nil, exitFinding},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(t, reading(row.document), append([]string{"check", "-"}, row.args...)...)
			assert.Equal(t, row.code, code, stderr)
		})
	}
	for _, strict := range []bool{false, true} { // the note of a published document
		args := []string{"check", "flags.json", "--live", "flags.json"}
		if strict {
			args = append(args, "--strict")
		}
		code, stdout, _ := command(t, nil, args...)
		assert.Equal(t, exitGood, code)
		assert.Contains(t, stdout, "note: ")
	}
	require.NoError(t, os.WriteFile("one.json", []byte(warned), 0o600))
	for flag, want := range map[string]int{"": exitGood, "--strict": exitFinding} {
		args := []string{"usage", "-C", "shop", "-r", "one.json", "--silence", "unknown-flag"}
		if flag != "" {
			args = append(args, flag)
		}
		code, stdout, _ := command(t, nil, append(args, "./pages")...)
		assert.Equal(t, want, code, stdout)
	}
}
