package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/testdata/mistakes"
)

// checked returns the findings of becket check in a document that is in a file with the given name.
func checked(t *testing.T, name, document string) (findings []report.Finding) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(document), 0o600))
	_, stdout, stderr := command(t, nil, "check", file, "--json")
	require.Empty(t, stderr, name)
	require.NoError(t, json.Unmarshal([]byte(stdout), &findings), stdout)
	return findings
}

// invalid returns the findings that are errors of the library.
func invalid(findings []report.Finding) (errors []report.Finding) {
	for _, f := range findings {
		if f.Name == report.Invalid {
			errors = append(errors, f)
		}
	}
	return errors
}

// toYAML writes a JSON document as YAML, in lines and with quotes around its texts.
func toYAML(t *testing.T, document string) string {
	t.Helper()
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(document), &root))
	var unfold func(n *yaml.Node)
	unfold = func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode {
			n.Style = 0
		}
		for _, inner := range n.Content {
			unfold(inner)
		}
	}
	unfold(&root)
	text, err := yaml.Marshal(&root)
	require.NoError(t, err)
	return string(text)
}

func TestCheckSaysWhatToWriteInsteadOfAFirstMistake(t *testing.T) {
	for _, m := range mistakes.All() {
		found := checked(t, "rules.json", m.Before)
		if errors := invalid(found); len(errors) == 0 {
			// The command reads comments and trailing commas, which the library refuses.
			require.Contains(t, []string{"a comment", "a comma after the last member"}, m.Name)
			assert.Equal(t, lint.NeedsBuild, found[0].Name)
			assert.Equal(t, []int{m.Line, m.Column}, []int{found[0].Line, found[0].Column}, m.Name)
		} else if m.Advice != "" {
			assert.True(t, strings.HasSuffix(errors[0].Message, ": "+m.Advice), "%s: %s", m.Name, errors[0].Message)
			assert.Equal(t, m.Line, errors[0].Line, m.Name)
		} else {
			assert.Equal(t, m.Message, errors[0].Message, m.Name)
			assert.Equal(t, m.Path, errors[0].Path, m.Name)
			assert.Equal(t, []int{m.Line, m.Column}, []int{errors[0].Line, errors[0].Column}, m.Name)
		}
		assert.Empty(t, invalid(checked(t, "rules.json", m.After)), m.Name)
	}
}

func TestCheckSaysTheSameAboutAMistakeInYAML(t *testing.T) {
	both := 0
	for _, m := range mistakes.All() {
		if !json.Valid([]byte(m.Before)) {
			continue // the mistake is one of JSON itself
		}
		both++
		errors := invalid(checked(t, "rules.yaml", toYAML(t, m.Before)))
		require.NotEmpty(t, errors, m.Name)
		assert.Equal(t, m.Message, errors[0].Message, m.Name)
		assert.Equal(t, m.Path, errors[0].Path, m.Name)
		assert.Positive(t, errors[0].Line, m.Name)
		assert.Empty(t, invalid(checked(t, "rules.yaml", toYAML(t, m.After))), m.Name)
	}
	assert.Greater(t, both, 50)
}

func TestWordsOfYAMLThatOlderReadersTakeForBooleansStayTexts(t *testing.T) {
	const document = `
schema: 1
flags:
  no:
    variants: {on: "1", off: "2", yes: "3", no: "4"}
    default: no
    off: off
    rules:
      - {if: {attribute: country, in: [NO, no, ON, Yes, y]}, serve: on}
      - {if: {attribute: "off", in: Off}, serve: {split: {yes: 1, no: 1}}}
      - {every: {days: [mon], from: 09:00, until: 17:30}, from: 2026-12-01T00:00:00Z, serve: yes}
`
	assert.Empty(t, invalid(checked(t, "rules.yaml", document)))
	for text, message := range map[string]string{
		"enabled: yes": `expected a boolean, found a text: write true`,
		"enabled: off": `expected a boolean, found a text: write false`,
		"default: yes": `the flag has no variant "yes"`,
		"default: true": `expected a variant's name or {"split": …}, found a boolean: ` +
			`a variant is served by its name: write "on"`,
		"default: “on”":                      `the flag has no variant "“on”": write "on"`,
		"expires: 01.12.2026":                `"01.12.2026" is not a date: write "2026-12-01"`,
		"rules: [{percent: 20%, serve: on}]": `expected a number, found a text: write 20`,
		"rules: [{serve: on, if: {attribute: version, semver: 1.10}}]": `expected a text, found a number: write "1.10"`,
	} {
		errors := invalid(checked(t, "rules.yaml", "schema: 1\nflags:\n  new-checkout:\n    "+text+"\n"))
		require.NotEmpty(t, errors, text)
		assert.Equal(t, message, errors[0].Message, text)
	}
}

func TestAMistakeOfYAMLItselfHasARemedy(t *testing.T) {
	for text, advice := range map[string]string{
		"flags:\n\tnew-checkout: {}\n": ": write spaces instead of tabs",
		"flags:\n  a:\n    description: new: old\n": ": write quotes around " +
			"a text with a colon, and one more space for each level",
		"flags:\n  a:\n    owner: @payments\n": ": write quotes around the text",
	} {
		errors := invalid(checked(t, "rules.yaml", "schema: 1\n"+text))
		require.NotEmpty(t, errors, text)
		assert.True(t, strings.HasSuffix(errors[0].Message, advice), "%q", errors[0].Message)
		assert.Positive(t, errors[0].Line, text)
	}
}
