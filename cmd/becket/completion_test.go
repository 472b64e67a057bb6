package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func completion(t *testing.T, shell string) string {
	t.Helper()
	code, stdout, stderr := command(t, nil, "completion", shell)
	require.Equal(t, exitGood, code, stderr)
	return stdout
}

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: its completion is not tested")
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "completion"), []byte(completion(t, "bash")), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "flags.json"), nil, 0o600))
	for line, want := range map[string]string{
		"becket si":                         "simulate sign",
		"becket gen ":                       "go",
		"becket live --cu":                  "--current",
		"becket gen go --pack":              "--package",
		"becket check --si":                 "--silence",
		"becket check --format ":            "auto native configcat flagd",
		"becket check --json --format conf": "configcat",
		"becket eval new-checkout -r fl":    "flags.json",
		"becket check fl":                   "", // bash completes file names itself
		"becket completion ":                "bash zsh fish",
	} {
		t.Run(line, func(t *testing.T) {
			script := exec.Command(bash, "--norc", "-c",
				`. ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _becket; echo "${COMPREPLY[*]}"`, "bash")
			script.Args = append(script.Args, strings.Split(line, " ")...)
			script.Dir = folder
			output, err := script.CombinedOutput()
			require.NoError(t, err, "%s", output)
			for word := range strings.FieldsSeq(want) {
				assert.Contains(t, strings.Fields(string(output)), word)
			}
			if want == "" {
				assert.Empty(t, strings.TrimSpace(string(output)))
			}
			if last := line[strings.LastIndex(line, " ")+1:]; last != "" {
				assert.Len(t, strings.Fields(string(output)), len(strings.Fields(want)))
			}
		})
	}
}

func TestEveryShellKnowsEveryVerb(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := completion(t, shell)
		for _, verb := range []string{
			"check", "fmt", "build", "eval", "explain", "simulate", "diff", "gen", "usage", "serve", "live", "keygen",
			"sign",
			"verify", "completion",
		} {
			assert.Contains(t, script, verb, shell)
		}
		assert.Contains(t, script, "native configcat flagd", "the values of a flag: %s", shell)
	}
	assert.True(t, strings.HasPrefix(completion(t, "zsh"), "#compdef becket\n"), "zsh looks at the first line")
	code, _, stderr := command(t, nil, "completion", "tcsh")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "tcsh")
}
