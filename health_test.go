package becket

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// switchDocument has a kill switch whose "enabled" has the given text.
func switchDocument(revision, enabled string) string {
	return `{"schema": 1, "revision": ` + revision + `, "flags": {
  "payments": {"enabled": ` + enabled + `, "default": "on"}}}`
}

// healthScenario brings a client into a state. A step returns the client and, if the fault ends,
// what ends it.
type healthScenario struct {
	name    string
	health  string
	reasons []string // the beginning of each reason
	play    func(t *testing.T, source *script) (client *Client, recovers func())
}

var healthScenarios = []healthScenario{
	{"the source serves the ruleset", "healthy", nil, func(t *testing.T, source *script) (*Client, func()) {
		return servedClient(t, source), nil
	}},
	{"the document is refused", "degraded", []string{
		"refreshes have refused the source's document, 1 in a row: this is a web page, not a ruleset",
	}, func(t *testing.T, source *script) (*Client, func()) {
		return refreshedWith(t, source, `<html>`)
	}},
	{"the document has a lower revision", "degraded", []string{
		"refreshes have refused the source's document, 1 in a row: the document's revision is lower",
	}, func(t *testing.T, source *script) (*Client, func()) {
		return refreshedWith(t, source, switchDocument("1", "true"))
	}},
	{"a kill switch has a typing error", "degraded", []string{
		`the flag "payments" is invalid and keeps its earlier definition: flags.payments.enabled at 2:27: `,
	}, func(t *testing.T, source *script) (*Client, func()) {
		client := servedClient(t, source)
		source.set(serving("2", switchDocument("6", `"flase"`)))
		require.NoError(t, client.Refresh(t.Context()))
		return client, func() { source.set(serving("3", switchDocument("7", "false"))) }
	}},
	{"a flag is invalid at the first start", "degraded", []string{
		`the flag "payments" is invalid and has no earlier definition: flags.payments.enabled at 2:27: `,
	}, func(t *testing.T, source *script) (*Client, func()) {
		source.set(serving("2", switchDocument("6", `"flase"`)))
		client := newTestClient(t, source)
		synctest.Wait()
		return client, func() { source.set(serving("3", switchDocument("7", "false"))) }
	}},
	{"a segment is invalid", "degraded", []string{
		`the segment "staff" is invalid and has no earlier definition: segments.staff`,
	}, func(t *testing.T, source *script) (*Client, func()) {
		source.set(serving("2", `{"schema": 1, "revision": 6, "flags": {"a": {}}, "segments": {"staff": {"iff": {}}}}`))
		client := newTestClient(t, source)
		synctest.Wait()
		return client, func() { source.set(serving("3", switchDocument("7", "false"))) }
	}},
	{"the source fails", "degraded", []string{"refreshes have failed, 1 in a row: down"},
		func(t *testing.T, source *script) (*Client, func()) {
			client := servedClient(t, source)
			source.set(failing(errDown))
			require.Error(t, client.Refresh(t.Context()))
			return client, func() { source.set(serving("1", switchDocument("5", "true"))) }
		}},
	{"a start without the source serves the bootstrap", "degraded", []string{
		"refreshes have failed, 1 in a row: down",
		"the source has not confirmed the ruleset since the start, so that of the tier bootstrap is in use",
	}, func(t *testing.T, source *script) (*Client, func()) {
		source.set(failing(errDown))
		client := newTestClient(t, source, WithBootstrap([]byte(switchDocument("5", "true"))))
		synctest.Wait()
		return client, func() { source.set(serving("1", switchDocument("5", "true"))) }
	}},
	{"a start has nothing to serve", "failing", []string{
		"there is no ruleset, so checks return their defaults", "refreshes have failed, 1 in a row: down",
	}, func(t *testing.T, source *script) (*Client, func()) {
		source.set(failing(errDown))
		client := newTestClient(t, source)
		synctest.Wait()
		return client, func() { source.set(serving("1", switchDocument("5", "true"))) }
	}},
	{"the disk copy is damaged and the source is down", "failing", []string{
		"there is no ruleset, so checks return their defaults",
		"refreshes have failed, 1 in a row: down",
		"the disk copy could not be read or written: the disk copy is damaged: its checksum does not fit",
	}, func(t *testing.T, source *script) (*Client, func()) {
		folder := filepath.Join(t.TempDir(), "flags")
		require.NoError(t, servedClient(t, source, WithDiskCache(folder)).Close())
		damage(t, folder)
		source.set(failing(errDown))
		client := newTestClient(t, source, WithDiskCache(folder))
		synctest.Wait()
		return client, func() { source.set(serving("1", switchDocument("5", "true"))) }
	}},
	{"the folder of the disk copy cannot be written", "degraded", []string{
		"the disk copy could not be read or written: disk copy: ",
	}, func(t *testing.T, source *script) (*Client, func()) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		return servedClient(t, source, WithDiskCache(filepath.Join(file, "flags"))),
			func() { require.NoError(t, os.Remove(file)) }
	}},
	{"the program asks for an unknown flag and for another type", "degraded", []string{
		`checks of "paymentz" as boolean return their default (2 times): the ruleset has no such flag`,
		"further flags whose checks return their default: 1",
	}, func(t *testing.T, source *script) (*Client, func()) {
		client := servedClient(t, source)
		client.For(Subject{}).String("payments", "")
		client.For(Subject{}).Enabled("paymentz")
		client.For(Subject{}).Enabled("paymentz")
		return client, func() { source.set(serving("3", switchDocument("7", "false"))) }
	}},
	{"the sink of exposures fails", "degraded", []string{
		"exposures were lost in the last 15 minutes (1 since the start)",
	}, func(t *testing.T, source *script) (*Client, func()) {
		source.set(serving("1", `{"schema": 1, "flags": {"a": {"track": "all", "default": "on"}}}`))
		client := newTestClient(t, source,
			WithExposures(func(context.Context, []Exposure) error { return errDown }))
		synctest.Wait()
		client.For(NewSubject("user-42")).Enabled("a")
		require.Error(t, client.Flush(t.Context()))
		return client, func() { time.Sleep(15 * time.Minute) }
	}},
	{"the client is closed", "degraded", []string{"the client is closed, so the ruleset is not renewed"},
		func(t *testing.T, source *script) (*Client, func()) {
			client := servedClient(t, source)
			require.NoError(t, client.Close())
			return client, nil
		}},
}

