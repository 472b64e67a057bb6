package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jsonValues reads a text that consists of JSON values.
func jsonValues(t *testing.T, text string) (values []any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return values
		}
		require.NoError(t, err, text)
		values = append(values, value)
	}
}

func TestEverythingIsJSONIfTheUserAsksForIt(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	require.NoError(t, os.WriteFile("stale.go", []byte("package old\n"), 0o600))
	code, _, _ := command(t, nil, "gen", "go", "flags.json", "--out", "fresh.go")
	require.Equal(t, exitGood, code)
	for name, row := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string // the first value
	}{
		"an unknown verb": {
			[]string{"frobnicate"}, exitUsage, "",
			`{"error": "there is no verb frobnicate; becket --help lists the verbs"}`,
		},
		"an unknown flag": {
			[]string{"check", "--frobnicate"}, exitUsage, "", `{"error": "unknown flag --frobnicate"}`,
		},
		"a flag without its value": {[]string{"simulate", "banner", "--subjects", "many"}, exitUsage, "", ""},
		"no ruleset":               {[]string{"check"}, exitUsage, "", ""},
		"no file": {
			[]string{"check", "nowhere.json"}, exitUsage, "", `{"error": "there is no file \"nowhere.json\""}`,
		},
		"no configuration": {
			[]string{"check", "--config", "nowhere.toml"}, exitUsage, "",
			`{"error": "there is no file \"nowhere.toml\""}`,
		},
		"check, nothing found": {[]string{"check", "flags.json"}, exitGood, "[]", ""},
		"check, findings":      {[]string{"check", "smells.json"}, exitFinding, "", ""},
		"check, no JSON": {
			[]string{"check", "not-json.json"}, exitFinding,
			`[{"severity": "error", "file": "not-json.json", "line": 3, "column": 18, "name": "invalid", "message": "not valid JSON: invalid character '}' at start of value: write a value after the colon"}]`, "",
		},
		"check, another schema": {[]string{"check", "other-schema.json"}, exitFinding, "", ""},
		"build, findings":       {[]string{"build", "bad-folder"}, exitFinding, "", ""},
		"build":                 {[]string{"build", "folder"}, exitGood, "", ""},
		"build into a file": {
			[]string{"build", "flags.json", "-o", "built.json"}, exitGood, "",
			`{"message": "wrote 3 flags of flags.json to built.json"}`,
		},
		"build with a bad number": {[]string{"build", "flags.json", "--revision=-1"}, exitUsage, "", ""},
		"fmt, no JSON": {
			[]string{"fmt", "not-json.json"}, exitFinding, "",
			`[{"severity": "error", "file": "not-json.json", "line": 3, "column": 18, "name": "invalid", "message": "not valid JSON: invalid character '}' at start of value: write a value after the colon"}]`,
		},
		"fmt, YAML": {[]string{"fmt", "broken.yaml"}, exitUsage, "", ""},
		"fmt, out of order": {
			[]string{"fmt", "--check", "commented.jsonc"}, exitFinding, `["commented.jsonc"]`, "",
		},
		"gen, findings": {[]string{"gen", "go", "broken.jsonc"}, exitFinding, "", ""},
		"gen, out of date": {
			[]string{"gen", "go", "flags.json", "--check", "--out", "stale.go"}, exitFinding,
			`{"file": "stale.go", "stale": true, "differences": ["the package changes from old to flags",
				"the flag \"banner\" is new", "the flag \"new-checkout\" is new",
				"the flag \"upload-limit-mb\" is new"]}`, "",
		},
		"gen, up to date": {
			[]string{"gen", "go", "flags.json", "--check", "--out", "fresh.go"}, exitGood,
			`{"file": "fresh.go", "stale": false, "differences": []}`, "",
		},
		"gen with a bad name": {[]string{"gen", "go", "flags.json", "--package", "a b"}, exitUsage, "", ""},
		"eval":                {[]string{"eval", "--all", "-r", "flags.json", "--key", "u"}, exitGood, "", ""},
		"eval, an attribute of none": {
			[]string{"eval", "banner", "-r", "flags.json", "--attr", "a:=null"}, exitFinding, "", "",
		},
		"eval, no such flag": {[]string{"eval", "none", "-r", "flags.json"}, exitFinding, "", ""},
		"explain": {
			[]string{"explain", "banner", "-r", "flags.json", "--key", "u"}, exitGood, "", "",
		},
		"simulate": {
			[]string{"simulate", "banner", "-r", "flags.json", "--subjects", "10"}, exitGood, "", "",
		},
		"simulate, no such flag": {[]string{"simulate", "none", "-r", "flags.json"}, exitUsage, "", ""},
		"diff": {
			[]string{"diff", "flags.json", "next.json", "--subjects", "10"}, exitGood, "", "",
		},
		"diff over a limit": {
			[]string{"diff", "flags.json", "next.json", "--subjects", "10", "--fail-over", "1%"}, exitFinding, "", "",
		},
		"diff, findings": {
			[]string{"diff", "flags.json", "broken.jsonc", "--subjects", "10"}, exitFinding, "", "",
		},
		"diff, no JSON": {
			[]string{"diff", "flags.json", "not-json.json", "--subjects", "10"}, exitFinding, "", "",
		},
		"keygen": {[]string{"keygen", "-W", "-s", "x.key", "-p", "x.pub"}, exitGood, "", ""},
		"keygen over a key": {
			[]string{"keygen", "-W"}, exitUsage, "", `{"error": "\"becket.key\" already exists; --force replaces it"}`,
		},
		"sign":           {[]string{"sign", "flags.json"}, exitGood, "", ""},
		"sign, comments": {[]string{"sign", "commented.jsonc"}, exitUsage, "", ""},
		"verify, not signed": {
			[]string{"verify", "next.json"}, exitFinding, "",
			`{"error": "the document is not trusted: it is not signed: there is no file \"next.json.minisig\""}`,
		},
		"usage, no folder":            {[]string{"usage", "-r", "flags.json", "-C", "nowhere"}, exitUsage, "", ""},
		"serve, bad input":            {[]string{"serve", "broken.jsonc"}, exitFinding, "", ""},
		"serve, a folder that is not": {[]string{"serve", "shop"}, exitUsage, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, nil, append(row.args, "--json")...)
			assert.Equal(t, row.code, code, "%s%s", stdout, stderr)
			out, errs := jsonValues(t, stdout), jsonValues(t, stderr)
			if row.code == exitUsage {
				assert.Empty(t, out)
				require.Len(t, errs, 1)
				assert.Contains(t, errs[0], "error")
			}
			if row.code != exitGood || row.stderr == "" {
				assert.NotEmpty(t, append(out, errs...))
			}
			for text, want := range map[string]string{stdout: row.stdout, stderr: row.stderr} {
				if want != "" {
					assert.JSONEq(t, want, text)
				}
			}
		})
	}
}

func TestAnErrorOfUseIsTextUnlessTheUserAsksForJSON(t *testing.T) {
	for _, args := range [][]string{{"frobnicate"}, {"eval", "--frobnicate", "--", "--json"}} {
		_, _, stderr := command(t, nil, args...)
		assert.True(t, strings.HasPrefix(stderr, "becket: "), stderr)
	}
}

func TestTheFlagOfJSONMayHaveAValue(t *testing.T) {
	for _, args := range [][]string{{"frobnicate", "--json=true"}, {"frobnicate", "--json=false", "--json"}} {
		_, _, stderr := command(t, nil, args...)
		assert.JSONEq(t, `{"error": "there is no verb frobnicate; becket --help lists the verbs"}`, stderr)
	}
	_, _, stderr := command(t, nil, "frobnicate", "--json=false")
	assert.Equal(t, "becket: there is no verb frobnicate; becket --help lists the verbs\n", stderr)
}
