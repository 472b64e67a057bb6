package web

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrorsStayReadable(t *testing.T) {
	address := &url.URL{
		Scheme: "https", Host: "flags.example.com", Path: "/team/flags/production.json", RawQuery: "v=1",
	}
	r := NewRedactor("abcdef0123456789ghij.example.com", []*url.URL{address},
		http.Header{"X-Team": {"a"}, "X-Version": {"1"}})
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
		assert.Equal(t, text, r.Text(text))
	}
	assert.Equal(t, "the value *** of *** is hidden", r.Text("the value a of 1 is hidden"),
		"a short value is hidden where it stands alone")
}

func TestKeysAreDistinguishedFromWords(t *testing.T) {
	for _, key := range []string{
		"QMEWDKg-Jr-i-mDaNq-M8R", "IiPXgxWuA1nc41j0xj28HR", "550e8400-e29b-41d4-a716-446655440000",
		"9f86d081884c7d659a2feaa0c55ad015", "sdk-12ab34cd-56ef-78ab", "aBcdEfgh1iJkl2MnoP",
		"abcdefghijklmnopqrstuvwxyzabcdefgh",
	} {
		assert.True(t, looksLikeKey(key), key)
	}
	for _, word := range []string{
		"", "short1A2b3C", "CertificateVerificationError", "HTTP_1_1_REQUIRED", "my-flags-bucket-123456",
		"configuration-files",
		"2026-11-26T20:21:33Z", "127.0.0.1:12345",
	} {
		assert.False(t, looksLikeKey(word), word)
	}
}

func TestAProxysPasswordIsInNoError(t *testing.T) {
	r := &Redactor{}
	t.Setenv("HTTPS_PROXY", "http://user:pw12@proxy.example.com")
	r.proxies()
	r.ready()
	basic := base64.StdEncoding.EncodeToString([]byte("user:pw12"))
	assert.Equal(t, "*** and ***", r.Text("pw12 and "+basic), "too short to look like a key")
}

func TestEachSegmentOfAPathThatMayBeAKeyIsHidden(t *testing.T) {
	r := NewRedactor("example.com",
		[]*url.URL{{Scheme: "https", Host: "example.com", Path: "/flags/Sesame7/a b-c%d/open_1.json"}}, nil)
	for _, text := range []string{"Sesame7", "a b-c%d", "a%20b-c%25d", "open_1.json", "open_1"} {
		assert.Equal(t, "at *** here", r.Text("at "+text+" here"))
	}
	assert.Equal(t, "the flags", r.Text("the flags"), "a word is not a key")
}

func TestTextsThatRepeatACredentialAreRecognised(t *testing.T) {
	r := NewRedactor("example.com", nil,
		http.Header{"Authorization": {"Bearer bearer-secret"}, "X-Environment": {"production"}})
	assert.True(t, r.Repeats(`"bearer-secret"`))
	assert.False(t, r.Repeats(`"production"`))
	assert.False(t, r.Repeats(""))
	assert.False(t, (&Redactor{}).Repeats(`"v1"`))
}

func TestRedactedErrorsMatchTheirCausesButDoNotUnwrap(t *testing.T) {
	cause := &os.PathError{Op: "open", Path: "secret", Err: fs.ErrNotExist}
	err := Redacted("open ***", cause)
	require.EqualError(t, err, "open ***")
	require.ErrorIs(t, err, fs.ErrNotExist)
	found, ok := errors.AsType[*os.PathError](err)
	require.True(t, ok)
	assert.Equal(t, cause, found)
	assert.NoError(t, errors.Unwrap(err))
}

func TestTheTokenOfACredentialIsHiddenHoweverShortItIs(t *testing.T) {
	for name, test := range map[string]struct{ header, value, text, want string }{
		"Bearer":        {"Authorization", "Bearer abc12", "abc12 is no Bearer", "*** is no Bearer"},
		"three letters": {"Authorization", "Bearer abc", "abc, not abcd", "***, not abcd"},
		"base64":        {"Authorization", "Token YWI=", "YWI= and YWI", "*** and YWI"},
		"a cookie":      {"Cookie", "theme=dark; s=abc12", "dark, abc12, theme", "***, ***, theme"},
		"parameters": {
			"Authorization", `Digest realm="host", nonce="nonce-of-it"`, "no such host: nonce-of-it",
			"no such host: ***",
		},
	} {
		r := NewRedactor("example.com", nil, http.Header{test.header: {test.value}})
		assert.Equal(t, test.want, r.Text(test.text), name)
	}
}

func TestARedactorHidesTheHeadersThatItWasGivenLast(t *testing.T) {
	r := NewRedactor("example.com", nil, http.Header{"X-Key": {"static-key"}})
	give := func(token string) { r.Renew(http.Header{"Authorization": {"Bearer " + token}}) }
	give("first-token")
	give("first-token")
	give("second-token")
	assert.Equal(t, "***, ***, ***", r.Text("static-key, first-token, second-token"))
	assert.True(t, r.Repeats("first-token"))
	assert.False(t, r.Repeats("third-token"))
	for _, token := range []string{"third-token", "fourth-token", "fifth-token"} {
		give(token)
	}
	assert.Equal(t, "***, ***, first-token", r.Text("static-key, second-token, first-token"), "memory is bounded")
}
