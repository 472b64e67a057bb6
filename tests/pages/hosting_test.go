package pages_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// origin serves the shop's ruleset until it is closed, and counts the requests.
func origin(t *testing.T) (server *httptest.Server, requests *atomic.Int64) {
	t.Helper()
	requests = &atomic.Int64{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.ServeContent(w, r, "flags.json", time.Time{}, bytes.NewReader([]byte(shop)))
	}))
	t.Cleanup(server.Close)
	return server, requests
}

// report is a program that starts, checks a flag and ends.
func report(ctx context.Context, address string, shipped []byte, use func(*becket.Client)) error {
	folder, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	client, err := becket.New(
		becket.HTTP(address),
		becket.WithDiskCache(filepath.Join(folder, "report", "flags")),
		becket.WithBootstrap(shipped),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		slog.Warn("the flags have their defaults", "error", err)
	}
	use(client)
	return nil
}

func TestAShortLivedProgramHasTheNewestRulesetAndLeavesIt(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	server, _ := origin(t)
	shipped := []byte(`{"schema": 1, "flags": {"theme": {"variants": {"old": "old"}, "default": "old"}}}`)
	run := func() (theme string, tier becket.Tier) {
		require.NoError(t, report(t.Context(), server.URL, shipped, func(client *becket.Client) {
			theme, tier = client.For(becket.Subject{}).String("theme", ""), client.Status().Tier
		}))
		return theme, tier
	}
	theme, tier := run()
	assert.Equal(t, "dark", theme)
	assert.Equal(t, becket.TierNetwork, tier)
	server.Close()
	theme, tier = run()
	assert.Equal(t, "dark", theme, "the copy that the first run left")
	assert.Equal(t, becket.TierDisk, tier)
}

func freshen(ctx context.Context, client *becket.Client) {
	status := client.Status()
	if status.ReadAt.Sub(status.ConfirmedAt) < time.Minute {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_ = client.Refresh(ctx) // the client logs a failure, and serves what it has
}

func TestAFunctionAsksAgainAfterItWasFrozen(t *testing.T) {
	server, requests := origin(t)
	var ahead atomic.Int64 // of the client's clock: the time that the function was frozen
	client, err := becket.New(becket.HTTP(server.URL), becket.WithPollInterval(time.Hour),
		becket.WithClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	freshen(t.Context(), client)
	assert.Equal(t, int64(1), requests.Load(), "the ruleset has just been confirmed")
	ahead.Store(int64(time.Hour))
	freshen(t.Context(), client)
	assert.Equal(t, int64(2), requests.Load())
}

// serverOf prepares a server as a program does when it starts.
func serverOf(
	client *becket.Client, address string, mux http.Handler, subjectOf func(*http.Request) becket.Subject,
) *http.Server {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		slog.Warn("the flags have their defaults", "error", err)
	}
	server := &http.Server{
		Addr: address, Handler: client.Middleware(subjectOf)(mux), ReadHeaderTimeout: 5 * time.Second,
	}
	server.RegisterOnShutdown(func() { slog.Info("ending", "revision", client.Status().Revision) })
	return server
}

func TestPageHosting(t *testing.T) {
	source := becket.File("/etc/flags/flags.json")
	assert.Contains(t, source.Identity(), "flags.json")

	client, address, mux := newShop(t), "localhost:0", http.NewServeMux()
	subjectOf := func(*http.Request) becket.Subject { return becket.Subject{} }
	server := serverOf(client, address, mux, subjectOf)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(becket.From(r.Context()).String("theme", "light")))
	})
	answer := httptest.NewRecorder()
	server.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	assert.Equal(t, "dark", answer.Body.String())
}