// servedClient returns a client that serves a ruleset of the source.
func servedClient(t *testing.T, source *script, options ...Option) *Client {
	t.Helper()
	source.set(serving("1", switchDocument("5", "true")))
	client := newTestClient(t, source, options...)
	synctest.Wait()
	require.Equal(t, TierNetwork, client.Status().Tier)
	return client
}

// refreshedWith returns a client that serves a ruleset and refuses the next document.
func refreshedWith(t *testing.T, source *script, document string) (*Client, func()) {
	t.Helper()
	client := servedClient(t, source)
	source.set(serving("2", document))
	require.Error(t, client.Refresh(t.Context()))
	return client, func() { source.set(serving("1", switchDocument("5", "true"))) }
}

// damage changes a byte of the disk copy.
func damage(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	copied, err := os.ReadFile(files[0])
	require.NoError(t, err)
	copied[len(copied)-3] ^= 1
	require.NoError(t, os.WriteFile(files[0], copied, 0o600))
}

func TestHealthNamesEachFaultUntilItEnds(t *testing.T) {
	for _, scenario := range healthScenarios {
		t.Run(scenario.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recovers := scenario.play(t, newScript(failing(errDown)))
				health := client.Status().Health()
				assert.Equal(t, scenario.health, health.String(), health.Reasons)
				assert.Equal(t, scenario.health != "failing", health.Serving)
				require.Len(t, health.Reasons, len(scenario.reasons), health.Reasons)
				for i, reason := range scenario.reasons {
					assert.Contains(t, health.Reasons[i], reason)
				}
				if recovers == nil {
					return
				}
				recovers()
				require.NoError(t, client.Refresh(t.Context()))
				synctest.Wait()
				assert.Equal(t, Health{Serving: true}, client.Status().Health(), "the fault has ended")
			})
		})
	}
}

// The function was frozen, or the clock of the machine was put forward: no refresh has failed.
func TestARulesetIsDoubtfulAfterTenPollIntervalsWithoutConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead time.Duration
		source := newScript(serving("1", switchDocument("5", "true")))
		client := newTestClient(t, source, WithPollInterval(time.Minute),
			WithClock(func() time.Time { return time.Now().Add(ahead) }))
		synctest.Wait()
		ahead = 10 * time.Minute
		assert.Equal(t, "healthy", client.Status().Health().String())
		ahead += time.Second
		assert.Equal(t, []string{
			"the source has not confirmed the ruleset for 10m1s, which is more than 10 poll intervals",
		}, client.Status().Health().Reasons)
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "healthy", client.Status().Health().String(), "the source has confirmed it")
	})
}

func TestARestartWithARecentDiskCopyIsHealthyBeforeTheSourceAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "flags")
		source := newScript(failing(errDown))
		require.NoError(t, servedClient(t, source, WithDiskCache(folder)).Close())
		hangs := func(ctx context.Context, _ Validator) (Document, error) {
			<-ctx.Done()
			return Document{}, ctx.Err()
		}
		source.set(hangs)
		recent := newTestClient(t, source, WithDiskCache(folder))
		require.Equal(t, TierDisk, recent.Status().Tier)
		assert.Equal(t, "healthy", recent.Status().Health().String())
		require.NoError(t, recent.Close())

		time.Sleep(time.Hour)
		late := newTestClient(t, source, WithDiskCache(folder))
		require.Equal(t, TierDisk, late.Status().Tier)
		assert.Equal(t, []string{
			"the source has not confirmed the ruleset for 1h0m0s, which is more than 10 poll intervals",
		}, late.Status().Health().Reasons)
	})
}

func TestTheReasonsBeginWithKeptDefinitionsAndAreFew(t *testing.T) {
	s := Status{Tier: TierNetwork, ReadAt: time.Unix(1, 0), ConfirmedAt: time.Unix(1, 0)}
	for range 11 {
		s.Bad = append(s.Bad, Bad{Section: "flags", Key: "lost"})
	}
	s.Bad = append(s.Bad, Bad{Section: "flags", Key: "kept", Kept: true, Err: errors.New("becket: a typing error")})
	ten := Status{Tier: TierNetwork, ReadAt: s.ReadAt, ConfirmedAt: s.ConfirmedAt, Bad: s.Bad[:10]}
	assert.Len(t, ten.Health().Reasons, 10, "nothing is left out")
	reasons := s.Health().Reasons
	require.Len(t, reasons, 11)
	assert.Equal(t, `the flag "kept" is invalid and keeps its earlier definition: a typing error`, reasons[0])
	assert.Equal(t, `the flag "lost" is invalid and has no earlier definition: flags.lost could not be read`, reasons[1])
	assert.Equal(t, "further invalid flags and segments: 2", reasons[10])
	assert.Equal(t, "lost", s.Bad[0].Key, "the list of the Status keeps its order")
}

func TestANilClientFails(t *testing.T) {
	var client *Client
	assert.Equal(t, Health{Reasons: []string{
		"there is no ruleset, so checks return their defaults",
	}}, client.Status().Health())
	assert.Equal(t, "failing", client.Status().Health().String())
}
