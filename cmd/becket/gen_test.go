package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheExamplesHandlesMatchItsRuleset(t *testing.T) {
	folder := filepath.Join("examples", "generated")
	code, stdout, stderr := command(t, nil, "gen", "go", filepath.Join(folder, "flags.json"), "--package", "flags",
		"--out", filepath.Join(folder, "flags", "flags.go"), "--check")
	assert.Equal(t, exitGood, code, "run go generate ./...: %s%s", stdout, stderr)
}

func TestGenWritesNoUnchangedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.go")
	code, _, _ := command(t, nil, "gen", "go", rulesFile("flags.json"), "--out", path)
	require.Equal(t, exitGood, code)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(path, old, old))

	for _, test := range []struct {
		rules   string
		touched bool
	}{{"flags.json", false}, {"next.json", true}} {
		code, _, _ = command(t, nil, "gen", "go", rulesFile(test.rules), "--out", path)
		require.Equal(t, exitGood, code)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, test.touched, !info.ModTime().Equal(old), test.rules)
	}
}

func TestGenMakesTheFolderOfItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "internal", "flags", "flags.go")
	args := []string{"gen", "go", rulesFile("flags.json"), "--out", path}
	code, stdout, _ := command(t, nil, append(args, "--check")...)
	assert.Equal(t, exitFinding, code)
	assert.Equal(t, filepath.ToSlash(path)+" is stale: run go generate\n  the file does not exist\n", stdout)
	assert.NoDirExists(t, filepath.Dir(path), "--check writes nothing")
	code, _, stderr := command(t, nil, args...)
	require.Equal(t, exitGood, code, stderr)
	code, stdout, _ = command(t, nil, append(args, "--check")...)
	assert.Equal(t, exitGood, code, stdout)
	assert.Empty(t, stdout)

	code, _, stderr = command(t, nil, "gen", "go", rulesFile("flags.json"), "--out", filepath.Join(path, "flags.go"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "not a directory")
}

func TestAStaleFileIsReportedInEachForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.go")
	code, _, _ := command(t, nil, "gen", "go", rulesFile("flags.json"), "--out", path)
	require.Equal(t, exitGood, code)
	stale := []string{"gen", "go", rulesFile("next.json"), "--check", "--out", path}

	code, stdout, _ := command(t, nil, append(stale, "--json")...)
	assert.Equal(t, exitFinding, code)
	var result staleFile
	require.NoError(t, json.Unmarshal([]byte(stdout), &result))
	assert.True(t, result.Stale)
	assert.Contains(t, result.Differences, `the flag "dark-mode" is new`)

	code, stdout, _ = command(t, nil, append(stale, "--github")...)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, ",title=becket stale::the file is stale: run go generate%0A  ")
	assert.Equal(t, 1, strings.Count(stdout, "\n"), "an annotation is one line")

	code, stdout, _ = command(t, nil, "gen", "go", rulesFile("flags.json"), "--check", "--out", path, "--json")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, stdout, `"stale": false`)
	assert.Contains(t, stdout, `"differences": []`)
}

func TestALongListOfDifferencesIsCut(t *testing.T) {
	folder := t.TempDir()
	path, large := filepath.Join(folder, "flags.go"), filepath.Join(folder, "large.json")
	var flags []string
	for i := range 100 {
		flags = append(flags, fmt.Sprintf(`"flag-%d": {}`, i))
	}
	document := `{"schema": 1, "flags": {` + strings.Join(flags, ", ") + `}}`
	require.NoError(t, os.WriteFile(large, []byte(document), 0o600))
	require.NoError(t, os.WriteFile(path, []byte("package flags\n"), 0o600))
	code, stdout, _ := command(t, nil, "gen", "go", large, "--out", path, "--check")
	assert.Equal(t, exitFinding, code)
	assert.Equal(t, 1+maxDifferences+1, strings.Count(stdout, "\n"))
	assert.True(t, strings.HasSuffix(stdout, "\n  and 80 more\n"), stdout)
}

func TestGenUsesThePackageOfTheGenerateLine(t *testing.T) {
	t.Setenv("GOPACKAGE", "shop")
	code, stdout, _ := command(t, nil, "gen", "go", rulesFile("flags.json"))
	assert.Equal(t, exitGood, code)
	assert.Contains(t, stdout, "\npackage shop\n")
}
