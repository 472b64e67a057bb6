package target

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/becketflags/becket/internal/web"
)

// address is the address of a target. It is not parsed by package url, whose errors repeat the
// whole text, and which refuses several hosts.
type address struct {
	text   string
	scheme string
	user   string // user and password as in the text
	host   string // with the port
	path   string
	query  url.Values
	own    url.Values // parameters for becket
}

// ownParameters are the parameters that are not for the engine.
var ownParameters = map[string][]string{
	"nats": {"creds", "subject"}, "tls": {"creds", "subject"},
	"redis": {"key", "channel"}, "rediss": {"key", "channel"},
	"postgres": {"name", "channel"}, "postgresql": {"name", "channel"},
}

func parse(text string) (*address, error) {
	if path, is := strings.CutPrefix(text, "dir:"); is {
		return &address{text: text, scheme: "dir", path: path}, nil
	}
	a := &address{text: text}
	scheme, rest, is := strings.Cut(text, "://")
	if !is {
		return nil, errScheme
	}
	a.scheme = strings.ToLower(scheme)
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	a.path = "/" + path
	a.host = authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		a.user, a.host = authority[:i], authority[i+1:]
	}
	if a.host == "" && !strings.HasPrefix(a.scheme, "postgres") {
		return nil, fmt.Errorf("the address of --to has no host: %w", errScheme)
	}
	var err error
	if a.query, err = url.ParseQuery(query); err != nil {
		return nil, errors.New("the address of --to has an invalid query")
	}
	a.own = url.Values{}
	for _, name := range ownParameters[a.scheme] {
		if values, there := a.query[name]; there {
			a.own[name] = values
			delete(a.query, name)
		}
	}
	return a, nil
}

// engine returns the address for the engine: without becket's own parameters, and with another
// path.
func (a *address) engine(path string) string {
	var b strings.Builder
	b.WriteString(a.scheme + "://")
	if a.user != "" {
		b.WriteString(a.user + "@")
	}
	b.WriteString(a.host + path)
	if len(a.query) > 0 {
		b.WriteString("?" + a.query.Encode())
	}
	return b.String()
}

// name returns the address without secrets: without user and password, and of the query only with
// the key or name of the document.
func (a *address) name() string {
	var text strings.Builder
	text.WriteString(a.scheme + "://" + a.host + a.path)
	for _, parameter := range []string{"key", "name"} {
		if value := a.own.Get(parameter); value != "" {
			text.WriteString("?" + parameter + "=" + value)
		}
	}
	return text.String()
}

// redactor removes passwords, tokens and the query from errors, or is nil if there are none. The
// name of a user stays.
func (a *address) redactor(header http.Header) *web.Redactor {
	_, password, has := strings.Cut(a.user, ":")
	if !has {
		password = a.user // a token of NATS
	}
	if decoded, err := url.PathUnescape(password); err == nil {
		password = decoded
	}
	secret := &url.URL{User: url.UserPassword("", password)}
	switch a.scheme {
	case "dir":
		return nil
	case "http", "https":
		secret.RawQuery = a.query.Encode()
	default:
		secret.RawQuery = url.Values{"password": a.query["password"], "sslpassword": a.query["sslpassword"]}.Encode()
	}
	return web.NewRedactor(a.host, []*url.URL{secret}, header)
}
