package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// ErrRedirect reports a redirect that is not followed: the sixth redirect of a request, a redirect
// from https to another scheme, or a redirect to a scheme other than http and https.
var ErrRedirect = errors.New("becket: the server's redirect is not followed")

// MaxRedirects is the greatest number of redirects that one request follows.
const MaxRedirects = 5

// RedirectPolicy follows redirects that keep the scheme or lead to https. When a redirect leads to
// another host or port, all headers are removed from the request, except for its conditions, and
// the public headers are set. The removed headers are not restored later, because the foreign host
// could redirect back to a URL that it chose. own is the policy of a custom client, which may be
// stricter, or nil.
func RedirectPolicy(public http.Header, own func(*http.Request,
	[]*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		request.Close = via[0].Close  // net/http does not take it over
		request.Header.Del("Referer") // it contains the path and the query, which may be secret
		last := via[len(via)-1].URL
		switch {
		case len(via) > MaxRedirects:
			return fmt.Errorf("%w: there were %d before it", ErrRedirect, MaxRedirects)
		case request.URL.Scheme != "http" && request.URL.Scheme != "https":
			return fmt.Errorf("%w: it leads to another scheme", ErrRedirect)
		case last.Scheme == "https" && request.URL.Scheme != "https":
			return fmt.Errorf("%w: it leads from https to %s", ErrRedirect, request.URL.Scheme)
		}
		if leftOrigin(request, via) {
			for name := range request.Header {
				if name != "If-None-Match" && name != "If-Modified-Since" {
					delete(request.Header, name)
				}
			}
			maps.Copy(request.Header, public)
			request.Host = ""
		}
		if own != nil {
			return own(request, via)
		}
		return nil
	}
}

func leftOrigin(request *http.Request, via []*http.Request) bool {
	for _, earlier := range via[1:] {
		if !SameOrigin(earlier.URL, via[0].URL) {
			return true
		}
	}
	return !SameOrigin(request.URL, via[0].URL)
}

// SameOrigin reports whether two URLs have the same host and port. Another port of the same host
// may belong to another owner.
func SameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
