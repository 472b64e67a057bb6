package configcat

import (
	"net/url"
	"strings"

	"github.com/becketflags/becket/internal/web"
)

const (
	proxyPrefix = "configcat-proxy/"
	sdkPrefix   = "configcat-sdk-1/"
	partLength  = 22
)

// validKey reports whether a text can be an SDK key. A proxy's key is valid only with a base URL.
func validKey(key string, custom bool) bool {
	if name, proxy := strings.CutPrefix(key, proxyPrefix); proxy && custom {
		return name != ""
	}
	first, second, found := strings.Cut(strings.TrimPrefix(key, sdkPrefix), "/")
	return found && len(first) == partLength && len(second) == partLength && !strings.Contains(second, "/")
}

// pathOf returns the path of a key's config below an address. The key's slashes separate segments
// of the path.
func pathOf(key string) string {
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i] = url.PathEscape(segments[i])
	}
	return "/configuration-files/" + strings.Join(segments, "/") + "/config_v6.json"
}

// hideKey removes the key, and each long part of it, from an error.
func (s *cdn) hideKey(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	hidden := text
	for _, secret := range append([]string{s.key, url.PathEscape(s.key)}, strings.Split(s.key, "/")...) {
		ofProxy := strings.HasPrefix(s.key, proxyPrefix) && secret+"/" != proxyPrefix
		if len(secret) >= partLength || ofProxy && len(secret) > 3 {
			hidden = strings.ReplaceAll(hidden, secret, "***")
		}
	}
	if hidden == text {
		return err
	}
	return web.Redacted(hidden, err)
}
