package faults_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/webtest"
	"github.com/becketflags/becket/tests/internal/faults"
)

// hiding hides a transport, as a RoundTripper for tracing may do.
type hiding struct{ http.RoundTripper }

// TestEveryClientRecoversFromConnectionsThatDieSilently measures how long a client takes to get a
// new document after a gateway has forgotten its connections. The gateway serves new ones.
func TestEveryClientRecoversFromConnectionsThatDieSilently(t *testing.T) {
	t.Parallel()
	authority, err := trustedAuthority()
	require.NoError(t, err)
	transport := func(http2 bool) *http.Transport {
		return &http.Transport{
			ForceAttemptHTTP2: http2,
			TLSClientConfig:   &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
		}
	}
	standard := func() http.RoundTripper {
		standard, ok := http.DefaultTransport.(*http.Transport)
		require.True(t, ok)
		clone := standard.Clone()
		clone.TLSClientConfig = transport(true).TLSClientConfig
		return clone
	}
	for name, row := range map[string]struct {
		tls    bool
		custom http.RoundTripper // nil for the source's own
	}{
		"the source's own transport, HTTP/1":                 {false, nil},
		"the source's own transport, HTTP/2":                 {true, nil},
		"a transport that keeps HTTP/1 connections":          {false, transport(false)},
		"a transport that keeps HTTP/1 connections with TLS": {true, transport(false)},
		"a transport with HTTP/2":                            {true, transport(true)},
		"one like http.DefaultTransport, HTTP/1":             {false, standard()},
		"one like http.DefaultTransport, HTTP/2":             {true, standard()},
		"a RoundTripper that hides HTTP/1":                   {true, hiding{transport(false)}},
		"a RoundTripper that hides HTTP/2":                   {true, hiding{transport(true)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []becket.HTTPOption{becket.WithTimeout(1500 * time.Millisecond)}
			if row.custom != nil {
				options = append(options, becket.WithHTTPClient(&http.Client{Transport: row.custom}))
				t.Cleanup((&http.Client{Transport: row.custom}).CloseIdleConnections)
			}
			trusted := authority
			if !row.tls {
				trusted = nil
			}
			recoverFromSilence(t, trusted, options)
			if hidden, ok := row.custom.(hiding); ok {
				(&http.Client{Transport: hidden.RoundTripper}).CloseIdleConnections()
			}
		})
	}
}

func recoverFromSilence(t *testing.T, authority *faults.Authority, options []becket.HTTPOption) {
	t.Helper()
	server, err := faults.Start(authority)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL())
	require.NoError(t, err)
	gateway, err := webtest.NewForwarder(address.Host)
	require.NoError(t, err)
	t.Cleanup(gateway.Close)
	address.Host = gateway.Address()
	require.NoError(t, server.Publish(faults.Document(1, "0")))
	const interval = 4 * time.Second
	client, err := becket.New(becket.HTTP(address.String(), options...), becket.WithPollInterval(interval),
		becket.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	state := func() string { return client.For(becket.NewSubject("u")).String("state", "") }
	longest, failures := 0.0, uint64(0)
	for round := 1; round <= 2; round++ {
		before := client.Status().Refreshes
		require.Eventually(t, func() bool {
			return client.Status().Refreshes >= before+2 && client.Status().Failures == 0
		}, time.Minute, time.Millisecond, "so that a connection is kept")
		gateway.Forget()
		want := fmt.Sprint(round)
		require.NoError(t, server.Publish(faults.Document(1+round, want)))
		began := time.Now()
		failed := client.Status().Failed
		require.Eventually(t, func() bool { return state() == want }, time.Minute, time.Millisecond)
		longest = max(longest, float64(time.Since(began))/float64(interval))
		failures = max(failures, client.Status().Failed-failed)
	}
	t.Logf("the longest recovery took %.2f poll intervals, and %d fetches failed in a recovery at most", longest, failures)
	assert.LessOrEqual(t, longest, 2+slack.Seconds()/interval.Seconds(), "two intervals, and time for a busy machine")
	assert.LessOrEqual(t, failures, uint64(1), "only the fetch that was sent on the dead connection")
}

// Go's own server of files sends no ETags, and two versions of a file may have the same date.
func TestGoFileServerHidesNoPublication(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(server.Close)
	path := filepath.Join(folder, "flags.json")
	publish := func(revision int, state string, changed time.Time) {
		require.NoError(t, os.WriteFile(path+".new", []byte(faults.Document(revision, state)), 0o644))
		require.NoError(t, os.Chtimes(path+".new", changed, changed))
		require.NoError(t, os.Rename(path+".new", path))
	}
	second := time.Now().Truncate(time.Second)
	publish(1, "first", second)
	client, err := becket.New(becket.HTTP(server.URL+"/flags.json"), becket.WithPollInterval(interval),
		becket.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	becomes := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool {
			return client.For(becket.NewSubject("u")).String("state", "") == want
		}, time.Minute, time.Millisecond)
	}
	becomes("first")
	publish(2, "of the same second", second)
	becomes("of the same second")
	publish(3, "of an hour ago", time.Now().Add(-time.Hour))
	becomes("of an hour ago")
	before := client.Status().NotModified
	require.Eventually(t, func() bool { return client.Status().NotModified > before }, time.Minute, time.Millisecond,
		"the date is sent back")

	old := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(old, []byte(faults.Document(4, "copied with its date")), 0o644))
	year := time.Now().Add(-365 * 24 * time.Hour)
	require.NoError(t, os.Chtimes(old, year, year))
	copied, err := exec.CommandContext(t.Context(), "cp", "-p", old, path).CombinedOutput()
	require.NoError(t, err, "%s", copied)
	becomes("copied with its date")
	assert.Zero(t, client.Status().Failed)
}
