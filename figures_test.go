package becket

import (
	"slices"
	"testing"

	"github.com/becketflags/becket/internal/figuretest"
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
	for _, row := range slices.Concat(figuresOfPolling, figuresOfHTTP, figuresOfEvents, figuresOfExposures,
		figuresOfHealth, figuresOfRulesets, figuresOfErrors, figuresOfCosts, figuresOfFiles) {
		t.Run(row.words, func(t *testing.T) {
			t.Parallel()
			figuretest.Says(t, row.page, row.words)
			row.holds(t)
		})
	}
}
