package web

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ParseURL reads the address of a document. option is the name of the option that has the address,
// for the error. The error quotes no part of the address, because even the port may be a part of a
// password that contains a slash.
func ParseURL(option, address string) (*url.URL, error) {
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

// ResolveURL reads an address that may be relative to base, with the errors of [ParseURL]. It
// refuses an address without TLS beside a base with TLS, because the requests for both have the
// same credentials.
func ResolveURL(option string, base *url.URL, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("becket: %s: the URL cannot be read: %s", option, mistakeIn(err))
	case address == "":
		return nil, fmt.Errorf("becket: %s: the URL is empty", option)
	}
	u, err = ParseURL(option, base.ResolveReference(u).String())
	if err == nil && base.Scheme == "https" && u.Scheme != "https" {
		return nil, fmt.Errorf("becket: %s: the URL must begin with https://, as that of the document does", option)
	}
	return u, err
}

func mistakeIn(err error) string {
	_, escape := errors.AsType[url.EscapeError](err)
	_, host := errors.AsType[url.InvalidHostError](err)
	switch {
	case escape:
		return "a % in it is not followed by two hexadecimal digits"
	case host:
		return "its host has an invalid character"
	case strings.Contains(err.Error(), "invalid port"):
		return "its port is not a number; in a user or password, write / as %2F, : as %3A and @ as %40"
	default:
		return "it does not have the form https://host/path, or a special character in it is not written with %"
	}
}

// ValidHeaderName reports whether name is a valid name of an HTTP header.
func ValidHeaderName(name string) bool {
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

// ValidHeaderValue reports whether value is a valid value of an HTTP header.
func ValidHeaderValue(value string) bool {
	for _, c := range []byte(value) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// Printable reports whether a text has only printable ASCII characters. An empty text is printable.
func Printable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
