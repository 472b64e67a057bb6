package monitoring_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// scripted is a source that behaves as the scenario tells it to.
type scripted struct {
	mutex    sync.Mutex
	document string
	err      error
}

func (s *scripted) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return becket.Document{Body: []byte(s.document)}, s.err
}

func (s *scripted) Identity() string { return "scripted" }

// set changes the document and the error of the next fetches.
func (s *scripted) set(document string, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.document, s.err = document, err
}

var errDown = errors.New("the origin is down")

// ruleset returns a document with a kill switch whose "enabled" is the given JSON.
func ruleset(revision int, enabled string) string {
	return fmt.Sprintf(`{"schema": 1, "revision": %d, "environment": "production",
		"segments": {"staff": {"if": {"attribute": "email", "ends_with": "@example.com"}}},
		"flags": {
			"payments": {"enabled": %s, "default": "on"},
			"experiment": {"default": {"split": {"on": 50, "off": 50}}},
			"limits": {"variants": {"standard": {"rps": 100}}, "default": "standard"}
		}}`, revision, enabled)
}

// scenario is a fault, and the alerts that fire if it lasts for half an hour.
type scenario struct {
	name      string
	instances []func(*testing.T, *scripted) *becket.Client
	alerts    []string
}

func scenarios() []scenario {
	one := func(run func(*testing.T, *scripted) *becket.Client) []func(*testing.T, *scripted) *becket.Client {
		return []func(*testing.T, *scripted) *becket.Client{run}
	}
	return []scenario{
		{"all is well", one(serves(42)), nil},
		{"the source has said nothing for a quarter of an hour", one(goesStale), []string{"BecketRulesetStale"}},
		{"a signal is lost", one(losesSignal), []string{"BecketSignalLost"}},
		{"refreshes fail", one(failsOften), []string{"BecketRefreshesFail"}},
		{"a restart without the source serves the disk copy", one(servesDiskCopy),
			[]string{"BecketServesDiskCopyOrBootstrap", "BecketRulesetStale"}},
		{"a start without the source serves the bootstrap", one(servesBootstrap),
			[]string{"BecketServesDiskCopyOrBootstrap", "BecketRulesetStale"}},
		{"a start without the source and bootstrap", one(servesDefaults),
			[]string{"BecketServesDefaults", "BecketRulesetStale"}},
		{"the disk copy cannot be written", one(cannotWrite), []string{"BecketDiskCopyFails"}},
		{"a kill switch has a typing error", one(hasInvalidKillSwitch), []string{"BecketInvalidFlag"}},
		{"the first ruleset has an invalid segment", one(hasInvalidSegment), []string{"BecketInvalidSegment"}},
		{"one of three instances has not got the switch",
			[]func(*testing.T, *scripted) *becket.Client{serves(42), serves(41), serves(42)},
			[]string{"BecketInstancesDiffer"}},
		{"a machine overrides a flag in production", one(overrides), []string{"BecketOverridesInProduction"}},
		{"the program asks for a flag that does not exist", one(asksForUnknownFlag), []string{"BecketUnknownFlag"}},
		{"an object does not fit its type", one(misfits), []string{"BecketMisfit"}},
		{"the sink of exposures fails", one(dropsExposures), []string{"BecketExposuresDropped"}},
	}
}

// start makes a client that polls once an hour, and waits until its first fetch has ended.
func start(t *testing.T, source becket.Source, options ...becket.Option) *becket.Client {
	t.Helper()
	options = append(options, becket.WithPollInterval(time.Hour), becket.WithLogger(slog.New(slog.DiscardHandler)))
	client, err := becket.New(source, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	synctest.Wait()
	return client
}

func serves(revision int) func(*testing.T, *scripted) *becket.Client {
	return func(t *testing.T, s *scripted) *becket.Client {
		s.set(ruleset(revision, "true"), nil)
		return start(t, s)
	}
}

// lost is a signal that cannot be connected.
type lost struct{}

func (lost) Name() string { return "bus" }

func (lost) Watch(context.Context, func(becket.Hint)) error { return errors.New("connection refused") }

func losesSignal(t *testing.T, s *scripted) *becket.Client {
	s.set(ruleset(42, "true"), nil)
	return start(t, s, becket.WithSignal(lost{}))
}

func goesStale(t *testing.T, s *scripted) *becket.Client {
	client := serves(42)(t, s)
	time.Sleep(15 * time.Minute)
	return client
}

func failsOften(t *testing.T, s *scripted) *becket.Client {
	client := serves(42)(t, s)
	s.set("", errDown)
	for range 11 {
		require.ErrorIs(t, client.Refresh(t.Context()), errDown)
	}
	return client
}

func servesDiskCopy(t *testing.T, s *scripted) *becket.Client {
	folder := filepath.Join(t.TempDir(), "flags")
	s.set(ruleset(42, "true"), nil)
	require.NoError(t, start(t, s, becket.WithDiskCache(folder)).Close())
	time.Sleep(15 * time.Minute)
	s.set("", errDown)
	return start(t, s, becket.WithDiskCache(folder))
}

// servesBootstrap closes the client, so that the number of failures does not depend on the jitter.
func servesBootstrap(t *testing.T, s *scripted) *becket.Client {
	s.set("", errDown)
	client := start(t, s, becket.WithBootstrap([]byte(ruleset(42, "true"))))
	require.NoError(t, client.Close())
	return client
}

func servesDefaults(t *testing.T, s *scripted) *becket.Client {
	s.set("", errDown)
	client := start(t, s)
	require.NoError(t, client.Close())
	return client
}

func cannotWrite(t *testing.T, s *scripted) *becket.Client {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("no folder"), 0o600))
	s.set(ruleset(42, "true"), nil)
	return start(t, s, becket.WithDiskCache(filepath.Join(file, "flags")))
}

