package becket

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAMillionFailedEvaluationsAreLoggedSparingly makes a million evaluations that fail, within
// some minutes.
func TestAMillionFailedEvaluationsAreLoggedSparingly(t *testing.T) {
	for _, test := range []struct {
		name        string
		hooks       Hooks
		least, most int
	}{
		{"without a hook: a line an hour for each flag that cannot be had", Hooks{}, 2, 2},
		{"a hook panics at each: a line a minute", Hooks{OnEvaluate: func(Evaluation) { panic("bad hook") }}, 3, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &logged{}
				source := newScript(serving("1", aged))
				client := newTestClient(t, source, WithLogger(out.logger()), WithHooks(test.hooks))
				require.NoError(t, client.Refresh(t.Context()))
				synctest.Wait()
				before := strings.Count(out.String(), "\n")
				v := client.For(Subject{})
				asks := 1_000_000
				if test.hooks.OnEvaluate != nil {
					asks = 100_000 // a panic takes its time
				}
				for i := range asks {
					switch i % 4 {
					case 0:
						v.Enabled("unknown")
					case 1:
						v.String("a-later", "another type")
					case 2:
						v.Enabled("f-broken")
					default:
						v.BoolDetail("unknown", true)
					}
					if i%(asks/5) == 0 {
						time.Sleep(time.Minute)
					}
				}
				time.Sleep(time.Second)
				lines := strings.Count(out.String(), "\n") - before
				assert.GreaterOrEqual(t, lines, test.least, out.String())
				assert.LessOrEqual(t, lines, test.most, out.String())
				if test.hooks.OnEvaluate != nil {
					assert.Contains(t, out.String(), "left_out=", "the next line says how many were left out")
					assert.Equal(t, uint64(asks), client.Status().HookPanics)
				}
			})
		})
	}
}

func TestTheLogNamesTheFailure(t *testing.T) {
	t.Parallel()
	during := &outage{
		failures: 3, since: time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC),
		serving: &served{tier: TierDisk, revision: 7},
	}
	for want, e := range map[string]*event{
		"refresh failed":                  {failure: &DeliveryError{CauseFetch, assert.AnError}, outage: during},
		"disk copy not written":           {failure: &DeliveryError{CauseDisk, assert.AnError}},
		"disk copy not usable":            {failure: &DeliveryError{CauseDisk, assert.AnError}, reading: true},
		"a function of the program panic": {failure: &DeliveryError{CauseHook, assert.AnError}},
		"exposures are lost":              {failure: &DeliveryError{CauseSink, assert.AnError}},
		"overrides could not be read":     {failure: &DeliveryError{CauseOverride, assert.AnError}},
	} {
		var lines bytes.Buffer
		newLimitedLogger(slog.New(slog.NewTextHandler(&lines, nil))).failed(e)
		assert.Contains(t, lines.String(), `msg="becket: `+want)
		assert.Contains(t, lines.String(), "level=WARN")
		assert.Equal(t, e.outage != nil, strings.Contains(lines.String(),
			"serving_tier=disk serving_revision=7 failures=3 since=2026-11-15T12:00:00.000Z"), lines.String())
	}
}

func TestTheLogFollowsAnOutageToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		source := newScript(serving("", `{"schema":1,"revision":4,"flags":{"a":{},"b":{}}}`))
		client := newTestClient(t, source, WithLogger(out.logger()), WithPollInterval(10*time.Second))
		require.NoError(t, client.Wait(t.Context()))
		synctest.Wait()
		assert.Contains(t, out.String(), `msg="becket: ruleset published" revision=4 previous=0 tier=network flags=2`)
		source.set(failing(errors.New("no route to host")))
		time.Sleep(2 * time.Minute)
		source.set(failing(errors.New("connection refused")))
		time.Sleep(20 * time.Second)
		source.set(serving("", `{"schema":1,"revision":4,"flags":{"a":{},"b":{}}}`))
		time.Sleep(20 * time.Second)
		lines := strings.Split(out.String(), "\n")
		var told []string
		for _, line := range lines {
			if strings.Contains(line, "refresh failed") || strings.Contains(line, "recovered") {
				told = append(told, line)
			}
		}
		require.Len(t, told, 4, "at once, a minute later, for another error, and at the end")
		assert.Contains(t, told[0], "serving_tier=network serving_revision=4 failures=1")
		assert.Contains(t, told[1], "left_out=")
		assert.Contains(t, told[2], "connection refused")
		assert.Contains(t, told[3], `msg="becket: recovered" failures=`)
		assert.Contains(t, told[3], "after=2m")
	})
}

func TestInvalidFlagsAreLoggedAgainEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, heard := &logged{}, &recorder{}
		source := newScript(serving("v1", `{"schema":1,"flags":{"switch":{"enabld":false}}}`))
		client := newTestClient(t, source, WithLogger(out.logger()), WithHooks(heard.hooks()))
		require.NoError(t, client.Wait(t.Context()))
		time.Sleep(3*time.Hour + 30*time.Minute)
		assert.Equal(t, 4, strings.Count(out.String(), "section=flags key=switch"))
		_, errs, _ := heard.seen()
		assert.Len(t, errs, 1, "OnError is called once")
	})
}

func TestTheLogNamesTheRulesetOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		newTestClient(t, newScript(failing(errDown)), WithLogger(out.logger()),
			WithBootstrap([]byte(flagsDocument(3, "a"))))
		synctest.Wait()
		assert.Contains(t, out.String(), `level=INFO msg="becket: serving a ruleset" tier=bootstrap revision=3 flags=1`)
	})
}

func TestAFolderThatCannotBeWrittenIsReportedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		client := newTestClient(t, newScript(failing(errDown)), WithLogger(out.logger()),
			WithDiskCache(filepath.Join(file, "folder")))
		synctest.Wait()
		assert.Error(t, client.Status().DiskError)
		assert.Contains(t, out.String(), `msg="becket: disk copy not `)
	})
}

// The default logger belongs to the whole process, so this test does not run in parallel.
func TestAClientLogsToTheDefaultLoggerUnlessItIsGivenAnother(t *testing.T) {
	out, before := &logged{}, slog.Default()
	slog.SetDefault(out.logger())
	defer slog.SetDefault(before)
	document := []byte(flagsDocument(3, "a"))
	for _, options := range [][]Option{nil, {WithLogger(nil)}} {
		client, err := New(Bytes(document), options...)
		require.NoError(t, err)
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Close())
		assert.Contains(t, out.String(), "becket: ruleset published")
		*out = logged{}
	}
	client, err := New(Bytes(document), WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Close())
	assert.Empty(t, out.String())
}
