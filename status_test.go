package becket

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gatedSource closes a channel at the first fetch, and answers when its gate is open.
type gatedSource struct{ asked, gate chan struct{} }

func (s gatedSource) Fetch(ctx context.Context, _ Validator) (Document, error) {
	close(s.asked)
	select {
	case <-s.gate:
		return Document{Body: []byte(`{"schema": 1, "revision": 7, "flags": {"a": {}}}`)}, nil
	case <-ctx.Done():
		return Document{}, ctx.Err()
	}
}

func (s gatedSource) Identity() string { return "gated" }

// Status is written before views can use the ruleset. The test holds the mutex of the status, so
// that publishing waits for it. Virtual time cannot be used, because it does not pass while a
// goroutine waits for a mutex.
func TestStatusReportsEachRulesetBeforeViewsUseIt(t *testing.T) {
	source := gatedSource{make(chan struct{}), make(chan struct{})}
	client, err := New(source)
	require.NoError(t, err)
	defer client.Close()

	<-source.asked
	client.status.mutex.Lock()
	close(source.gate)
	time.Sleep(50 * time.Millisecond)
	served := client.For(Subject{}).Revision()
	client.status.mutex.Unlock()
	require.Zero(t, served, "the ruleset is served before Status reports it")

	require.NoError(t, client.Wait(t.Context()))
	assert.Equal(t, TierNetwork, client.Status().Tier)
	assert.Equal(t, int64(7), client.Status().Revision)
}

func TestStatusCountsRefreshesAndFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(failing(errDown))
		client := newTestClient(t, source)
		synctest.Wait()
		require.Error(t, client.Refresh(t.Context()))
		assert.EqualValues(t, 2, client.Status().Refreshes)
		assert.EqualValues(t, 2, client.Status().Failed)

		source.set(serving("1", flagsDocument(1, "a")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.EqualValues(t, 3, client.Status().Refreshes)
		assert.EqualValues(t, 2, client.Status().Failed, "Failed counts all failures")
		assert.Zero(t, client.Status().Failures, "Failures counts consecutive failures")
	})
}
