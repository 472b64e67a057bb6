package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

func TestPageDiffersByFlag(t *testing.T) {
	server := serverFor(t, shopClient(t))
	for _, test := range []struct {
		name, visitor, query string
		has, hasNot          []string
	}{
		{
			"within the rollout in Germany", "user-12", "?country=DE",
			[]string{"Winter sale", "Buy on one page"}, []string{"step 1 of 4"},
		},
		{
			"the same visitor elsewhere", "user-12", "?country=FR",
			[]string{"Winter sale", "step 1 of 4"}, []string{"Buy on one page"},
		},
		{
			"outside the share in Germany", "user-10", "?country=DE",
			[]string{"Gift ideas", "step 1 of 4"}, []string{"Buy on one page"},
		},
		{
			"staff see the new checkout and the plain banner", "user-7", "?email=kim@shop.example.com",
			[]string{"Welcome", "Buy on one page"}, []string{"step 1 of 4"},
		},
		{
			"reviews are switched off for everybody", "user-1", "",
			[]string{"Orders from 49.00 € ship free."}, []string{"Reviews"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := get(t, http.DefaultClient, server.URL+"/"+test.query, test.visitor)
			for _, text := range test.has {
				assert.Contains(t, body, text)
			}
			for _, text := range test.hasNot {
				assert.NotContains(t, body, text)
			}
		})
	}
}

func TestCheckoutFollowsTheFlag(t *testing.T) {
	server := serverFor(t, shopClient(t))
	assert.Equal(t, "All on one page.\n", get(t, http.DefaultClient, server.URL+"/checkout?country=DE", "user-12"))
	assert.Equal(t, "Step 1 of 4: your address.\n", get(t, http.DefaultClient, server.URL+"/checkout", "user-12"))
}

func TestVisitorKeepsTheVariant(t *testing.T) {
	server := serverFor(t, shopClient(t))
	seen := map[string]bool{}
	for range 40 {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		browser := &http.Client{Jar: jar}
		first := get(t, browser, server.URL+"/?country=DE", "")
		assert.Equal(t, first, get(t, browser, server.URL+"/?country=DE", ""))
		seen[first] = true
	}
	assert.Greater(t, len(seen), 1, "new visitors do not all see one page")
}

func TestWithoutRulesetDefaultsHold(t *testing.T) {
	server := serverFor(t, nil)
	body := get(t, http.DefaultClient, server.URL+"/?country=DE", "user-12")
	assert.Contains(t, body, "Welcome")
	assert.Contains(t, body, "step 1 of 4")
}

func TestOperatorsSeeTheStatusOfTheFlags(t *testing.T) {
	client := shopClient(t)
	server := serverFor(t, client)
	status := get(t, http.DefaultClient, server.URL+"/status", "")
	assert.Contains(t, status, `"health":"`+client.Status().Health().String())
	for url, code := range map[string]int{
		server.URL: http.StatusOK, serverFor(t, nil).URL: http.StatusServiceUnavailable,
	} {
		answer, err := http.Get(url + "/ready") //nolint:noctx // a test
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, code, answer.StatusCode)
	}
}

func TestTheServerEndsByASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := &urlLog{found: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", "", slog.New(slog.NewTextHandler(log, nil))) }()

	url := <-log.found
	assert.Contains(t, get(t, http.DefaultClient, url, "user-12"), "Winter sale")
	cancel()
	require.NoError(t, <-ended)
	_, err := http.Get(url)
	require.Error(t, err)
}

func TestAnInvalidFlagsURLFailsAtStart(t *testing.T) {
	err := run(t.Context(), "127.0.0.1:0", "http://", slog.New(slog.DiscardHandler))
	require.Error(t, err)
}

func TestHandlesFitTheRuleset(t *testing.T) {
	_, err := shopClient(t).Verify(newCheckout, reviews, banner, freeShippingFrom)
	require.NoError(t, err)
}

func shopClient(t *testing.T) *becket.Client {
	t.Helper()
	client, err := becket.New(becket.Bytes(rulesets.Shop), becket.WithBootstrap(rulesets.Shop))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func serverFor(t *testing.T, client *becket.Client) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(newHandler(client))
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, browser *http.Client, url, visitor string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if visitor != "" {
		request.AddCookie(&http.Cookie{Name: visitorCookie, Value: visitor})
	}
	response, err := browser.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// urlLog waits for the log line with the server's address.
type urlLog struct {
	once  sync.Once
	found chan string
}

func (l *urlLog) Write(line []byte) (int, error) {
	if _, url, ok := bytes.Cut(line, []byte("url=")); ok {
		l.once.Do(func() { l.found <- strings.TrimSpace(string(url)) })
	}
	return len(line), nil
}
