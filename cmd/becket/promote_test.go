package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files writes files into a new folder and changes to it.
func files(t *testing.T, texts map[string]string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Chdir(folder)
}

const production = `{
  "schema": 1, "revision": 41, "environment": "production",
  "flags": {
    "other": {"owner": "web"}
  }
}
`

func TestAFlagIsPromotedInEveryNotation(t *testing.T) {
	const from = "testdata/rules/"
	for name, row := range map[string]struct {
		from, to, target string
		want             []string // parts of the result
	}{
		"JSON with comments to the same": {
			"launch.jsonc", "p.jsonc", production,
			[]string{
				"    \"other\": {\"owner\": \"web\"},\n    // The new search. Ask Ann before you change it.\n    \"search\": {\n" +
					"      \"owner\": \"web\", // since May\n",
				"          \"percent\": 5, /* slowly */\n", "\"friends\": {\"include\": [\"user-7\"]}",
			},
		},
		"JSON with comments to plain JSON": {
			"launch.jsonc", "p.json", production, []string{"    \"search\": {\n      \"owner\": \"web\",\n"},
		},
		"YAML to YAML": {
			"launch.yaml", "p.yaml", "schema: 1\nrevision: 41\nenvironment: production\nflags: {} # none yet\n",
			[]string{
				"flags: # none yet\n  # The new search. Ask Ann before you change it.\n  search:\n    owner: web # since May\n",
				"segments:\n  # friends and family\n  friends: {include: [user-7]}\nflags:",
			},
		},
		"YAML to JSON": {
			"launch.yaml", "p.json", production,
			[]string{"    \"search\": {\n      \"owner\": \"web\",\n      \"rules\": ["},
		},
		"a folder to a file": {
			"launch", "p.yaml", "schema: 1\nrevision: 41\nenvironment: production\nflags:\n  other: {}\n",
			[]string{"flags:\n  other: {}\n  search:\n    owner: web\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(copyOf(t, from))
			require.NoError(t, os.WriteFile(row.to, []byte(row.target), 0o600))
			code, _, stderr := command(t, nil, "promote", "search", row.from, row.to, "-y")
			assert.Equal(t, exitUsage, code)
			assert.Contains(
				t,
				stderr,
				row.to+" lacks the segment friends, which search needs: --with-segments copies segments",
			)
			code, stdout, stderr := command(t, nil, "promote", "search", row.from, row.to, "-y", "--with-segments")
			require.Equal(t, exitGood, code, stderr)
			assert.Contains(t, stdout, "search is new\n")
			text := launchText(t, row.to)
			for _, part := range row.want {
				assert.Contains(t, text, part)
			}
			assert.Contains(t, text, "production")
			assert.Contains(t, text, "42")
			want, got := launchDocument(t, row.from, nil), launchDocument(t, row.to, nil)
			assert.Equal(t, want["segments"], got["segments"])
			flags, _ := want["flags"].(map[string]any)
			copied, _ := got["flags"].(map[string]any)
			assert.Equal(t, flags["search"], copied["search"])
			assert.Equal(
				t,
				strings.Contains(stdout, "comments are left out"),
				row.to == "p.json" && row.from == "launch.jsonc",
			)

			code, stdout, _ = command(t, nil, "promote", "search", row.from, row.to)
			assert.Equal(t, exitGood, code)
			assert.Equal(t, row.to+" has search as it is in "+row.from+": nothing changes\n", stdout)
		})
	}
}

func TestAFlagIsPromotedToAFolderAsItsFile(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	require.NoError(t, os.MkdirAll("p/flags", 0o700))
	require.NoError(t, os.WriteFile("p/flags/a.json", []byte("{}"), 0o600))
	code, stdout, stderr := command(t, nil, "promote", "search", "launch", "p", "-y", "--with-segments")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, stdout, "wrote p/segments/friends.json and p/flags/web/search.jsonc and p/ruleset.json")
	assert.Equal(t, launchText(t, "launch/flags/web/search.jsonc"), launchText(t, "p/flags/web/search.jsonc"))

	code, _, stderr = command(t, nil, "promote", "colour", "launch.yaml", "p", "-y")
	require.Equal(t, exitGood, code, stderr)
	assert.Equal(t, launchText(t, "launch/flags/colour.yaml"), strings.Replace(launchText(t, "p/flags/colour.yaml"),
		"- flag: search\n    in: [on]", "- {flag: search, in: [on]}", 1))
	code, _, stderr = command(t, nil, "check", "p", "--silence", "missing-owner,missing-description")
	assert.Equal(t, exitGood, code, stderr)
}

