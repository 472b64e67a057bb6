package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// file writes a file into a folder of the test and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheConfigurationDescribesThePopulation(t *testing.T) {
	simulated := func(config string, args ...string) string {
		path := file(t, ".becket.toml", config)
		all := append([]string{"simulate", "upload-limit-mb", "-r", rulesFile("flags.json"), "--config", path}, args...)
		code, stdout, stderr := command(t, nil, all...)
		require.Contains(t, []int{exitGood, exitUsage}, code)
		return stdout + stderr
	}
	subjects := file(t, "people.csv", "key,plan\nu1,pro\nu2,free\n")
	inFile := fmt.Sprintf("[population]\nfile = %q\n", filepath.ToSlash(subjects))
	assert.Contains(t, simulated(inFile), "upload-limit-mb over 2 subjects of ")
	assert.Contains(t, simulated(inFile, "--subjects", "50"), "over 50 subjects made with seed 1")
	assert.Contains(t, simulated(inFile, "-p", file(t, "one.csv", "key\nu1\n")), "over 1 subject of ")

	described := "[population]\nsubjects = 4000\nseed = 3\n[population.attributes]\nplan = \"pro:10,free:90\"\n"
	assert.Contains(t, simulated(described), "over 4,000 subjects made with seed 3\n\nVariants\n  large     ███")
	assert.NotContains(t, simulated(described), "not of your customers")
	assert.Contains(t, simulated(described, "--seed", "4"), "made with seed 4")
	assert.Contains(t, simulated(described, "--attr", "plan=pro"),
		"  paying     █████████████████████████████  100.00 %")
	assert.Contains(t, simulated("[population]\nsubjects = 0\n"), "--subjects takes a number from 1")
	assert.Contains(t, simulated("[population.attributes]\nplan = \"pro:-1\"\n"), "the weight of")
	assert.Contains(t, simulated("[population]\nfiles = \"a\"\n"), `unknown name "population.files"`)
}

func TestAPopulationWithoutKeysIsRefused(t *testing.T) {
	code, stdout, stderr := command(t, nil, "diff", rulesFile("flags.json"), rulesFile("next.json"),
		"-p", file(t, "people.csv", "id,country\nu1,DE\n"), "--fail-over", "10%")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, `people.csv: no column is named "key" (there are id, country)`)
}

func TestARealPopulationCountsAsAWhole(t *testing.T) {
	people := "key,country\n"
	for i := range 2000 {
		people += fmt.Sprintf("u%d,%s\n", i, map[bool]string{true: "DE", false: "FR"}[i%100 == 0])
	}
	after := strings.Replace(gateBase, `"percent": 10,`, `"percent": 100,`, 1)
	base := strings.Replace(gateBase, `"friends": {"any": []}`, `"friends": {}`, 1)
	after = strings.Replace(after, `"friends": {"any": []}`, `"friends": {}`, 1)
	args := []string{"diff", file(t, "old.json", base), file(t, "new.json", after), "--fail-over", "10%"}
	code, stdout, _ := command(t, nil, append(args, "-p", file(t, "people.csv", people))...)
	assert.Equal(t, exitGood, code, "a hundredth of all lives in Germany: %s", stdout)
	assert.NotContains(t, stdout, "not of your customers")
	code, _, _ = command(t, nil, args...)
	assert.Equal(t, exitFinding, code)
}

func TestMadeSubjectsDoNotDependOnTheNumberOfProcessors(t *testing.T) {
	args := []string{"diff", rulesFile("flags.json"), rulesFile("next.json"), "--json"}
	_, all, _ := command(t, nil, args...)
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	_, one, _ := command(t, nil, args...)
	assert.Equal(t, all, one)
	_, other, _ := command(t, nil, append(args, "--seed", "2")...)
	assert.NotEqual(t, all, other)
}

func TestTheProgressBarAppearsForLargeFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows take some seconds")
	}
	const rows = 1_000_000
	var table bytes.Buffer
	table.WriteString("key,plan\n")
	for i := range rows {
		fmt.Fprintf(&table, "user-%d,plan-%d\n", i, i%3)
	}
	path := file(t, "people.csv", table.String())
	args := []string{"simulate", "upload-limit-mb", "-r", rulesFile("flags.json"), "-p", path}
	code, stdout, bar := command(t, func(e *env) { e.progress = true }, args...)
	assert.Equal(t, exitGood, code)
	assert.Contains(t, bar, fmt.Sprintf("/%d)", table.Len()), "bytes that are read")
	assert.Contains(t, bar, "/1000000)", "subjects that are evaluated")
	assert.Contains(t, stdout, "1,000,000 subjects of ")
	_, _, piped := command(t, nil, args...)
	assert.Empty(t, piped)
}

func TestADiffOfThousandsOfFlagsIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	document := func(percent int) string {
		var flags []string
		for i := range 5000 {
			flags = append(flags, fmt.Sprintf(`"f%d": {"rules": [{"if": {"attribute": "a%d", "in": ["x", "y"]},
				"percent": %d, "serve": "on"}]}`, i, i%9, percent))
		}
		return `{"schema": 1, "flags": {` + strings.Join(flags, ",") + `}}`
	}
	start := time.Now()
	code, stdout, stderr := command(t, nil,
		"diff", file(t, "old.json", document(10)), file(t, "new.json", document(30)), "--fail-over", "10%")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, "with a0 x or y get another answer")
	assert.Equal(t, 5000, strings.Count(stderr, "more than 10% of the subjects"))
	assert.Less(t, time.Since(start), 3*time.Minute)
	t.Log(time.Since(start))
}
