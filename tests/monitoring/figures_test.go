package monitoring_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
)

// Each row quotes the row of an alert in docs/operations.md, with the time and the number of the
// rule, so that a change of the rule or of the page alone fails.
func TestThePageForTheEngineerOnCallNamesTheFiguresOfTheAlerts(t *testing.T) {
	figures := map[string]struct{ wait, expression, words string }{
		"BecketServesDefaults": {"1m", " == 1", "there has been no ruleset for a minute"},
		"BecketServesDiskCopyOrBootstrap": {
			"10m", " == 1", "the source has not answered within ten minutes after the start",
		},
		"BecketRulesetStale":    {"1m", " > 600", "the source has not confirmed the ruleset for ten minutes"},
		"BecketSignalLost":      {"10m", " == 0", "a signal has not been connected for ten minutes"},
		"BecketRefreshesFail":   {"", " > 10", "more than 10 refreshes in a row failed"},
		"BecketDiskCopyFails":   {"10m", " == 1", "could not be read or written for ten minutes"},
		"BecketInvalidFlag":     {"1m", " > 0", "a definition of the published ruleset has been invalid for a minute"},
		"BecketInvalidSegment":  {"1m", " > 0", "a definition of the published ruleset has been invalid for a minute"},
		"BecketInstancesDiffer": {"10m", "", "instances of a job have served different revisions for ten minutes"},
		"BecketOverridesInProduction": {
			"", `"prod.*"`, "a machine overrides flags, and the ruleset's environment begins with `prod`",
		},
		"BecketUnknownFlag":      {"", " > 0", "the program asks for a flag that the ruleset does not have"},
		"BecketMisfit":           {"", " > 0", "the program asks for a flag of another type"},
		"BecketExposuresDropped": {"", "[15m]", "exposures were dropped within 15 minutes"},
	}
	for _, r := range readRules(t) {
		t.Run(r.Alert, func(t *testing.T) {
			figure, known := figures[r.Alert]
			require.True(t, known, "the table has no row for the alert")
			figuretest.Says(t, "docs/operations.md", figure.words)
			assert.Equal(t, figure.wait, r.For)
			assert.Contains(t, r.Expr, figure.expression)
		})
	}
}
