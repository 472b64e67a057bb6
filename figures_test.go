package becket

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// figure is a number that a page names, in the page's own words, and the behaviour that must agree
// with it. The tests write the number out instead of using the constant in the code, so that a
// change of either one alone fails.
type figure struct {
	page, words string
	holds       func(t *testing.T)
}

func TestEveryFigureOfThePagesHolds(t *testing.T) {
	t.Parallel()
	figures := append(append(append([]figure{}, figuresOfPolling...), figuresOfHTTP...), figuresOfEvents...)
	figures = append(append(figures, figuresOfExposures...), figuresOfHealth...)
	for _, row := range figures {
		t.Run(row.words, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(row.page)
			require.NoError(t, err)
			if !strings.Contains(plainWords(string(text)), row.words) {
				t.Fatalf("%s no longer says this", row.page)
			}
			row.holds(t)
		})
	}
}

var layout = regexp.MustCompile(`(\s|//)+`)

// plainWords removes the layout of a page and the slashes of a comment.
func plainWords(page string) string {
	return strings.TrimSpace(layout.ReplaceAllString(page, " "))
}
