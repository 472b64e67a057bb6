package flagd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOperators(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "operators.json"))
	require.NoError(t, err)
	var cases []struct {
		Name  string `json:"name"`
		Rule  any    `json:"rule"`
		Data  any    `json:"data"`
		Want  any    `json:"want"`
		Fails bool   `json:"fails"`
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.Greater(t, len(cases), 300)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, ok := run(c.Rule, c.Data)
			assert.Equal(t, !c.Fails, ok, "fails")
			if !c.Fails {
				assert.Equal(t, c.Want, got)
			}
		})
	}
}
