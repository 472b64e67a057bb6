package layout_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
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
