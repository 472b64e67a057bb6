package becket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tokens returns a new token at each call.
type tokens struct{ calls atomic.Int64 }

func (k *tokens) header(context.Context) (http.Header, error) {
	return http.Header{"authorization": {fmt.Sprintf("Bearer token-secret-%d", k.calls.Add(1))}}, nil
}

func TestRenewedHeadersGoWithEachRequest(t *testing.T) {
	var seen []string
	handler := func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Team")+" "+r.Host)
		say(w, "{}")
	}
	server, elsewhere := startServer(t, handler), startServer(t, handler)
	tokens := &tokens{}
	given := HTTP(strings.Replace(server.URL, "http://", "http://user:sesame@", 1)+"/a", WithHeader("X-Team", "shop"),
		WithHeaderFunc(func(ctx context.Context) (http.Header, error) {
			_, bounded := ctx.Deadline()
			assert.True(t, bounded)
			header, err := tokens.header(ctx)
			header["host"] = []string{"flags.example.com"}
			return header, err
		}))
	source, ok := given.(*httpSource)
	require.True(t, ok)
	for range 2 {
		_, err := fetchOnce(t, source, Validator{})
		require.NoError(t, err)
	}
	_, err := source.FetchSignature(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"/a Bearer token-secret-1 shop flags.example.com", "/a Bearer token-secret-2 shop flags.example.com",
		"/a.minisig Bearer token-secret-3 shop flags.example.com",
	}, seen)

	seen = nil
	source, ok = HTTP(server.URL+"/a", WithHeaderFunc(tokens.header),
		WithSignatureURL(elsewhere.URL+"/s")).(*httpSource)
	require.True(t, ok)
	_, err = source.FetchSignature(t.Context())
	require.NoError(t, err)
	require.NoError(t, source.Close())
	assert.Equal(t, []string{"/s   " + elsewhere.Listener.Addr().String()}, seen)
	assert.EqualValues(t, 3, tokens.calls.Load(), "nor is the function called for another host")
}

func TestRenewedHeadersFollowNoRedirectToAnotherHost(t *testing.T) {
	var seen []string
	var home *httptest.Server
	keep := func(r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization")+" "+r.Header.Get("X-Key")+" "+r.Header.Get("User-Agent"))
	}
	away := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		keep(r)
		http.Redirect(w, r, home.URL+"/end", http.StatusFound)
	})
	home = startServer(t, func(w http.ResponseWriter, r *http.Request) {
		keep(r)
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, away.URL, http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/end", http.StatusFound)
		default:
			say(w, "{}")
		}
	})
	renewed := WithHeaderFunc(func(context.Context) (http.Header, error) {
		return http.Header{"authorization": {"Bearer t"}, "x-key": {"k"}, "User-agent": {"own"}}, nil
	})
	const all, none = "Bearer t k own", "  " + userAgent
	for path, want := range map[string][]string{"/here": {all, all}, "/away": {all, none, none}} {
		seen = nil
		_, err := fetchOnce(t, HTTP(home.URL+path, renewed), Validator{})
		require.NoError(t, err)
		assert.Equal(t, want, seen, path)
	}
}

func TestAFetchWithoutItsRenewedHeadersFailsWithTheReason(t *testing.T) {
	const function = "the function of WithHeaderFunc failed: "
	expired := errors.New("the login has expired")
	for name, test := range map[string]struct {
		renew func(context.Context) (http.Header, error)
		want  string
		is    error
	}{
		"an error": {
			func(context.Context) (http.Header, error) { return nil, expired }, function + "the login has expired",
			expired,
		},
		"an error of another request": {func(context.Context) (http.Header, error) {
			return nil, &url.Error{Op: "Post", URL: "https://login.example.com/?secret=sesame", Err: expired}
		}, function + "the login has expired", expired},
		"a panic": {
			func(context.Context) (http.Header, error) { panic("no login") }, function + "recovered a panic: no login",
			ErrContract,
		},
		"an end of its goroutine": {func(context.Context) (http.Header, error) {
			runtime.Goexit()
			return nil, nil
		}, "ended its goroutine: the function of WithHeaderFunc has not returned", ErrContract},
		"no header's name": {func(context.Context) (http.Header, error) {
			return http.Header{"Authorization: sesame": {""}}, nil
		}, function + "it returned an invalid name of a header", nil},
		"a line break": {func(context.Context) (http.Header, error) {
			return http.Header{"Authorization": {"sesame\r\nHost: example.com"}}, nil
		}, function + "it returned an invalid name of a header", nil},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
				asked++
				say(w, flagsDocument(1, "a"))
			})
			fails := true
			client := newTestClient(t, HTTP(server.URL, WithHeaderFunc(func(ctx context.Context) (http.Header, error) {
				if fails {
					return test.renew(ctx)
				}
				return nil, nil
			})), WithPollInterval(time.Hour))
			err := client.Refresh(t.Context())
			failure, ok := errors.AsType[*DeliveryError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, CauseFetch, failure.Cause)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "sesame")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			assert.Zero(t, asked, "nothing is sent without its headers")

			fails = false
			require.NoError(t, client.Refresh(t.Context()), "the function may return no headers")
			assert.True(t, client.For(Subject{}).Enabled("a"))
		})
	}
}

