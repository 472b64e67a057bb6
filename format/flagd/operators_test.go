package flagd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
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

func TestTextsThatCannotBeNumbersAreRecognised(t *testing.T) {
	for _, s := range []string{
		"", "1", "-1", "+1", ".5", "-.5", "1e3", "0x10", "0x1p4", "1_000", "inf", "+Inf", "-INFINITY", "infinite",
		"nan", "NaN", "+nan", "n", "i", "-", "+", ".", "e5", "abc", " 1", "1 ", "--1", "in", "١", "1e999", "-1e999",
	} {
		f, err := strconv.ParseFloat(s, 64)
		got, ok := parseNumber(s)
		assert.Equal(t, err == nil, ok, "%q", s)
		if err == nil && f == f {
			assert.Equal(t, f, got, "%q", s)
		}
		if f == f {
			assert.Equal(t, f, textNumber(s), "%q", s)
		}
	}
}
