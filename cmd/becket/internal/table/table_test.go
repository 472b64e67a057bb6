package table_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/table"
)

func TestATableFitsItsWidth(t *testing.T) {
	rows := [][]string{
		{"FLAG", "STATE", "DESCRIPTION"},
		{"größe-des-knopfs", "on where country is DE, AT or CH", "Die Größe des Knopfs, der zur Kasse führt"},
		{"家族", "off", "👩‍👩‍👧 family accounts, which several people share"},
	}
	for width := 30; width < 120; width++ {
		var b bytes.Buffer
		require.NoError(t, table.Write(&b, rows, width))
		for line := range strings.Lines(b.String()) {
			assert.LessOrEqual(t, uniseg.StringWidth(strings.TrimSuffix(line, "\n")), width, line)
		}
		assert.Equal(t, width < 98, strings.Contains(b.String(), "…"), width)
	}
	var b bytes.Buffer
	require.NoError(t, table.Write(&b, rows, 80))
	assert.Equal(t, `FLAG              STATE                             DESCRIPTION
größe-des-knopfs  on where country is DE, AT or CH  Die Größe des Knopfs, der z…
家族              off                               👩‍👩‍👧 family accounts, which s…
`, b.String())
	b.Reset()
	require.NoError(t, table.Write(&b, rows, 0))
	assert.NotContains(t, b.String(), "…", "without a terminal, nothing is cut")
}

func TestAParagraphBreaksBetweenWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "- \n",
		"one two three":         "- one two\n  three\n",
		"aVeryLongWord and one": "- aVeryLongWord\n  and one\n",
		"äöü  äöü\näöü":         "- äöü äöü\n  äöü\n",
	} {
		var b bytes.Buffer
		require.NoError(t, table.Paragraph(&b, "- ", text, 10))
		assert.Equal(t, strings.Replace(want, "- \n", "-\n", 1), b.String())
	}
}