func TestAFunctionForHeadersThatEndsItsGoroutineIsNamedForASignatureToo(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, flagsDocument(1, "a")) })
	key, _ := newKey(t)
	calls := 0
	client := newTestClient(t, HTTP(server.URL, WithHeaderFunc(func(context.Context) (http.Header, error) {
		if calls++; calls > 1 {
			runtime.Goexit()
		}
		return nil, nil
	})), WithPublicKey(key), WithPollInterval(time.Hour))
	err := client.Refresh(t.Context())
	failure, ok := errors.AsType[*DeliveryError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, CauseSignature, failure.Cause)
	assert.ErrorContains(t, err, "the function of WithHeaderFunc has not returned")
}

func TestAFunctionForHeadersThatHangsIsNamedAndAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fileServer{}
		server.publish(time.Now().Add(-time.Hour), flagsDocument(1, "a"))
		release := make(chan struct{})
		hangs := atomic.Bool{}
		source := HTTP("http://example.com/flags.json", WithHTTPClient(&http.Client{Transport: server}),
			WithHeaderFunc(func(ctx context.Context) (http.Header, error) {
				if hangs.Load() {
					<-release
				}
				return http.Header{}, nil
			}))
		client := newTestClient(t, source)
		require.NoError(t, client.Wait(t.Context()))
		hangs.Store(true)
		began := time.Now()
		err := client.Refresh(t.Context())
		require.ErrorIs(t, err, ErrContract)
		require.ErrorContains(t, err, "the function of WithHeaderFunc has not returned")
		assert.Equal(t, defaultTimeout+hangGrace, time.Since(began))
		require.ErrorIs(t, client.Refresh(t.Context()), ErrContract, "it is not called a second time meanwhile")
		assert.True(t, client.For(Subject{}).Enabled("a"))
		hangs.Store(false)
		close(release)
		synctest.Wait()
		require.NoError(t, client.Refresh(t.Context()))
	})
}

func TestAFunctionForHeadersHasTheTimeOfTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fileServer{}
		for name, renew := range map[string]func(context.Context) (http.Header, error){
			"it returns the context's error": func(ctx context.Context) (http.Header, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			"it returns headers too late": func(ctx context.Context) (http.Header, error) {
				<-ctx.Done()
				return http.Header{}, nil
			},
		} {
			source := HTTP("http://example.com/flags.json", WithHTTPClient(&http.Client{Transport: server}),
				WithTimeout(3*time.Second), WithHeaderFunc(renew))
			began := time.Now()
			_, err := source.Fetch(t.Context(), Validator{})
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			require.ErrorContains(t, err, "the function of WithHeaderFunc failed: no whole answer within 3s", name)
			assert.Equal(t, 3*time.Second, time.Since(began), name)
		}
		assert.Zero(t, server.asked)
	})
}

