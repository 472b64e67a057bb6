package ruleset_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

// One window covers another exactly if the library serves the first at every minute of a week at
// which it serves the other.
func TestOneRecurringWindowCoversAnother(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	windows := []string{
		"", `, "every": {}`, `, "every": {"zone": "Asia/Kolkata"}`, `, "every": {"from": "09:00", "until": "09:00"}`,
	}
	for len(windows) < 40 {
		windows = append(windows, randomWindow(random))
	}
	var flags []string
	for i, window := range windows {
		flags = append(flags, fmt.Sprintf(`"f%d": {"rules": [{"serve": "on"%s}]}`, i, window))
	}
	document := `{"schema": 1, "flags": {` + strings.Join(flags, ",") + `}}`
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err)
	all, err := ruleset.Read([]byte(document), rules.Info().Bad)
	require.NoError(t, err)
	open := make([][]bool, len(windows))
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for minute := 0; minute < 7*24*60; minute += 15 {
		at := becket.MomentAt(start.Add(time.Duration(minute)*time.Minute), 0)
		for i := range windows {
			r := rules.Evaluate(fmt.Sprintf("f%d", i), becket.KindBool, nil, at)
			open[i] = append(open[i], r.Variant.Value.Bool())
		}
	}
	covering := 0
	for i := range windows {
		for j := range windows {
			covers := true
			for minute := range open[i] {
				covers = covers && (open[i][minute] || !open[j][minute])
			}
			one, other := &all.Flag(fmt.Sprintf("f%d", i)).Rules[0], &all.Flag(fmt.Sprintf("f%d", j)).Rules[0]
			sameZone := strings.Contains(windows[i], "Kolkata") == strings.Contains(windows[j], "Kolkata")
			if sameZone || !one.HasEvery {
				assert.Equal(t, covers, ruleset.EveryCovers(one, other), "%s and %s", windows[i], windows[j])
			} else {
				assert.False(t, ruleset.EveryCovers(one, other) && !covers, "%s and %s", windows[i], windows[j])
			}
			if covers && i != j {
				covering++
			}
		}
	}
	assert.Greater(t, covering, 100, "the windows must be alike enough for the test to mean something")
}

func randomWindow(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	fields := []string{
		`"days": [` + pick(`"mon"`, `"sat"`, `"sat", "sun"`, `"mon", "tue", "wed", "thu", "fri", "sat", "sun"`) + `]`,
	}
	if random.IntN(2) == 0 {
		fields = append(fields, `"from": "`+pick("00:00", "06:15", "22:00")+`"`)
	}
	if random.IntN(2) == 0 {
		fields = append(fields, `"until": "`+pick("00:00", "06:15", "23:00", "24:00")+`"`)
	}
	if random.IntN(5) == 0 {
		fields = append(fields, `"zone": "Asia/Kolkata"`)
	}
	return `, "every": {` + strings.Join(fields, ", ") + `}`
}
