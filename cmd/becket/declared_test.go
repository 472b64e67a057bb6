package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMistakesInDeclarationsOfAttributesAreReported(t *testing.T) {
	for config, want := range map[string]string{
		"[attributes.age]\ntype = \"integer\"": `attributes.age: unknown type "integer": ` +
			`the types are boolean, list, number, object, string, time`,
		"[attributes.age]\ntype = \"sting\"": `attributes.age: unknown type "sting" (did you mean "string"?): ` +
			`the types are boolean, list, number, object, string, time`,
		"[attributes.age]\ntype = \"number\"\nvalues = [1, 2.5, \"3\"]": `attributes.age: ` +
			`the value "3" is not of the type number`,
		"[attributes.age]\nvalues = [[1]]": `attributes.age: ` +
			`the value [1] is no text, number, boolean or time`,
		"[attributes.age]\nvalue = 1":                     `unknown name "attributes.age.value"`,
		"[attributes.address.country]\ntype = \"string\"": `unknown name "attributes.address.country"`,
		"[attributes.joined]\ntype = \"time\"\nvalues = [2026-01-01T00:00:00Z]\n[attributes.\"a.b\"]\nvalues = [true]": "",
	} {
		t.Run(config, func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder)
			require.NoError(t, os.WriteFile(filepath.Join(folder, ".becket.toml"), []byte(config), 0o600))
			code, _, stderr := command(t, reading(`{"schema": 1, "flags": {}}`), "check", "-")
			if want == "" {
				assert.Equal(t, exitGood, code, stderr)
				return
			}
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, "becket: .becket.toml: "+want)
		})
	}
}
