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

func TestNoErrorContainsSecretsThatAServerRepeats(t *testing.T) {
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
		"in the status line":           func(e string) string { return "HTTP/1.1 " + e + "\r\n\r\n" },
		"behind the status":            func(e string) string { return "HTTP/1.1 500 " + e + "\r\n\r\n" },
		"in an answer that is no HTTP": func(e string) string { return e + "\r\n\r\n" },
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
					WithHeader("X-Password", password), WithHeader("X-Query", "query-secret"),
					WithHeader("X-Basic", basic)),
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

func TestAnETagThatRepeatsASecretIsNotStored(t *testing.T) {
	server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"`+r.Header.Get("Authorization")+r.Header.Get("X-Environment")+`"`)
		say(w, flagsDocument(1, "a"))
	})
	client := newTestClient(t, HTTP(server.URL, WithHeader("Authorization", "Bearer bearer-secret")))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Empty(t, client.Status().ETag)
	client = newTestClient(t, HTTP(server.URL+"/?env=production", WithHeader("X-Environment", "production")))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, `"production"`, client.Status().ETag, "an ordinary word is no secret")
}

func TestErrorsAboutAddressesAndHeadersQuoteNoSecret(t *testing.T) {
	for name, source := range map[string]Source{
		"a slash in the password":   HTTP("https://user:sesame/open@example.com/flags.json"),
		"a percent in the password": HTTP("https://user:sesame%zz@example.com/"),
		"a space in the host":       HTTP("https://sesame example.com/"),
		"a control character":       HTTP("https://example.com/sesame\x00"),
		"no scheme":                 HTTP("sesame:open"),
		"a header in its name":      HTTP("https://example.com/", WithHeader("Authorization: sesame", "")),
		"a header's value":          HTTP("https://example.com/", WithHeader("Authorization", "sesame\n")),
		"a signature's address": HTTP("https://example.com/",
			WithSignatureURL("https://user:sesame/@example.com/")),
	} {
		_, err := New(source)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "ses", name)
		assert.NotContains(t, err.Error(), "zz", name)
	}
}
