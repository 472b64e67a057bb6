package becket

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/web"
)

func startServer(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func fetchOnce(t *testing.T, source Source, last Validator) (Document, error) {
	t.Helper()
	if closer, ok := source.(io.Closer); ok {
		t.Cleanup(func() { _ = closer.Close() })
	}
	return source.Fetch(t.Context(), last)
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestARequestCarriesItsHeaders(t *testing.T) {
	var seen *http.Request
	server := startServer(t, func(_ http.ResponseWriter, r *http.Request) { seen = r })
	source := HTTP(strings.Replace(server.URL, "http://", "http://user:sesame@", 1)+"/flags.json?v=1#part",
		WithHeader("X-Team", "shop"))
	_, err := fetchOnce(t, source, Validator{ETag: `"v1"`, LastModified: "Thu, 01 Jan 2026 00:00:00 GMT"})
	require.NoError(t, err)
	assert.Equal(t, "/flags.json?v=1", seen.URL.String())
	user, password, ok := seen.BasicAuth()
	assert.True(t, ok)
	assert.Equal(t, "user/sesame", user+"/"+password)
	for name, want := range map[string]string{
		"X-Team": "shop", "User-Agent": "becket/" + web.Version, "If-None-Match": `"v1"`,
		"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT", "Accept-Encoding": "gzip", "Referer": "",
	} {
		assert.Equal(t, want, seen.Header.Get(name), name)
	}
	assert.Contains(t, seen.Header.Get("Accept"), "application/json")
}

func TestOnlyAWholeAnswerOfCode200IsADocument(t *testing.T) {
	const body = `{"schema":1}`
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    int    // of the StatusError
		want    string // part of another error
	}{
		"200": {func(w http.ResponseWriter, _ *http.Request) { say(w, body) }, 0, ""},
		"any type will do": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			say(w, body)
		}, 0, ""},
		"identity": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "identity")
			say(w, body)
		}, 0, ""},
		"an unknown encoding": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			say(w, body)
		}, 0, `"br"`},
		"bad gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			say(w, body)
		}, 0, "gzip"},
		"gzip cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzipped(t, body)
			w.Write(packed[:len(packed)-4])
		}, 0, "unexpected EOF"},
		"shorter than announced": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			say(w, body)
		}, 0, "unexpected EOF"},
		"a chunk cut short": {func(w http.ResponseWriter, _ *http.Request) {
			say(w, body)
			flush(w)
			panic(http.ErrAbortHandler)
		}, 0, "EOF"},
		"304 unasked": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, 0, "without a validator",
		},
		"over the limit": {
			func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("x", 101)) }, 0,
			"size limit of 100 bytes",
		},
		"over the limit when decompressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped(t, strings.Repeat("x", 100_000)))
		}, 0, "size limit of 100 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := fetchOnce(t, HTTP(startServer(t, test.handler).URL, WithMaxBytes(100)), Validator{})
			if test.want == "" {
				require.NoError(t, err)
				assert.Equal(t, body, string(document.Body))
				return
			}
			require.ErrorContains(t, err, test.want)
			assert.Nil(t, document.Body)
		})
	}
	for _, code := range []int{
		201, 202, 203, 204, 206, 300, 301, 305, 400, 401, 403, 404, 410, 418, 429, 499, 500, 502, 503, 599,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(code)
				say(w, `{"schema":1,"revision":99,"flags":{"a":{"default":"on"}}}`)
			})
			_, err := fetchOnce(t, HTTP(server.URL), Validator{})
			status, ok := errors.AsType[*StatusError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, code, status.Code)
		})
	}
}

func TestGzipIsReadWhetherTransportOrSourceRequestedIt(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "GZIP")
		w.Write(gzipped(t, `{"schema":1}`))
	})
	plain := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	for name, source := range map[string]Source{
		"asked for":                HTTP(server.URL),
		"not asked for":            HTTP(server.URL, WithHTTPClient(plain)),
		"asked for by the program": HTTP(server.URL, WithHeader("Accept-Encoding", "gzip")),
	} {
		t.Run(name, func(t *testing.T) {
			document, err := fetchOnce(t, source, Validator{})
			require.NoError(t, err)
			assert.JSONEq(t, `{"schema":1}`, string(document.Body))
		})
	}
}

func TestValidatorsThatAreNoValidHeadersAreDropped(t *testing.T) {
	source := &httpSource{secrets: &web.Redactor{}}
	for name, test := range map[string]struct {
		etag, modified string
		want           Validator
	}{
		"both": {
			`W/"a b"`, "Thu, 01 Jan 2026 00:00:00 GMT", Validator{`W/"a b"`, "Thu, 01 Jan 2026 00:00:00 GMT"},
		},
		"a control character": {"\"a\x01\"", "", Validator{}},
		"beyond ASCII":        {"\"\xff\"", "", Validator{}},
		"too long":            {`"` + strings.Repeat("x", maxValidator) + `"`, "", Validator{}},
		"no date":             {"", "yesterday", Validator{}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want,
				source.validatorOf(http.Header{"Etag": {test.etag}, "Last-Modified": {test.modified}}))
		})
	}
}

