package input_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// read reads a document from a file, or from standard input if the name is empty.
func read(t *testing.T, name, text string) (*input.Document, error) {
	t.Helper()
	if name == "" {
		return input.Read(t.Context(), "-", input.Options{Stdin: strings.NewReader(text)})
	}
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return input.Read(t.Context(), path, input.Options{})
}

func TestEveryWayToWriteADocumentBecomesJSON(t *testing.T) {
	const want = `{"schema":1,"flags":{"a":{"default":"on","rules":[{"if":{"attribute":"n","in":[1,2.5,"on","2026-11-01"]},"serve":"off"}]}}}`
	for name, row := range map[string]struct{ file, text string }{
		"JSON":               {"a.json", want},
		"JSON with comments": {"a.json", "// one\n" + strings.Replace(want, `2.5,`, `2.5, /* two */`, 1)},
		"trailing commas":    {"a.jsonc", strings.Replace(want, `"2026-11-01"]`, `"2026-11-01",]`, 1)},
		"a byte-order mark":  {"a.json", "\xef\xbb\xbf" + want},
		"YAML": {
			"a.yaml",
			"schema: 1\nflags:\n  a:\n    default: on\n    rules:\n    - if: {attribute: n, in: [1, 2.5, on, 2026-11-01]}\n      serve: off\n",
		},
		"YAML on standard input": {
			"",
			"# a comment\nschema: 1\nflags: {a: {default: on, rules: [{if: {attribute: n, in: [0x1, 2.5, \"on\", 2026-11-01]}, serve: off}]}}\n",
		},
		"YAML with an alias": {
			"a.yml",
			"schema: 1\nflags: {a: {default: &x on, rules: [{if: {attribute: n, in: [1, 2.5, *x, '2026-11-01']}, serve: off}]}}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := read(t, row.file, row.text)
			require.NoError(t, err)
			assert.JSONEq(t, want, string(d.Body))
			rules, err := d.Decode()
			require.NoError(t, err)
			assert.Empty(t, d.Problems(rules))
		})
	}
}

func TestNumbersOfYAMLKeepTheirValues(t *testing.T) {
	d, err := read(t, "a.yaml",
		"a: [0, -0, 0.5, 1e999, 18446744073709551615, 0xFFFFFFFFFFFFFFFF, 0o17, 1_000, +5, \"01234\", '1e999', 1e308, 0x, 0123 4]\n")
	require.NoError(t, err)
	assert.JSONEq(t,
		`{"a":[0,0,0.5,"#1e999",18446744073709551615,18446744073709551615,15,1000,5,"01234","1e999",1e308,"0x","0123 4"]}`,
		strings.Replace(string(d.Body), ",1e999,", `,"#1e999",`, 1))
}

func TestPlacesLeadBackToTheSource(t *testing.T) {
	for name, row := range map[string]struct{ file, text, want string }{
		"JSON behind comments": {
			"a.json", "{\n/* a\n b */ \"schema\": 1, // c\n\"flags\": {\"f\": {\"enabld\": true}}\n}", "4:17",
		},
		"YAML in blocks": {
			"a.yaml", "schema: 1\nflags:\n  f:\n    owner: x\n    enabld: true\n", "5:5",
		},
		"YAML in one line":                {"a.yaml", "schema: 1\nflags: {f: {enabld: true}}\n", "2:13"},
		"the place where an alias stands": {"a.yaml", "x-a: &a {enabld: true}\nschema: 1\nflags:\n  f: *a\n", "1:10"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := read(t, row.file, row.text)
			require.NoError(t, err)
			rules, err := d.Decode()
			require.NoError(t, err)
			problems := d.Problems(rules)
			require.Len(t, problems, 1)
			assert.Equal(t, row.want, fmt.Sprintf("%d:%d", problems[0].Line, problems[0].Column),
				problems[0].String())
			assert.Equal(t, "f", problems[0].Flag)
		})
	}
}

