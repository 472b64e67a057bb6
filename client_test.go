package becket_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

const sample = `{"schema":1,"revision":42,"environment":"production","flags":{
	"new-checkout":{"rules":[{"name":"germany","if":{"attribute":"country","in":["DE"]},"serve":"on"}]},
	"theme":{"variants":{"dark":"dark","light":"light"},"default":"dark"}}}`

func TestAClientServesTheDocumentOfAnHTTPServer(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", `"v42"`)
		if r.Header.Get("If-None-Match") == `"v42"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(sample))
	}))
	defer server.Close()
	client, err := becket.New(becket.HTTP(server.URL), becket.WithDiskCache(t.TempDir()))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Refresh(t.Context()))
	flags := client.For(becket.NewSubject("user-42", becket.String("country", "DE")))
	assert.True(t, flags.Enabled("new-checkout"))
	assert.Equal(t, "dark", flags.String("theme", "light"))
	assert.Equal(t, 2, asked)
	status := client.Status()
	assert.Equal(t, becket.TierNetwork, status.Tier)
	assert.Equal(t, int64(42), status.Revision)
	assert.Equal(t, `"v42"`, status.ETag)
	assert.NoError(t, status.LastError)
	assert.NoError(t, client.Close())
	assert.ErrorIs(t, client.Refresh(t.Context()), becket.ErrClosed)
	assert.True(t, flags.Enabled("new-checkout"))
}

func TestAgesInStatusFollowTheClientsClock(t *testing.T) {
	var hours atomic.Int64
	start := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return start.Add(time.Duration(hours.Load()) * time.Hour) }
	client, err := becket.New(becket.Bytes([]byte(sample)), becket.WithClock(clock), becket.WithPollInterval(time.Hour))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	status := client.Status()
	assert.Equal(t, start, status.ReadAt)
	assert.Equal(t, start, status.ConfirmedAt)
	hours.Add(7)
	status = client.Status()
	assert.Equal(t, 7*time.Hour, status.ReadAt.Sub(status.ConfirmedAt))

	client, err = becket.New(becket.Bytes([]byte(sample)))
	require.NoError(t, err)
	defer client.Close()
	before := time.Now()
	status = client.Status()
	assert.False(t, status.ReadAt.Before(before))
	assert.False(t, status.ReadAt.After(time.Now()))
}
