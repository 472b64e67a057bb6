package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInitWritesARulesetThatIsClean(t *testing.T) {
	for _, row := range []struct{ args, file string }{
		{"", "flags.jsonc"},
		{"my-flags.json --environment production --owner search", "my-flags.json"},
		{"flags.yaml --environment \"a\\\"b\" ", "flags.yaml"},
		{"flags.yml --empty", "flags.yml"},
		{"--empty", "flags.jsonc"},
		{"--empty flags.json", "flags.json"},
		{"'it''s mine.json'", "its mine.json"},
	} {
		t.Run(row.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			output := execute(t, "becket init "+row.args)
			assert.Contains(t, output, "wrote "+row.file+" and .becket.toml\n")
			assert.Contains(t, execute(t, "becket check"), "nothing found in ")
			body, err := os.ReadFile(row.file)
			require.NoError(t, err)
			assert.Contains(t, string(body), "schema/ruleset.v1.json")
			assert.Contains(t, execute(t, "becket build --compact"), `"schema":1,"revision":1,`)
			if strings.HasPrefix(filepath.Ext(row.file), ".json") {
				assert.Empty(t, execute(t, "becket fmt --check '"+row.file+"'"))
			}
			runNext(t, output)

			again := execute(t, "becket init "+row.args)
			assert.Contains(t, again, "exists and stays as it is")
			assert.Contains(t, again, "[exit 2]")
			left, err := os.ReadFile(row.file)
			require.NoError(t, err)
			assert.Equal(t, string(body), string(left))
		})
	}
}

// runNext runs the three commands that init prints. It leaves out serve, which runs until it is
// interrupted.
func runNext(t *testing.T, output string) {
	t.Helper()
	_, next, found := strings.Cut(output, "\nNext:\n")
	require.True(t, found, output)
	commands := strings.Split(strings.TrimSpace(next), "\n")
	require.Len(t, commands, 3)
	for _, line := range commands {
		line, _, _ = strings.Cut(line, "#")
		if strings.Contains(line, "becket serve") {
			continue
		}
		output := execute(t, strings.TrimSpace(line))
		assert.NotContains(t, output, "[exit", line)
		assert.NotEmpty(t, output, line)
	}
}

func TestInitLeavesAConfigurationAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(".becket.toml", []byte(`rules = "live.json"`), 0o600))
	output := execute(t, "becket init 'new flags.yaml'")
	assert.Contains(t, output, "wrote new flags.yaml\n.becket.toml stays as it is: it does not name new flags.yaml.\n")
	assert.Contains(t, output, "becket check 'new flags.yaml'")
	runNext(t, output)
	config, err := os.ReadFile(".becket.toml")
	require.NoError(t, err)
	assert.Equal(t, `rules = "live.json"`, string(config))

	// the configuration may already name the file
	output = execute(t, "becket init live.json --json")
	assert.JSONEq(t, `{"wrote": ["live.json"], "next": ["becket check", "becket list", "becket eval new-search --key user-1"]}`,
		output)
}

func TestInitRefusesNamesThatItCannotWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder.json", 0o700))
	for name, want := range map[string]string{
		"flags.toml":                       "ends with .jsonc, .json, .yaml or .yml",
		"flags":                            "ends with .jsonc, .json, .yaml or .yml",
		"-":                                "ends with .jsonc, .json, .yaml or .yml",
		"https://flags.example.com/a.json": "ends with .jsonc, .json, .yaml or .yml",
		"missing/flags.json":               `there is no folder "missing"`,
		"folder.json":                      `"folder.json" exists and stays as it is`,
	} {
		code, _, stderr := command(t, nil, "init", name)
		assert.Equal(t, exitUsage, code, name)
		assert.Contains(t, stderr, want)
		assert.NoFileExists(t, ".becket.toml")
	}
}
