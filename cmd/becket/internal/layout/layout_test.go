package layout_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/layout"
)

func TestFormattingTwiceChangesNothing(t *testing.T) {
	for name, source := range map[string]string{
		"a comment at the end without a line break": "{} // end",
		"tabs in a comment of several lines":        "{\n/* a\n\t\tb */\n\"a\": 1}",
		"line breaks of Windows":                    "{\r\n\"a\": [1,\r\n2]\r\n}\r\n",
		"a byte-order mark":                         "\xef\xbb\xbf{}",
		"empty lines":                               "{\n\n\n\"a\": 1,\n\n\n\"b\": 2}",
		"a text with an escaped tab":                `{"a": "\t", "b": "\\t"}`,
	} {
		t.Run(name, func(t *testing.T) {
			once, err := layout.Format([]byte(source))
			require.NoError(t, err)
			twice, err := layout.Format(once)
			require.NoError(t, err)
			assert.Equal(t, string(once), string(twice))
			assert.NotContains(t, string(once), "\t")
			assert.NotContains(t, string(once), "\r")
			assert.Equal(t, byte('\n'), once[len(once)-1])
		})
	}
}

func TestPlainJSONKeepsTextsAndNumbers(t *testing.T) {
	const source = `{"b": 1.50, "a": "\u00e4", "n": 12345678901234567890, "l": []}`
	for _, compact := range []bool{false, true} {
		plain, err := layout.Plain([]byte(source), compact)
		require.NoError(t, err)
		assert.JSONEq(t, source, string(plain))
		for _, text := range []string{"1.50", `"\u00e4"`, "12345678901234567890"} {
			assert.Contains(t, string(plain), text)
		}
	}
}

func TestTheRevisionIsSet(t *testing.T) {
	for name, source := range map[string]string{
		"in place of another": `{"schema": 1, "revision": 7 , "flags": {"revision": {"revision": 1}}}`,
		"where there is none": `{"schema": 1, "flags": {"revision": {"revision": 1}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			body, err := layout.WithRevision([]byte(source), 42)
			require.NoError(t, err)
			var got map[string]any
			require.NoError(t, json.Unmarshal(body, &got))
			assert.EqualValues(t, 42, got["revision"])
			assert.Equal(t, map[string]any{"revision": map[string]any{"revision": 1.0}}, got["flags"])
		})
	}
}

func TestAFileKeepsItsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, layout.WriteFile(path, []byte("new")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" { // Windows has no such permissions
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "new", string(body))
	assert.Error(t, layout.WriteFile(filepath.Join(t.TempDir(), "none", "a.json"), nil))
}

func TestTheChangeOfOneLineChangesNoOther(t *testing.T) {
	const flag = `{ // a comment
		"schema": 1, "flags": {
			"new-checkout": {
				"owner": "payments", // of the page
				"enabled": /* for now */ true,
				"off":
					"off",
				"max_age": "7d",
				"rules": [{"if": {"attribute": "country", "in": ["DE"]},
					"percent": 5, "serve": "on"}, {"name": "all", "every": {"days": ["mon"],
					"from": "09:00"}, "serve": "on"}],
			},
		}}`
	for name, row := range map[string]struct {
		from, to       string
		removed, added int
	}{
		"a value":        {`"percent": 5`, `"percent": 100`, 1, 1},
		"a longer name":  {`"max_age": "7d"`, `"description": "7d"`, 1, 1},
		"a shorter name": {`"enabled"`, `"x"`, 1, 1},
		"a member with a longer name": {
			`"owner"`, `"a-very-long-name-that-nobody-needs": 1,` + "\n" + `"owner"`, 0, 1,
		},
		"a member that is gone": {`"max_age": "7d",` + "\n", ``, 1, 0},
		"a member at the end": {
			`"percent": 5, "serve": "on"}`, `"percent": 5, "serve": "on", "a-very-long-name": 1}`, 0, 1,
		},
		"a member in an expanded value": {`"from": "09:00"`, `"from": "09:00", "until": "17:00"`, 0, 1},
		"a comment":                     {`/* for now */`, `/* for now and until somebody cares */`, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, flag, row.from)
			before, err := layout.Format([]byte(flag))
			require.NoError(t, err)
			after, err := layout.Format([]byte(strings.Replace(flag, row.from, row.to, 1)))
			require.NoError(t, err)
			removed, added := lineChanges(string(before), string(after))
			assert.Equal(t, []int{row.removed, row.added}, []int{removed, added}, "%s\n%s", before, after)
			assert.NotContains(t, string(after), ":  ", "nothing is aligned")
			twice, err := layout.Format(after)
			require.NoError(t, err)
			assert.Equal(t, string(after), string(twice))
		})
	}
}

// lineChanges counts the lines that stand in one text more often than in the other.
func lineChanges(before, after string) (removed, added int) {
	counts := map[string]int{}
	for line := range strings.SplitSeq(before, "\n") {
		counts[line]++
	}
	for line := range strings.SplitSeq(after, "\n") {
		counts[line]--
	}
	for _, n := range counts {
		removed += max(n, 0)
		added += max(-n, 0)
	}
	return removed, added
}
