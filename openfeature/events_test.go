package openfeature_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The names of the tests in this file contain the numbers of OpenFeature's specification, section
// 5: events.

// revision returns a document whose flag "b" differs between revisions. If segment is not empty, a
// segment differs too.
func revision(n int, segment string) string {
	return fmt.Sprintf(`{"schema": 1, "revision": %d, "environment": "production", "segments": {"staff": {"include": ["%s"]}}, "flags": {
		"a": {}, "b": {"description": "%d"}, "n%d": {}, "theme": {"variants": {"dark": "#000"}, "default": "dark"}}}`,
		n, segment, n, n)
}

const poll = 10 * time.Second

func TestRequirement_5_1_1_And_5_3_1_ReadyOnceAfterInitialising(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, serving(revision(1, "x")))))
		events := b.take()
		// Two events would mean that the SDK no longer reports READY itself, or that the provider
		// has begun to report it.
		require.Len(t, events, 1)
		assert.Equal(t, of.ProviderReady, events[0].kind)
		assert.Equal(t, "becket", events[0].ProviderName)
	})
}

// The provider leaves READY and ERROR around its initialisation to the SDK. This test fails if the
// SDK stops reporting them.
func TestTheSDKReportsReadyAndErrorItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(newClient(t, serving(revision(1, "x"))))
		require.NoError(t, p.Init(of.EvaluationContext{}))
		time.Sleep(time.Minute)
		assert.Empty(t, p.EventChannel(), "the provider reports nothing of it")
		p.Shutdown()

		down := newBoard(t)
		require.Error(t, down.api.SetProviderAndWait(t.Context(), provider.New(newClient(t, serving("")))))
		assert.Equal(t, []of.EventType{of.ProviderError}, down.kinds())
		up := newBoard(t)
		up.bind(t, provider.New(newClient(t, serving(revision(1, "x")))))
		assert.Equal(t, []of.EventType{of.ProviderReady}, up.kinds())
	})
}

func TestRequirement_5_1_2_And_5_1_3_HandlersOfClientAndAPIAreCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving(revision(1, "x"))
		client := newClient(t, source, becket.WithPollInterval(poll))
		b := newBoard(t)
		heard := make(chan of.EventDetails, 10)
		handler := func(details of.EventDetails) { heard <- details }
		b.api.AddHandler(of.ProviderConfigChange, &handler)
		b.bind(t, provider.New(client))
		b.take()

		source.serve(revision(2, "x"))
		time.Sleep(2 * poll)
		events := b.take()
		require.Len(t, events, 1)
		assert.Equal(t, of.ProviderConfigChange, events[0].kind)
		assert.Equal(t, []string{"b", "n1", "n2"}, events[0].FlagChanges)
		assert.Equal(t, map[string]any{"version": "2", "flagSetId": "production"}, events[0].EventMetadata)
		assert.Equal(t, events[0].FlagChanges, (<-heard).FlagChanges)
		assert.Empty(t, heard)
	})
}

func TestAChangedSegmentNamesAllFlags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving(revision(1, "x"))
		client := newClient(t, source)
		b := newBoard(t)
		b.bind(t, provider.New(client))
		b.take()
		source.serve(revision(1, "y"))
		require.NoError(t, client.Refresh(t.Context()))
		events := b.take()
		require.Len(t, events, 1)
		assert.Equal(t, []string{"a", "b", "n1", "theme"}, events[0].FlagChanges)
	})
}

func TestADocumentWithoutChangesSendsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, serving(revision(1, "x")), becket.WithPollInterval(poll))
		b := newBoard(t)
		b.bind(t, provider.New(client))
		b.take()
		time.Sleep(time.Hour)
		assert.Empty(t, b.take())
		assert.Greater(t, client.Status().Refreshes, uint64(200))
	})
}

func TestRequirement_5_1_4_And_5_1_5_AnErrorHasAMessageAndACode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		require.Error(t, b.api.SetProviderAndWait(t.Context(), provider.New(newClient(t, serving("")))))
		events := b.take()
		require.Len(t, events, 1)
		assert.Contains(t, events[0].Message, "there is no ruleset yet")
		assert.Contains(t, events[0].Message, errDown.Error())
		// The error code decides the state. The SDK does not give the code to handlers.
		assert.Equal(t, of.ErrorState, events[0].state)
	})
}

func TestRequirement_5_3_2_ErrorAndThenReadyWhenARulesetComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving("")
		b := newBoard(t)
		require.Error(t,
			b.api.SetProviderAndWait(t.Context(), provider.New(newClient(t, source, becket.WithPollInterval(poll)))))
		assert.Equal(t, []of.EventType{of.ProviderError}, b.kinds())
		time.Sleep(time.Minute)
		assert.Empty(t, b.kinds(), "a lasting error is reported once")

		source.serve(revision(1, "x"))
		time.Sleep(2 * poll)
		assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
		assert.Equal(t, "#000", b.client.String(t.Context(), "theme", "", user("u", nil)))
	})
}

func TestRequirement_5_3_3_ALateHandlerReceivesTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, serving(""), becket.WithBootstrap([]byte(revision(1, "x"))))))
		b.take()
		heard := 0
		handler := func(of.EventDetails) { heard++ }
		b.client.AddHandler(of.ProviderStale, &handler)
		assert.Equal(t, 1, heard)
	})
}

