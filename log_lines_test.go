package becket

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLogNamesEachSegmentThatChanges(t *testing.T) {
	t.Parallel()
	log := &logged{}
	segments := func(revision int, text string) string {
		return fmt.Sprintf(`{"schema":1,"revision":%d,"flags":{"f":{}},"segments":{%s}}`, revision, text)
	}
	publishInTurn(t, []string{
		segments(1, `"a":{},"b":{},"c":{}`), segments(2, `"b":{},"c":{"include":["u"]},"d":{}`),
	}, WithLogger(log.logger()))
	for line, count := range map[string]int{
		`level=INFO msg="becket: segment added" segment=d revision=2`:   1,
		`level=INFO msg="becket: segment removed" segment=a revision=2`: 1,
		`level=INFO msg="becket: segment changed" segment=c revision=2`: 1,
		"becket: segment": 3,
	} {
		assert.Equal(t, count, strings.Count(log.String(), line), "%s\n%s", line, log.String())
	}
}

func TestTheLogSaysHowManyInvalidFlagsItLeavesOut(t *testing.T) {
	t.Parallel()
	log := &logged{}
	unknown := strings.TrimPrefix(copies(25, `"unknown-%d":1`), ",")
	publishInTurn(t, []string{`{"schema":1,"flags":{` + copies(23, `"f%d":3`) + `},` + unknown + `}`},
		WithLogger(log.logger()))
	text := log.String()
	assert.Equal(t, 20, strings.Count(text, `msg="becket: flag or segment could not be read" section=flags key=f`))
	assert.Contains(t, text, `level=WARN msg="becket: further flags or segments could not be read" number=3`)
	assert.Equal(t, 20, strings.Count(text, `level=WARN msg="becket: warning" warning=`))
	assert.Contains(t, text, `unknown field \"unknown-0\"`)
}

func TestTheLogTellsTheKindsOfMisfitsApart(t *testing.T) {
	t.Parallel()
	log := &logged{}
	synctest.Test(t, func(t *testing.T) {
		document := `{"schema":1,"flags":{"known":{},"object":{"variants":{"a":{"N":"text"}},"default":"a"}}}`
		client := newTestClient(t, newScript(serving("1", document)), WithLogger(log.logger()))
		require.NoError(t, client.Wait(t.Context()))
		view := client.For(Subject{})
		for range 3 {
			view.Enabled("knwon")
			view.String("known", "")
			JSON(view, "object", struct{ N int }{})
		}
		require.NoError(t, client.Close())
	})
	for _, line := range []string{
		`level=WARN msg="becket: checks ask for an unknown flag, and get their default" flag=knwon type=boolean`,
		`(did you mean \"known\"?)`,
		`level=WARN msg="becket: checks ask for a flag as another type, and get their default" flag=known type=string`,
		`level=WARN msg="becket: an object does not fit its type, and checks get their default" flag=object type="struct`,
	} {
		assert.Equal(t, 1, strings.Count(log.String(), line), "%s\n%s", line, log.String())
	}
}