func TestATimeoutCoversTheBody(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"nothing comes": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"headers alone come": func(w http.ResponseWriter, r *http.Request) {
			flush(w)
			<-r.Context().Done()
		},
		"a byte now and then": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				say(w, " ")
				flush(w)
				time.Sleep(10 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := fetchOnce(t, HTTP(startServer(t, handler).URL, WithTimeout(100*time.Millisecond)), Validator{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, "no whole answer within 100ms")
			assert.Less(t, time.Since(began), 5*time.Second)
		})
	}
}

func TestErrorsNameTheTimeoutOfTheHTTPClient(t *testing.T) {
	server := startServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	source := HTTP(server.URL, WithHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
	_, err := fetchOnce(t, source, Validator{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "no whole answer within 50ms")
}

func TestErrorsContainNoSecrets(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, refused.Close())
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/path-secret/404":
			http.Error(w, "no such thing: "+r.URL.String(), http.StatusNotFound)
		case "/path-secret/echo":
			w.Header().Set("Location", "http://[::1/"+r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		case "/path-secret/scheme":
			w.Header().Set("Location", "ftp://example.com/"+r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		case "/path-secret/location":
			w.Header().Set("Location", "http://[location-secret")
			w.WriteHeader(http.StatusFound)
		case "/path-secret/odd":
			w.Header().Set("Content-Encoding", r.Header.Get("Authorization"))
			say(w, "x")
		case "/path-secret/hang":
			<-r.Context().Done()
		}
	})
	for name, host := range map[string]string{
		"404": server.Listener.Addr().String(), "echo": server.Listener.Addr().String(),
		"scheme": server.Listener.Addr().String(), "location": server.Listener.Addr().String(),
		"odd": server.Listener.Addr().String(), "hang": server.Listener.Addr().String(),
		"refused": refused.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			source := HTTP("http://user:pass-secret@"+host+"/path-secret/"+name+"?token=query-secret",
				WithHeader("Authorization", "header-secret"), WithTimeout(200*time.Millisecond))
			_, err := fetchOnce(t, source, Validator{})
			require.Error(t, err)
			for _, secret := range []string{
				"pass-secret", "path-secret", "query-secret", "header-secret", "location-secret",
			} {
				assert.NotContains(t, err.Error(), secret)
			}
			assert.ErrorContains(t, err, host)
			assert.NoError(t, errors.Unwrap(err), "an error that may hold secrets is not unwrapped")
		})
	}
}

func TestRedirectsCarryNothingToAnotherHost(t *testing.T) {
	var seen []http.Header
	keep := func(r *http.Request) { seen = append(seen, r.Header.Clone()) }
	var home *httptest.Server
	away := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		keep(r)
		if r.URL.Path == "/back" {
			http.Redirect(w, r, home.URL+"/end", http.StatusFound)
			return
		}
		say(w, "{}")
	})
	home = startServer(t, func(w http.ResponseWriter, r *http.Request) {
		keep(r)
		switch r.URL.Path {
		case "/away", "/away/back":
			http.Redirect(w, r, away.URL+strings.TrimPrefix(r.URL.Path, "/away"), http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, "/end", http.StatusMovedPermanently)
		default:
			say(w, "{}")
		}
	})
	secret := func(h http.Header) []string {
		return []string{h.Get("Authorization"), h.Get("X-Key"), h.Get("Cookie"), h.Get("Referer")}
	}
	address := strings.Replace(home.URL, "http://", "http://user:pass@", 1)
	configured := []HTTPOption{WithHeader("X-Key", "k"), WithHeader("Cookie", "c=1")}
	for name, test := range map[string]struct {
		path string
		hops int
		kept bool // at the end
	}{
		"to another port":          {"/away?token=t", 2, false},
		"there and back":           {"/away/back", 3, false},
		"within the host and port": {"/here", 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			_, err := fetchOnce(t, HTTP(address+test.path, configured...), Validator{ETag: `"v1"`})
			require.NoError(t, err)
			require.Len(t, seen, test.hops)
			assert.Equal(t, []string{"Basic dXNlcjpwYXNz", "k", "c=1", ""}, secret(seen[0]))
			for _, later := range seen[1:] {
				want := []string{"", "", "", ""}
				if test.kept {
					want = []string{"Basic dXNlcjpwYXNz", "k", "c=1", ""}
				}
				assert.Equal(t, want, secret(later))
				assert.Equal(t, "becket/"+web.Version, later.Get("User-Agent"))
				assert.Equal(t, `"v1"`, later.Get("If-None-Match"))
			}
		})
	}
}

