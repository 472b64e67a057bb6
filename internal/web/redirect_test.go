package web

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOriginIsAHostAndAPort(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"https://example.com/a", "https://example.com/b?c", true},
		{"https://example.com", "https://EXAMPLE.com:443", true},
		{"http://example.com", "http://example.com:80", true},
		{"http://example.com", "https://example.com", false},
		{"https://example.com", "https://example.com:8443", false},
		{"https://example.com", "https://www.example.com", false},
	} {
		a, err := ParseURL("HTTP", test.a)
		require.NoError(t, err)
		b, err := ParseURL("HTTP", test.b)
		require.NoError(t, err)
		assert.Equal(t, test.same, SameOrigin(a, b), "%s and %s", test.a, test.b)
	}
}

func TestConfiguredHeadersAreRemovedForGoodWhenARedirectLeavesTheHost(t *testing.T) {
	configured := http.Header{
		"X-Team": {"shop"}, "User-Agent": {"own"}, "X-Token": {"renewed"}, "If-None-Match": {`"v1"`},
	}
	public := http.Header{"User-Agent": {"agent"}, "Accept": {"*/*"}}
	foreign := http.Header{"User-Agent": {"agent"}, "Accept": {"*/*"}, "If-None-Match": {`"v1"`}}
	policy := RedirectPolicy(public, nil)
	var via []*http.Request
	for _, step := range []struct {
		address string
		want    http.Header
	}{
		{"https://example.com/a", configured},
		{"https://example.com/b", configured},
		{"https://other.example.com/", foreign},
		{"https://example.com/back", foreign},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, step.address, nil)
		require.NoError(t, err)
		request.Header = configured.Clone() // as net/http copies it from the first request
		request.Host = "flags.example.com"
		if len(via) > 0 {
			request.Header.Set("Referer", via[len(via)-1].URL.String())
			require.NoError(t, policy(request, via))
		}
		assert.Equal(t, step.want, request.Header, step.address)
		if step.want.Get("X-Team") == "" {
			assert.Empty(t, request.Host, "the host is the URL's")
		}
		via = append(via, request)
	}
}

func TestARedirectToAnotherSchemeOrWithoutEndIsRefused(t *testing.T) {
	policy := RedirectPolicy(nil, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	request := func(address string) *http.Request {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		return request
	}
	via := []*http.Request{request("https://example.com")}
	require.ErrorIs(t, policy(request("http://example.com"), via), ErrRedirect)
	require.ErrorIs(t, policy(request("ftp://example.com"), via), ErrRedirect)
	require.ErrorIs(t, policy(request("https://example.com"), via), http.ErrUseLastResponse,
		"the client's own policy is asked last")
	require.ErrorIs(t, policy(request("https://example.com"), slices.Repeat(via, MaxRedirects+1)), ErrRedirect)
}