func TestErrorsOfReadingHavePlaces(t *testing.T) {
	huge := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		huge += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 10), ","))
	}
	for name, row := range map[string]struct{ file, text, want string }{
		"JSON that ends too soon": {
			"a.json", "{\n\"schema\": 1,", ":2:13: error: not valid JSON: parsing value: unexpected EOF",
		},
		"a gzip file": {
			"a.json", "\x1f\x8b\x08", ":1:1: error: not valid JSON: the document is compressed with gzip",
		},
		"JSON of Windows": {
			"a.json", "\xff\xfe{\x00}\x00", ":1:1: error: not valid JSON: the document is in UTF-16: save it as UTF-8",
		},
		"YAML that is none": {"a.yaml", "a: 1\n b: 2\n", "not valid YAML"},
		"two documents of YAML": {
			"a.yaml", "a: 1\n---\nb: 2\n", "not valid YAML: a second document follows the first",
		},
		"names of YAML that are no texts": {
			"a.yaml", "? [a]\n: 1\n", ":1:3: error: not valid YAML: a name must be a plain text",
		},
		"merge keys": {
			"a.yaml", "x: &x {a: 1}\ny:\n  <<: *x\n",
			":3:3: error: not valid YAML: a name must be a plain text; merge keys are not read",
		},
		"a zip code":                     {"a.yaml", "a: 01234\n", `:1:4: error: not valid YAML: 01234 begins with 0`},
		"a zip code that is not octal":   {"a.yaml", "a: 08901\n", "08901 begins with 0"},
		"a negative one":                 {"a.yaml", "a: [-007]\n", "-007 begins with 0"},
		"a fraction with a leading zero": {"a.yaml", "a: 01.5\n", "01.5 begins with 0"},
		"an integer outside 64 bits":     {"a.yaml", "a: 0x1FFFFFFFFFFFFFFFF\n", "outside 64 bits"},
		"a number that JSON has not": {"a.yaml", "a: .inf\n",
			`:1:4: error: not valid YAML: ".inf" is not a JSON number`},
		"aliases that stand for too much": {"a.yaml", huge, "too large"},
		"nothing":                         {"a.yaml", "", "not valid YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, row.file, row.text)
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func TestAFolderWithoutFlagsIsNoRuleset(t *testing.T) {
	_, err := input.Read(t.Context(), t.TempDir(), input.Options{})
	assert.ErrorContains(t, err, `is not a ruleset: it has no folder named "flags"`)
}

func TestFolders(t *testing.T) {
	write := func(t *testing.T, files map[string]string) string {
		t.Helper()
		folder := t.TempDir()
		for name, text := range files {
			path := filepath.Join(folder, filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
		return folder
	}
	for name, row := range map[string]struct {
		files map[string]string
		want  string
	}{
		"flags alone": {
			map[string]string{"flags/b.json": "{}", "flags/team/a.yaml": "owner: x"},
			`{"schema":1,"segments":{},"flags":{"a":{"owner":"x"},"b":{}}}`,
		},
		"with a top and segments": {
			map[string]string{
				"ruleset.json": `{"revision": 3, /* c */}`, "segments/s.json": "{}", "flags/b.jsonc": "{} // b",
			}, `{"schema":1,"revision":3,"segments":{"s":{}},"flags":{"b":{}}}`,
		},
		"a top that says the schema": {
			map[string]string{"ruleset.yaml": "schema: 1\n", "flags/b.json": "{}"},
			`{"schema":1,"segments":{},"flags":{"b":{}}}`,
		},
		"an empty top": {
			map[string]string{"ruleset.json": "{}", "flags/b.json": "{}"},
			`{"schema":1,"segments":{},"flags":{"b":{}}}`,
		},
		"keys as in URLs": {
			map[string]string{"flags/a%2Fb.c.json": "{}"}, `{"schema":1,"segments":{},"flags":{"a/b.c":{}}}`,
		},
		"other files are left alone": {
			map[string]string{"flags/b.json": "{}", "flags/README.md": "x", "notes.txt": "y"},
			`{"schema":1,"segments":{},"flags":{"b":{}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := input.Read(t.Context(), write(t, row.files), input.Options{})
			require.NoError(t, err)
			assert.JSONEq(t, row.want, string(d.Body))
		})
	}
	for name, row := range map[string]struct {
		files map[string]string
		want  string
	}{
		"two tops": {
			map[string]string{"ruleset.json": "{}", "ruleset.yaml": "a: 1", "flags/b.json": "{}"},
			"has both ruleset.json and ruleset.yaml",
		},
		"flags in the top":       {map[string]string{"ruleset.json": `{"flags": {}}`}, "must be an object without"},
		"a name that is no key":  {map[string]string{"flags/100%.json": "{}"}, "a file is named after its key"},
		"a file that is no JSON": {map[string]string{"flags/b.json": "{"}, "flags/b.json:1:2: error: not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := input.Read(t.Context(), write(t, row.files), input.Options{})
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func TestTheKeyOfAPath(t *testing.T) {
	for path, key := range map[string]string{
		"flags.a":               "a",
		"flags.a.rules[1].if":   "a",
		`flags["a.b"].rules[0]`: "a.b",
		`flags["a\"]b"]`:        `a"]b`,
		"segments.a":            "",
		"":                      "",
	} {
		assert.Equal(t, key, input.FlagOf(path), path)
	}
}

// The limit counts the bytes of a repeated text: here half a megabyte, a hundred thousand times.
func TestAliasesOfLongTextsAreLimited(t *testing.T) {
	long := "x-a: &a \"" + strings.Repeat("x", 500_000) + "\"\nschema: 1\nflags: {}\nx-b: [" +
		strings.Repeat("*a,", 100_000) + "]\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(t, "a.yaml", long)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "too large")
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20),
		"bytes allocated; written out, the document has 50 GB")
}

func TestEveryPlaceIsFoundWithoutCountingFromTheStart(t *testing.T) {
	text := "{\"schema\": 1,\n\"flags\": {\n\n\"a\": {},\r\n  \"b\": {}}}"
	d, err := read(t, "a.json", text)
	require.NoError(t, err)
	for at := range len(text) + 1 {
		before := text[:at]
		want := input.Place{Line: strings.Count(before, "\n") + 1, Column: at - strings.LastIndexByte(before, '\n')}
		got := d.PlaceAt(at)
		assert.Equal(t, want, input.Place{Line: got.Line, Column: got.Column}, "offset %d", at)
	}
}

func TestNoFileOverTheLimitIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 64<<20+1))
	_, err := input.File(t.Context(), path)
	require.ErrorIs(t, err, becket.ErrTooLarge)
	_, err = input.Read(t.Context(), path, input.Options{})
	require.ErrorIs(t, err, becket.ErrTooLarge)
}

