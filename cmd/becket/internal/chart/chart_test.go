package chart_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/chart"
)

func TestBarsAreDrawnToAnEighthOfAColumn(t *testing.T) {
	for name, row := range map[string]struct {
		share float64
		bar   string
	}{
		"nothing":                     {0, ""},
		"hardly anything is seen":     {0.00001, "▏"},
		"an eighth of a column":       {0.0125, "▏"},
		"a half":                      {0.5, "█████"},
		"a column and three quarters": {0.175, "█▊"},
		"all":                         {1, "██████████"},
		"more than all is cut":        {1.5, "██████████"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, row.bar, chart.Bar(row.share, 10)) })
	}
}

func TestChartsFitEightyColumns(t *testing.T) {
	text := strings.Repeat("0", 31) // as long as the longest figures behind a bar
	for _, label := range []string{"", "on", "größer", strings.Repeat("ä", 100)} {
		var b bytes.Buffer
		require.NoError(t, chart.Write(&b, []chart.Row{{label, 1, text}, {"x", 0.3, text}}, nil))
		for line := range strings.Lines(b.String()) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), chart.Width)
			assert.True(t, strings.HasSuffix(line, "  "+text+"\n"), "the figures stand at the end")
		}
	}
}

func TestColumnsStandBelowEachOther(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t,
		chart.Write(&b, []chart.Row{{"on", 0.25, " 25 %"}, {"off", 0.75, " 75 %"}},
			func(bar string) string { return "<" + bar + ">" }))
	lines := strings.Split(strings.NewReplacer("<", "", ">", "").Replace(b.String()), "\n")
	assert.Equal(t, utf8.RuneCountInString(lines[0]), utf8.RuneCountInString(lines[1]))
	assert.Contains(t, b.String(), "off  <", "only the bar is coloured")
}
