package pages_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

func TestPageOperations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(file, []byte(shop), 0o600))
	client, err := becket.New(becket.File(file), becket.WithPollInterval(time.Hour))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	mux := http.NewServeMux()
	mux.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(client.Status())
	})
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !client.Status().Health().Serving {
			http.Error(w, "there is no ruleset", http.StatusServiceUnavailable)
		}
	})
	ask := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return answer
	}
	assert.Contains(t, ask("/status").Body.String(), `"healthy":true`)
	mistyped := []byte(`{"schema": 1, "revision": 2, "flags": {"new-checkout": {"enabled": "flase"}}}`)
	require.NoError(t, os.WriteFile(file, mistyped, 0o600))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Contains(t, ask("/status").Body.String(), `the flag \"new-checkout\" is invalid and keeps its earlier`)
	assert.Equal(t, http.StatusOK, ask("/ready").Code, "a degraded client serves flags")

	nothing, err := becket.New(becket.File(file + ".missing"))
	require.NoError(t, err)
	defer nothing.Close()
	require.Error(t, nothing.Wait(t.Context()))
	client = nothing
	assert.Equal(t, http.StatusServiceUnavailable, ask("/ready").Code)
}

func TestPageOperationsPings(t *testing.T) {
	server, requests := origin(t)
	address := server.URL
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		HTTP2:             &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
	source := becket.HTTP(address, becket.WithHTTPClient(&http.Client{Transport: transport}))
	defer transport.CloseIdleConnections()
	document, err := source.Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err)
	assert.JSONEq(t, shop, string(document.Body))
	assert.EqualValues(t, 1, requests.Load())
}
