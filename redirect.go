package becket

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// redirectPolicy follows redirects within the scheme or to https. As soon as one leads to another
// host or port, everything that was configured is taken out of the request, for good: who led away
// may lead back to a place of its choice. own is the policy of a custom client, which may be
// stricter.
func redirectPolicy(configured http.Header, own func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		request.Header.Del("Referer") // it would show the path and the query, which may be secret
		last := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: there were %d before it", ErrRedirect, maxRedirects)
		case request.URL.Scheme != "http" && request.URL.Scheme != "https":
			return fmt.Errorf("%w: it leads to another scheme", ErrRedirect)
		case last.Scheme == "https" && request.URL.Scheme != "https":
			return fmt.Errorf("%w: it leads from https to %s", ErrRedirect, request.URL.Scheme)
		}
		if leftOrigin(request, via) {
			for name := range configured {
				request.Header.Del(name)
			}
			for _, name := range [...]string{"Authorization", "Cookie", "Proxy-Authorization"} {
				request.Header.Del(name)
			}
			request.Host = ""
			if configured.Get("User-Agent") != "" {
				request.Header.Set("User-Agent", "becket/"+Version)
			}
		}
		if own != nil {
			return own(request, via)
		}
		return nil
	}
}

func leftOrigin(request *http.Request, via []*http.Request) bool {
	for _, earlier := range via[1:] {
		if !sameOrigin(earlier.URL, via[0].URL) {
			return true
		}
	}
	return !sameOrigin(request.URL, via[0].URL)
}

// sameOrigin compares host and port. The same host on another port may belong to somebody else.
func sameOrigin(a, b *url.URL) bool {
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

// parseURL never quotes the address in its error, nor a part of it: a password with a slash in it
// looks like a port.
func parseURL(option, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("becket: %s: the URL cannot be read: %s", option, mistakeIn(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("becket: %s: the URL must begin with https:// or http:// and name a host", option)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func mistakeIn(err error) string {
	_, escape := errors.AsType[url.EscapeError](err)
	_, host := errors.AsType[url.InvalidHostError](err)
	switch {
	case escape:
		return "a % in it is not followed by two hexadecimal digits"
	case host:
		return "its host has a character that no host has"
	case strings.Contains(err.Error(), "invalid port"):
		return "its port is no number; in a user or password, write / as %2F, : as %3A and @ as %40"
	default:
		return "it is not in the form https://host/path, or a special character in it is not written with %"
	}
}

func validHeaderName(name string) bool {
	if name == "" {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>@,;:\\\"/[]?={}", c) >= 0 {
			return false
		}
	}
	return true
}

func validHeaderValue(value string) bool {
	for _, c := range []byte(value) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func printable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