func TestRedirectsAreLimited(t *testing.T) {
	asked := 0
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/again", http.StatusFound)
	})
	_, err := fetchOnce(t, HTTP(server.URL), Validator{})
	require.ErrorIs(t, err, web.ErrRedirect)
	assert.Equal(t, 1+web.MaxRedirects, asked)

	plain := startServer(t, func(w http.ResponseWriter, _ *http.Request) { say(w, "{}") })
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	_, err = fetchOnce(t, HTTP(secure.URL, WithHTTPClient(secure.Client())), Validator{})
	require.ErrorIs(t, err, web.ErrRedirect)
	assert.ErrorContains(t, err, "from https to http")

	upwards := startServer(t, http.RedirectHandler(secure.URL, http.StatusFound).ServeHTTP)
	_, err = fetchOnce(t, HTTP(upwards.URL, WithHTTPClient(secure.Client())), Validator{})
	assert.ErrorContains(t, err, "from https to http", "the redirect from http to https is followed")

	strict := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	_, err = fetchOnce(t, HTTP(server.URL, WithHTTPClient(strict)), Validator{})
	status, ok := errors.AsType[*StatusError](err)
	require.True(t, ok)
	assert.Equal(t, http.StatusFound, status.Code)
	strict.CloseIdleConnections()
}

func TestTLSIsOfVersion12AtLeastAndCertificatesAreChecked(t *testing.T) {
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = quietLog()
	old.StartTLS()
	defer old.Close()
	_, err := fetchOnce(t, HTTP(old.URL), Validator{})
	require.ErrorContains(t, err, "protocol version")

	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = quietLog()
	unknown.StartTLS()
	defer unknown.Close()
	_, err = fetchOnce(t, HTTP(unknown.URL), Validator{})
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	assert.True(t, ok, "%v", err)
}

func TestTheSignatureIsBesideTheDocument(t *testing.T) {
	var seen []string
	handler := func(_ http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.URL.String()+" "+r.Header.Get("X-Key"))
	}
	server, elsewhere := startServer(t, handler), startServer(t, handler)
	for _, given := range []Source{
		HTTP(server.URL+"/a%2Fb/flags.json?v=1", WithHeader("X-Key", "k")),
		HTTP(server.URL+"/flags.json", WithHeader("X-Key", "k"), WithSignatureURL(elsewhere.URL+"/s")),
	} {
		source, ok := given.(*httpSource)
		require.True(t, ok)
		_, err := source.FetchSignature(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Close())
	}
	assert.Equal(t, []string{"/a%2Fb/flags.json.minisig?v=1 k", "/s "}, seen)
}

func TestTheIdentityIsMadeOfTheURLAndItsHeadersByDefault(t *testing.T) {
	const address = "https://example.com/a?env=b"
	assert.Equal(t, address, HTTP(address).Identity())
	assert.Equal(t, "shop",
		HTTP("https://example.com/a?token=t", WithIdentity("shop"), WithHeader("X-Key", "k")).Identity())
	assert.NotEqual(t, File("a").Identity(), File("b").Identity())
	assert.NotEqual(t, Bytes([]byte("a")).Identity(), Bytes([]byte("b")).Identity())

	seen := map[string]string{HTTP(address).Identity(): "no header"}
	for name, options := range map[string][]HTTPOption{
		"a key":                    {WithHeader("X-Key", "staging-secret")},
		"another key":              {WithHeader("X-Key", "production-secret")},
		"another header":           {WithHeader("X-Keys", "staging-secret")},
		"both keys":                {WithHeader("X-Key", "staging-secret"), WithHeader("X-Key", "production-secret")},
		"both keys, turned around": {WithHeader("X-Key", "production-secret"), WithHeader("X-Key", "staging-secret")},
		"both keys in one value":   {WithHeader("X-Key", "staging-secretproduction-secret")},
		"an empty value":           {WithHeader("X-Key", "")},
	} {
		identity := HTTP(address, options...).Identity()
		assert.NotContains(t, seen, identity, "%s is the same as %s", name, seen[identity])
		assert.NotContains(t, identity, "secret", name)
		seen[identity] = name
	}
	one := HTTP(address, WithHeader("a", "1"), WithHeader("b", "2"))
	other := HTTP(address, WithHeader("B", "2"), WithTimeout(time.Second), WithHeader("A", "1"))
	assert.Equal(t, one.Identity(), other.Identity(), "order and case of names make no difference")
	assert.Equal(t, "https://user:pass@example.com/", HTTP("https://user:pass@example.com/").Identity())
}

func TestClientsWithDifferentHeadersShareNoDiskCopy(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"one for all"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		say(w, flagsDocument(1, r.Header.Get("X-Environment")))
	})
	folder := t.TempDir()
	for _, environment := range []string{"production", "staging", "production"} {
		client := newTestClient(t, HTTP(server.URL, WithHeader("X-Environment", environment)), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled(environment))
		require.NoError(t, client.Close())
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 2)
}
