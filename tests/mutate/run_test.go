package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These are the files of a module with one function, and with a test that checks only one of its
// results.
const (
	double = "package p\n\nfunc f(a int) (int, bool) {\n\tif a > 9 {\n\t\treturn a, false\n\t}\n\treturn 2*a, true\n}\n"
	check  = "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n" +
		"\tif b, _ := f(3); b != 6 {\n\t\tt.Fatal(b)\n\t}\n}\n"
)

func TestAMutantIsJudgedByTheTests(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module p\n\ngo 1.26\n", "p.go": double, "p_test.go": check} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	mutants, err := sample(folder, "*.go", 1)
	require.NoError(t, err)
	stages := []stage{{folder: folder, packages: []string{"."}, limit: aMinute}}
	got := map[string]verdict{}
	for _, m := range mutants {
		result, test, err := judge(t.Context(), m, stages)
		require.NoError(t, err, m.What)
		if result == noticed {
			assert.Equal(t, "TestF", test)
		}
		got[m.What] = result
	}
	assert.Equal(t, map[string]verdict{
		"return zero values at once": noticed,
		"negate the condition":       noticed,
		"3 instead of 2":             noticed,
		"/ instead of *":             noticed,
		">= instead of >":            survived,
		"10 instead of 9":            survived,
		"true instead of false":      survived,
		"false instead of true":      survived,
	}, got)
	source, err := os.ReadFile(filepath.Join(folder, "p.go"))
	require.NoError(t, err)
	assert.Equal(t, double, string(source), "the file itself stays")
}

func TestAMutantThatDoesNotBuildIsNotCounted(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module p\n\ngo 1.26\n", "p.go": "package p\n\nvar a [2]int\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	m := mutant{
		File: filepath.Join(folder, "p.go"), start: len("package p\n\nvar a ["), end: len("package p\n\nvar a [2"),
		text: "x",
	}
	result, _, err := judge(t.Context(), m, []stage{{folder: folder, packages: []string{"."}, limit: aMinute}})
	require.NoError(t, err)
	assert.Equal(t, invalid, result)
}

func aMinute() (time.Duration, error) { return time.Minute, nil }