func TestRenewedHeadersAppearInNoErrorAndNoETag(t *testing.T) {
	var mutex sync.Mutex
	var tokens []string
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		tokens = append(tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		echo := strings.Join(tokens, " ") + " key " + r.Header.Get("X-Key")
		switch r.URL.Path {
		case "/etag":
			w.Header().Set("Etag", `"`+tokens[0]+`"`)
			say(w, flagsDocument(len(tokens), "a"))
		case "/error":
			w.Header().Set("Content-Encoding", echo)
		}
	})
	n := 0
	renew := WithHeaderFunc(func(context.Context) (http.Header, error) {
		n++
		return http.Header{
			"authorization": {fmt.Sprintf("Bearer toke%03d", n)}, "X-Key": {"q7"},
		}, nil // short, and like no key
	})
	source := HTTP(server.URL+"/error", renew)
	for range 3 {
		_, err := fetchOnce(t, source, Validator{})
		require.ErrorContains(t, err, "which nobody asked for")
		require.ErrorContains(t, err, "key ***")
		assert.NotContains(t, err.Error(), "toke")
		assert.NotContains(t, err.Error(), "q7")
	}

	document, err := fetchOnce(t, HTTP(server.URL+"/etag", WithHeaderFunc(func(context.Context) (http.Header, error) {
		return http.Header{"Authorization": {"Bearer toke001"}}, nil
	})), Validator{})
	require.NoError(t, err)
	assert.Empty(t, document.Validator.ETag)

	_, err = fetchOnce(t, HTTP(server.URL, WithHeaderFunc(func(context.Context) (http.Header, error) {
		return http.Header{"Authorization": {"Bearer abc12"}}, errors.New("abc12 has expired")
	})), Validator{})
	assert.ErrorContains(t, err, "*** has expired")
}

func TestARenewedTokenFindsTheDiskCopyOfTheOneBefore(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, flagsDocument(1, "a")) })
	folder, tokens := t.TempDir(), &tokens{}
	client := newTestClient(t, HTTP(server.URL, WithHeaderFunc(tokens.header)), WithDiskCache(folder))
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close())
	failing := WithHeaderFunc(func(context.Context) (http.Header, error) { return nil, errors.New("no token yet") })
	client = newTestClient(t, HTTP(server.URL, failing), WithDiskCache(folder))
	assert.True(t, client.For(Subject{}).Enabled("a"))
	assert.Equal(t, TierDisk, client.Status().Tier)
	assert.Equal(t, HTTP(server.URL).Identity(), HTTP(server.URL, WithHeaderFunc(tokens.header)).Identity())
}

func TestAFunctionForHeadersMayUseTheClient(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, flagsDocument(1, "a")) })
	var client atomic.Pointer[Client]
	told, last := atomic.Int64{}, atomic.Bool{}
	source := HTTP(server.URL, WithHeaderFunc(func(context.Context) (http.Header, error) {
		if c := client.Load(); c != nil {
			c.For(Subject{}).Enabled("a")
			if last.Load() {
				_ = c.Close()
			}
		}
		return nil, nil
	}))
	client.Store(newTestClient(t, source, WithHooks(Hooks{OnEvaluate: func(Evaluation) { told.Add(1) }}),
		WithPollInterval(time.Hour)))
	require.NoError(t, client.Load().Refresh(t.Context()))
	assert.Zero(t, told.Load(), "an evaluation for a fetch is reported to no hook")
	last.Store(true)
	began := time.Now()
	require.Error(t, client.Load().Refresh(t.Context()))
	assert.Less(t, time.Since(began), closePatience/2, "Close does not wait for its own caller")
}

func TestNewReportsMistakesInAFunctionForHeaders(t *testing.T) {
	_, err := New(HTTP("https://example.com", WithHeaderFunc(nil)))
	require.ErrorContains(t, err, "WithHeaderFunc: the function is nil")
	tokens := &tokens{}
	_, err = New(HTTP("https://example.com", WithHeaderFunc(tokens.header), WithHeaderFunc(tokens.header)))
	require.ErrorContains(t, err, "WithHeaderFunc: it was given twice")
}

// A signature's address without TLS may name the port of the document's server.
func TestHeadersOfADocumentWithTLSAreNeverSentWithoutIt(t *testing.T) {
	t.Parallel()
	var seen []http.Header
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Header)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	})
	tokens := &tokens{}
	source, ok := HTTP("https://user:sesame@example.com:8443/f", WithSignatureURL("http://example.com:8443/s"),
		WithHeader("X-Key", "k"), WithHeaderFunc(tokens.header),
		WithHTTPClient(&http.Client{Transport: transport})).(SignedSource)
	require.True(t, ok)
	_, err := source.FetchSignature(t.Context())
	require.NoError(t, err)
	require.Len(t, seen, 1)
	assert.Empty(t, seen[0].Get("Authorization")+seen[0].Get("X-Key"))
	assert.Zero(t, tokens.calls.Load())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
