package becket

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rawServer answers each request with bytes that need not be HTTP. The answer gets the request's
// lines.
func rawServer(t *testing.T, answer func(request []string) string) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				var lines []string
				for scanner := bufio.NewScanner(connection); scanner.Scan() && scanner.Text() != ""; {
					lines = append(lines, scanner.Text())
				}
				say(connection, answer(lines))
			}()
		}
	}()
	return listener.Addr().String()
}

func TestAServerThatEchoesSecretsGetsThemIntoNoError(t *testing.T) {
	const (
		sdk      = "configcat-sdk-1/QMEWDKg-Jr-i-mDaNq-M8R/IiPXgxWuA1nc41j0xj28HR"
		password = `p"a/s s%w&rd`
	)
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + password))
	secrets := []string{
		"QMEWDKg", "M8R", "IiPXgxWu", "1nc41j0xj28HR", "s%w&rd", url.QueryEscape(password), url.PathEscape(password),
		basic, strings.TrimRight(basic, "="), "bearer-secret", "cookie-secret", "query-secret", "dXNlc", "zz9",
		"deadbeef00112233",
	}
	everything := func(lines []string) string {
		plain := fmt.Sprintf("%s %s %q user:%s %s", password, url.QueryEscape(password), password, password, basic)
		return strings.Join(lines, " ") + " " + plain + " /" + sdk + " /elsewhere/deadbeef00112233deadbeef00112233"
	}
	for name, answer := range map[string]func(string) string{
		"in the status line": func(e string) string { return "HTTP/1.1 " + e + "\r\n\r\n" },
		"behind the status":  func(e string) string { return "HTTP/1.1 500 " + e + "\r\n\r\n" },
		"in what is no HTTP": func(e string) string { return e + "\r\n\r\n" },
		"in a header without a name": func(e string) string {
			return "HTTP/1.1 200 OK\r\n" + strings.ReplaceAll(e, ":", " ") + "\r\n\r\n"
		},
		"in a header's name": func(e string) string { return "HTTP/1.1 200 OK\r\n" + e + "\r\n\r\n" },
		"in a location": func(e string) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://[" + e + "\r\n\r\n"
		},
		"in a location's port": func(e string) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:port/" + url.PathEscape(e) + "\r\n\r\n"
		},
		"in a location's host": func(string) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://QMEWDKg-Jr-i-mDaNq-M8R.invalid/\r\n\r\n"
		},
		"in a content encoding": func(e string) string {
			return "HTTP/1.1 200 OK\r\nContent-Encoding: " + e + "\r\n\r\nx"
		},
		"in a content length": func(e string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + e + "\r\n\r\nx" },
		"in a transfer encoding": func(e string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + e + "\r\n\r\nx"
		},
		"in a content type and the body": func(e string) string {
			return "HTTP/1.1 404 Not Found\r\nContent-Type: " + e + "\r\n\r\n" + e
		},
		"in a chunk's length": func(e string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + e
		},
		"a megabyte of it": func(e string) string { return "HTTP/1.1 " + strings.Repeat(e, 1500) + "\r\n\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			host := rawServer(t, func(lines []string) string { return answer(everything(lines)) })
			user := url.UserPassword("user", password).String()
			place := host + "/configuration-files/" + sdk + "/config_v6.json?token=query-secret"
			for _, source := range []Source{
				HTTP("http://" + user + "@" + place),
				HTTP("http://"+place, WithHeader("Authorization", "Basic "+basic),
					WithHeader("Cookie", "a=cookie-secret; b=c"), WithHeader("X-Short", "zz9")),
				HTTP("http://"+host+"/"+sdk, WithHeader("Authorization", "Bearer bearer-secret"),
					WithHeader("X-Password", password), WithHeader("X-Query", "query-secret"), WithHeader("X-Basic", basic)),
			} {
				_, err := fetchOnce(t, source, Validator{})
				require.Error(t, err)
				for _, secret := range secrets {
					assert.NotContains(t, err.Error(), secret)
				}
				assert.Less(t, len(err.Error()), 2<<10)
			}
		})
	}
}