func TestRequirement_5_3_5_StaleFromDiskAndReadyWhenFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		before, err := becket.New(serving(revision(1, "x")), becket.WithDiskCache(folder))
		require.NoError(t, err)
		require.NoError(t, before.Refresh(t.Context()))
		require.NoError(t, before.Close())

		source := serving("")
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, source, becket.WithDiskCache(folder), becket.WithPollInterval(poll))))
		events := b.take()
		require.Len(t, events, 2)
		assert.Equal(t, of.ProviderReady, events[0].kind)
		assert.Equal(t, of.ProviderStale, events[1].kind)
		assert.Equal(t, of.StaleState, events[1].state, "handlers see the state that the event brings")
		assert.Equal(t, of.StaleState, b.client.State())
		assert.Contains(t, events[1].Message, "the ruleset is from disk")
		assert.Contains(t, events[1].Message, errDown.Error())

		source.serve(revision(2, "x"))
		time.Sleep(2 * poll)
		assert.ElementsMatch(t, []of.EventType{of.ProviderReady, of.ProviderConfigChange}, b.kinds())
		assert.Equal(t, of.ReadyState, b.client.State())
	})
}

func TestAStartFromDiskDoesNotFlickerWhenTheNetworkAnswersSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, serving(revision(1, "x")), becket.WithBootstrap([]byte(revision(1, "x"))))
		b := newBoard(t)
		b.bind(t, provider.New(client))
		assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
	})
}

func TestStaleWhenTheSourceFailsForLongerThanTheLimit(t *testing.T) {
	const limit = 3 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		source := serving(revision(1, "x"))
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, source, becket.WithPollInterval(poll)), provider.WithStaleAfter(limit)))
		b.take()

		source.serve("")
		time.Sleep(limit - 2*poll)
		assert.Empty(t, b.kinds(), "a source may fail for a while")
		time.Sleep(3 * poll)
		events := b.take()
		require.Len(t, events, 1)
		assert.Equal(t, of.ProviderStale, events[0].kind)
		assert.Contains(t, events[0].Message, "the source has not confirmed the ruleset for 3m")

		source.serve(revision(1, "x"))
		time.Sleep(2 * poll)
		assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
	})
}

func TestStaleFollowsTheClientsClock(t *testing.T) {
	const limit = time.Hour
	synctest.Test(t, func(t *testing.T) {
		source := serving(revision(1, "x"))
		var skipped atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(skipped.Load())) }
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, source, becket.WithPollInterval(poll), becket.WithClock(clock)),
			provider.WithStaleAfter(limit)))
		b.take()

		source.serve("")
		time.Sleep(3 * poll)
		assert.Empty(t, b.kinds(), "half a minute is not stale by either clock")
		skipped.Store(int64(limit))
		time.Sleep(2 * poll)
		events := b.take()
		require.Len(t, events, 1, "an hour has passed by the client's clock, and a minute by the machine's")
		assert.Equal(t, of.ProviderStale, events[0].kind)
		assert.Contains(t, events[0].Message, "the source has not confirmed the ruleset for 1h0m")

		source.serve(revision(1, "x"))
		time.Sleep(2 * poll)
		assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
	})
}

func TestASourceWithALongPollIntervalIsNotStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.bind(t,
			provider.New(newClient(t, serving(revision(1, "x")), becket.WithPollInterval(time.Hour)),
				provider.WithStaleAfter(time.Minute)))
		time.Sleep(10 * time.Hour)
		assert.Equal(t, []of.EventType{of.ProviderReady}, b.kinds())
	})
}

func TestASecondBindingOfAStaleProviderIsStaleToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(newClient(t, serving(""), becket.WithBootstrap([]byte(revision(1, "x")))))
		b := newBoard(t)
		b.bind(t, p)
		b.take()
		b.bind(t, p, of.WithDomain("billing"))
		b.take()
		assert.Equal(t, of.StaleState, b.client.State(), "the SDK's READY does not stand")
		assert.Equal(t, of.StaleState, b.api.NewClient(of.WithDomain("billing")).State())
	})
}

func TestTheEventChannelIsOneAndStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(newClient(t, serving(revision(1, "x"))))
		channel := p.EventChannel()
		assert.Positive(t, cap(channel))
		require.NoError(t, p.Init(of.EvaluationContext{}))
		p.Shutdown()
		assert.Equal(t, channel, p.EventChannel())
		select {
		case _, open := <-channel:
			assert.True(t, open, "closed")
		default:
		}
	})
}

func TestAProviderWithoutListenersDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := serving(revision(0, "x"))
		client := newClient(t, source)
		p := provider.New(client)
		require.NoError(t, p.Init(of.EvaluationContext{}))
		time.Sleep(time.Second)
		for n := range 100 { // far more events than the channel holds
			source.serve(revision(n+1, "x"))
			require.NoError(t, client.Refresh(t.Context()))
			synctest.Wait()
		}
		began := time.Now()
		p.Shutdown()
		assert.Zero(t, time.Since(began))
		assert.Empty(t, p.EventChannel(), "events of this life do not reach the next")
	})
}