func TestAPromotionWritesToStandardOutput(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	code, stdout, stderr := command(t, func(e *env) { e.stdin = bytes.NewReader([]byte(production)) },
		"promote", "search", "launch.jsonc", "-", "--with-segments")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, stdout, "\"revision\": 42")
	assert.Contains(t, stdout, "\"search\": {")
	assert.Contains(t, stderr, "search is new")
}

func TestAPromotedFlagKeepsTheSaltsOfItsTarget(t *testing.T) {
	const split = `{"split": {"a": 1, "b": 1}`
	files(t, map[string]string{
		"s.json": `{"schema": 1, "flags": {"f": {"variants": {"a": 1, "b": 2}, "default": ` + split + `, "salt": "s1"},
			"rules": [{"name": "r", "percent": 50, "salt": "s2", "serve": ` + split + `}},
			{"name": "new", "percent": 1, "serve": "a"}]}}}`,
		"p.json": `{"schema": 1, "revision": 3, "flags": {"f": {"variants": {"a": 1, "b": 2}, "default": ` + split + `},
			"rules": [{"name": "r", "percent": 20, "serve": ` + split + `, "salt": "p3"}}]}}}`,
	})
	code, stdout, stderr := command(t, nil, "promote", "f", "s.json", "p.json", "-y")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, stdout, `note: rule "r" keeps the salt "f" of p.json, so that nobody is drawn again`)
	assert.Contains(t, stdout, `note: the split of rule "r" keeps the salt "p3" of p.json`)
	assert.Contains(t, stdout, `note: the split of the default keeps the salt "f" of p.json`)
	document := launchDocument(t, "p.json", nil)
	flags, _ := document["flags"].(map[string]any)
	assert.Equal(t, map[string]any{
		"variants": map[string]any{"a": 1.0, "b": 2.0},
		"default":  map[string]any{"split": map[string]any{"a": 1.0, "b": 1.0}, "salt": "f"},
		"rules": []any{
			map[string]any{
				"name": "r", "percent": 50.0, "salt": "f",
				"serve": map[string]any{"split": map[string]any{"a": 1.0, "b": 1.0}, "salt": "p3"},
			},
			map[string]any{"name": "new", "percent": 1.0, "serve": "a"},
		},
	}, flags["f"])
}

func TestAPromotionAsksAboutWhatTheTargetLacks(t *testing.T) {
	texts := map[string]string{
		"s.json": `{"schema": 1, "segments": {"in": {"include": ["a"]}, "all": {"if": {"any": [{"segment": "in"}, {"flag": "deep", "in": ["on"]}]}}},
			"flags": {"deep": {}, "same": {"owner": "x"}, "f": {"requires": [{"flag": "same", "in": ["on"]}],
			"rules": [{"if": {"segment": "all"}, "serve": "on"}]}}}`,
		"p.json": `{"schema": 1, "revision": 3, "segments": {"in": {"include": ["b"]}}, "flags": {"same": {"owner": "y"}}}`,
	}
	for name, row := range map[string]struct {
		args []string
		want string
		good bool
	}{
		"nothing said": {nil,
			"p.json lacks the segment all, the flag deep, which f needs: --with-segments copies segments, and " +
				"--with-flags copies flags; the segment in of p.json is different in s.json: --with-segments copies it, and " +
				"--keep-segments leaves it", false},
		"segments alone": {[]string{"--with-segments"},
			"p.json lacks the flag deep, which f needs", false},
		"flags alone": {[]string{"--with-flags"},
			"p.json lacks the segment all, which f needs", false},
		"everything": {[]string{"--with-flags", "--with-segments"}, `"include": ["a"]`,
			true},
		"segments that are there already": {[]string{"--with-flags", "--keep-segments"}, "lacks the segment all",
			false},
		"two contradicting ways for segments": {[]string{"--with-segments", "--keep-segments"},
			"can't be used together", false},
	} {
		t.Run(name, func(t *testing.T) {
			files(t, texts)
			code, stdout, stderr := command(
				t,
				nil,
				append(append([]string{"promote", "f", "s.json", "p.json"}, row.args...), "-y")...)
			if !row.good {
				assert.Equal(t, exitUsage, code)
				assert.Contains(t, stderr, row.want)
				assert.Equal(t, texts["p.json"], launchText(t, "p.json"))
				return
			}
			require.Equal(t, exitGood, code, stderr)
			assert.Contains(t, launchText(t, "p.json"), row.want)
			assert.Contains(t, stdout, "note: the flag same of p.json is asked for, which is different in s.json")
			want, got := launchDocument(t, "s.json", nil), launchDocument(t, "p.json", nil)
			assert.Equal(t, want["segments"], got["segments"])
		})
	}
	files(t, texts)
	code, _, stderr := command(t, nil, "promote", "f", "s.json", "s.json")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "s.json is named twice")
}