func TestAFolderIsReadWithOtherContents(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "flags", "web"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "flags", "web", "a.json"), []byte(`{}`), 0o600))
	slashed := filepath.ToSlash(folder)
	d, err := input.Read(t.Context(), folder, input.Options{Contents: map[string][]byte{
		slashed + "/flags/web/a.json":    []byte(`{"enabled": false}`),
		slashed + "/ruleset.yaml":        []byte("revision: 7\n"),
		slashed + "/segments/s.jsonc":    []byte(`{} // nobody`),
		slashed + "/flags/ruleset.json":  []byte(`{}`),
		slashed + "/elsewhere/none.json": []byte(`{}`),
	}})
	require.NoError(t, err)
	assert.JSONEq(
		t,
		`{"schema": 1, "revision": 7, "segments": {"s": {}}, "flags": {"a": {"enabled": false}, "ruleset": {}}}`,
		string(d.Body),
	)
	name, source := d.TopFile()
	assert.Equal(t, slashed+"/ruleset.yaml", name)
	assert.Equal(t, "revision: 7\n", string(source))
	name, source = d.FileAt(bytes.Index(d.Body, []byte(`{"enabled"`)))
	assert.Equal(t, slashed+"/flags/web/a.json", name)
	assert.Equal(t, `{"enabled": false}`, string(source))

	d, err = input.Read(t.Context(), folder, input.Options{})
	require.NoError(t, err)
	name, _ = d.TopFile()
	assert.Empty(t, name)
}

func TestAFileIsNamedAfterItsKey(t *testing.T) {
	for key, name := range map[string]string{
		"a": "f/flags/a.json", "menu/new": "f/flags/menu%2Fnew.json", ".a": "f/flags/%2Ea.json",
		"~$a":  "f/flags/%7E$a.json",
		"100%": "f/flags/100%25.json", "#a": "f/flags/%23a.json",
	} {
		assert.Equal(t, name, input.FileOf("f", "flags", key, ".json"))
	}
}
