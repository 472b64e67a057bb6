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

	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// examples reads docs/findings.md. It returns the JSON of each section by the section's finding.
func examples(t *testing.T) (names []string, documents map[string]string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "findings.md"))
	require.NoError(t, err)
	documents = map[string]string{}
	for section := range strings.SplitSeq(string(page), "\n## ") {
		name, text, _ := strings.Cut(section, "\n")
		if _, example, ok := strings.Cut(text, "```json"); ok {
			names = append(names, name)
			_, example, _ = strings.Cut(example, "\n")
			documents[name], _, _ = strings.Cut(example, "```")
		}
	}
	return names, documents
}

func TestThePageOfFindingsExplainsEveryFinding(t *testing.T) {
	names, _ := examples(t)
	var known []string
	for i := range lint.Names {
		known = append(known, lint.Names[i].Name)
	}
	assert.Equal(t, known, names)
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
			found := checkText(t, documents[name], silence)
			require.NotEmpty(t, found)
			for _, f := range found {
				assert.Equal(t, name, f.Name, f.String())
				assert.Positive(t, f.Line)
			}
			assert.Empty(t, checkText(t, documents[name], append(silence, name)), "silenced by its name")
		})
	}
}

// checkText checks a document as the command does, and returns its findings.
func checkText(t *testing.T, document string, silence []string) (found []report.Finding) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	e := &env{
		ctx: t.Context(), stdout: &stdout, stderr: &stderr,
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
	args := []string{"check", path, "--json"}
	if len(silence) > 0 {
		args = append(args, "--silence", strings.Join(silence, ","))
	}
	code := run(e, args)
	require.Empty(t, stderr.String())
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &found))
	assert.Equal(t, len(found) > 0, code == exitFinding)
	return found
}
