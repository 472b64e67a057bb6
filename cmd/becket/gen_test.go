package main

import (
	"os"
	"path/filepath"
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

func TestGenUsesThePackageOfTheGenerateLine(t *testing.T) {
	t.Setenv("GOPACKAGE", "shop")
	code, stdout, _ := command(t, nil, "gen", "go", rulesFile("flags.json"))
	assert.Equal(t, exitGood, code)
	assert.Contains(t, stdout, "\npackage shop\n")
}