func TestAnETagThatRepeatsASecretIsNotKept(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"`+r.Header.Get("Authorization")+r.Header.Get("X-Environment")+`"`)
		say(w, flagsDocument(1, "a"))
	})
	client := newTestClient(t, HTTP(server.URL, WithHeader("Authorization", "Bearer bearer-secret")))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Empty(t, client.Status().ETag)
	client = newTestClient(t, HTTP(server.URL+"/?env=production", WithHeader("X-Environment", "production")))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, `"production"`, client.Status().ETag, "an ordinary word in an ETag must not cost every 304")
}

func TestErrorsStayReadable(t *testing.T) {
	address := &url.URL{Scheme: "https", Host: "flags.example.com", Path: "/team/flags/production.json", RawQuery: "v=1"}
	r := newRedactor([]*url.URL{address},
		http.Header{"X-Team": {"a"}, "X-Version": {"1"}})
	r.host = "abcdef0123456789ghij.example.com"
	for _, text := range []string{
		"dial tcp 192.0.2.1:443: connect: connection refused",
		"lookup abcdef0123456789ghij.example.com: no such host",
		"the server answered 401 Unauthorized",
		"no whole answer within 10s: context deadline exceeded",
		"net/http: HTTP/1.x transport connection broken: malformed HTTP response",
		"stream error: stream ID 11; HTTP_1_1_REQUIRED; received from peer",
		"x509: certificate has expired or is not yet valid: current time 2026-11-26T20:21:33Z is after 2026-01-01T00:00:00Z",
		"tls: failed to verify certificate: x509: certificate is valid for ip-10-123-45-67.example.com, not localhost",
		"http: InsecureSkipVerify and CertificateVerificationError are words",
		"becket: the flags of production are over the size limit of 67108864 bytes",
	} {
		assert.Equal(t, text, r.text(text))
	}
	assert.Equal(t, "the value *** of *** is hidden", r.text("the value a of 1 is hidden"),
		"a short value is hidden where it stands alone")
}

func TestKeysAreToldFromWords(t *testing.T) {
	for _, key := range []string{
		"QMEWDKg-Jr-i-mDaNq-M8R", "IiPXgxWuA1nc41j0xj28HR", "550e8400-e29b-41d4-a716-446655440000", "9f86d081884c7d659a2feaa0c55ad015",
		"sdk-12ab34cd-56ef-78ab", "aBcdEfgh1iJkl2MnoP", "abcdefghijklmnopqrstuvwxyzabcdefgh",
	} {
		assert.True(t, looksLikeKey(key), key)
	}
	for _, word := range []string{
		"", "short1A2b3C", "CertificateVerificationError", "HTTP_1_1_REQUIRED", "my-flags-bucket-123456", "configuration-files",
		"2026-11-26T20:21:33Z", "127.0.0.1:12345",
	} {
		assert.False(t, looksLikeKey(word), word)
	}
}

func TestMistakesInAddressesAndHeadersQuoteNothing(t *testing.T) {
	for name, source := range map[string]Source{
		"a slash in the password":   HTTP("https://user:sesame/open@example.com/flags.json"),
		"a percent in the password": HTTP("https://user:sesame%zz@example.com/"),
		"a space in the host":       HTTP("https://sesame example.com/"),
		"a control character":       HTTP("https://example.com/sesame\x00"),
		"no scheme":                 HTTP("sesame:open"),
		"a header in its name":      HTTP("https://example.com/", WithHeader("Authorization: sesame", "")),
		"a header's value":          HTTP("https://example.com/", WithHeader("Authorization", "sesame\n")),
		"a signature's address":     HTTP("https://example.com/", WithSignatureURL("https://user:sesame/@example.com/")),
	} {
		_, err := New(source)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "ses", name)
		assert.NotContains(t, err.Error(), "zz", name)
	}
}

func TestAProxysPasswordIsInNoError(t *testing.T) {
	r := &redactor{}
	t.Setenv("HTTPS_PROXY", "http://user:pw12@proxy.example.com")
	r.proxies()
	r.ready()
	basic := base64.StdEncoding.EncodeToString([]byte("user:pw12"))
	assert.Equal(t, "*** and ***", r.text("pw12 and "+basic), "too short to look like a key")
}

func TestEachSegmentOfAPathThatMayBeAKeyIsHidden(t *testing.T) {
	r := newRedactor([]*url.URL{{Scheme: "https", Host: "example.com", Path: "/flags/Sesame7/a b-c%d/open_1.json"}}, nil)
	for _, text := range []string{"Sesame7", "a b-c%d", "a%20b-c%25d", "open_1.json", "open_1"} {
		assert.Equal(t, "at *** here", r.text("at "+text+" here"))
	}
	assert.Equal(t, "the flags", r.text("the flags"), "a word is no key")
}
