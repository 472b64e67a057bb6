package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first instant of the year 1 is the zero value of Go's time.
func TestTheFirstInstantOfTheCalendarIsNotNow(t *testing.T) {
	t.Chdir(t.TempDir())
	const document = `{"schema": 1, "flags": {"f": {"description": "x", "owner": "y", "expires": "2020-01-01", "rules": [
		{"name": "early", "until": "0001-01-01T00:00:01Z", "serve": "on"}]}}}`
	require.NoError(t, os.WriteFile("old.json", []byte(document), 0o600))
	require.NoError(t,
		os.WriteFile("new.json",
			[]byte(`{"schema": 1, "flags": {"f": {"description": "x", "owner": "y", "expires": "2020-01-01"}}}`),
			0o600))
	for name, row := range map[string]struct {
		args      []string
		then, now string
	}{
		"eval":    {[]string{"eval", "f", "-r", "old.json"}, `by rule "early"`, "DEFAULT"},
		"explain": {[]string{"explain", "f", "-r", "old.json"}, `by rule "early"`, "DEFAULT"},
		"simulate": {
			[]string{"simulate", "f", "-r", "old.json", "--subjects", "10"}, "early      ███", "early                 ",
		},
		"diff": {
			[]string{"diff", "old.json", "new.json", "--subjects", "10"}, "on → off", "nobody gets another answer",
		},
		"check": {[]string{"check", "old.json"}, "nothing found", "expired on 2020-01-01"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, first := range []string{"0001-01-01T00:00:00Z", "0001-01-01t00:00:00z", "0001-01-01"} {
				_, then, _ := command(t, nil, append(row.args, "--at", first)...)
				assert.Contains(t, then, row.then, first)
			}
			_, now, _ := command(t, nil, row.args...)
			assert.Contains(t, now, row.now)
			assert.NotContains(t, now, row.then)
		})
	}
}

func TestATextThatIsNoInstantIsRefused(t *testing.T) {
	for _, text := range []string{"", "now", "2026-13-01", "2026-12-24T09:00Z", "24.12.2026", "2026-12-24T09:00:00"} {
		code, _, stderr := command(t, nil, "check", "-", "--at="+text)
		assert.Equal(t, exitUsage, code, text)
		assert.Contains(t, stderr, "is not an instant such as 2026-12-24T09:00:00Z", text)
	}
}

func TestARevisionIsSetOrRefusedAndNeverIgnored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"schema": 1, "revision": 7, "flags": {}}`), 0o600))
	for revision, want := range map[string]string{
		"0":                "",
		"9007199254740991": "",
		"-1":               "--revision takes a number from 0 to 9007199254740991, not -1",
		"9007199254740992": "--revision takes a number from 0 to 9007199254740991, not 9007199254740992",
	} {
		code, stdout, stderr := command(t, nil, "build", file, "--compact", "--revision="+revision)
		if want == "" {
			assert.Equal(t, exitGood, code, stderr)
			assert.Equal(t, `{"schema":1,"revision":`+revision+`,"flags":{}}`+"\n", stdout)
			continue
		}
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, stderr, want)
	}
}