func hasInvalidKillSwitch(t *testing.T, s *scripted) *becket.Client {
	client := serves(41)(t, s)
	s.set(ruleset(42, `"flase"`), nil)
	require.NoError(t, client.Refresh(t.Context()))
	require.True(t, client.For(becket.Subject{}).Enabled("payments"), "the switch is not in force")
	return client
}

func hasInvalidSegment(t *testing.T, s *scripted) *becket.Client {
	s.set(`{"schema": 1, "revision": 42, "environment": "production", "segments": {"staff": {"iff": {}}},
		"flags": {"payments": {"default": "on"}}}`, nil)
	return start(t, s)
}

func overrides(t *testing.T, s *scripted) *becket.Client {
	file := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"payments": false}`), 0o600))
	s.set(ruleset(42, "true"), nil)
	return start(t, s, becket.WithOverrides(file))
}

func asksForUnknownFlag(t *testing.T, s *scripted) *becket.Client {
	client := serves(42)(t, s)
	require.False(t, client.For(becket.Subject{}).Enabled("paymentz"))
	return client
}

func misfits(t *testing.T, s *scripted) *becket.Client {
	client := serves(42)(t, s)
	type wrong struct {
		RPS string `json:"rps"`
	}
	becket.JSON(client.For(becket.Subject{}), "limits", wrong{})
	return client
}

func dropsExposures(t *testing.T, s *scripted) *becket.Client {
	s.set(ruleset(42, "true"), nil)
	sink := becket.Sink(func(context.Context, []becket.Exposure) error { return errDown })
	client := start(t, s, becket.WithExposures(sink))
	client.For(becket.NewSubject("user-42")).Enabled("experiment")
	require.ErrorIs(t, client.Flush(t.Context()), errDown)
	require.EqualValues(t, 1, client.Status().Exposures.Dropped)
	return client
}

// playAll instruments a client from its start, so that there are durations and sizes of refreshes.
func playAll(t *testing.T) *scrape {
	t.Helper()
	var all *scrape
	synctest.Test(t, func(t *testing.T) {
		source := &scripted{}
		source.set(ruleset(42, "true"), nil)
		e := export(t, start(t, source))
		require.NoError(t, e.client.Refresh(t.Context()))
		synctest.Wait()
		all = e.scrape(t, "shop-1", acceptTwo)
	})
	return all
}

// play runs a scenario on virtual time and returns what the exporter then serves.
func play(t *testing.T, s scenario) *scrape {
	t.Helper()
	all := &scrape{}
	synctest.Test(t, func(t *testing.T) {
		for n, run := range s.instances {
			all.add(measure(t, fmt.Sprintf("shop-%d", n+1), run))
		}
	})
	return all
}

// measure instruments the client when its scenario is over. A client without a confirmed ruleset is
// then left alone for a quarter of an hour, since its age counts from there.
func measure(t *testing.T, instance string, run func(*testing.T, *scripted) *becket.Client) *scrape {
	t.Helper()
	e := export(t, run(t, &scripted{}))
	if e.client.Status().ConfirmedAt.IsZero() {
		time.Sleep(15 * time.Minute)
	}
	s := e.scrape(t, instance, acceptTwo)
	require.Equal(t, s, e.scrape(t, instance, acceptThree), "Prometheus 3 sees the same names")
	return s
}
