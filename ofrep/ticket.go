package ofrep

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	ticketName   = "ticket" // the parameter of the stream's address
	ticketPeriod = 12 * time.Hour
	ticketBytes  = 16 // bytes of the code in a ticket
)

// eventStream names an event stream in the answer for all flags, as the protocol defines it. Either
// URL or Endpoint is set.
type eventStream struct {
	Type     string          `json:"type"`
	URL      string          `json:"url,omitempty"`
	Endpoint *streamEndpoint `json:"endpoint,omitempty"`
}

// streamEndpoint is the path of a stream. The origin is left out: the provider then takes the
// origin of its own address, and it opens no stream if the origin is "".
type streamEndpoint struct {
	RequestURI string `json:"requestUri"`
}

// streamsFor returns the streams that the answer to a request names.
func (h *handler) streamsFor(r *http.Request) []eventStream {
	if !h.stream.on {
		return nil
	}
	address := h.stream.address
	if address == "" {
		address = streamPathFor(r)
	}
	if h.authorize != nil {
		address = withTicket(address, newTicket(h.stream.key, time.Now()))
	}
	if strings.HasPrefix(address, "/") {
		return []eventStream{{Type: "sse", Endpoint: &streamEndpoint{address}}}
	}
	return []eventStream{{Type: "sse", URL: address}}
}

// streamPathFor returns the stream's path from the path of a request for all flags, which may have
// a prefix that the program has stripped.
func streamPathFor(r *http.Request) string {
	target, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return streamPath
	}
	prefix, ok := strings.CutSuffix(target.EscapedPath(), bulkPath)
	if !ok || strings.HasPrefix(prefix, "//") || strings.Contains(prefix, `\`) {
		return streamPath // two slashes at the beginning would name another host
	}
	return prefix + streamPath
}

// isAddress reports whether a text can be the address of a stream.
func isAddress(address string) bool {
	target, err := url.Parse(address)
	switch {
	case err != nil:
		return false
	case target.IsAbs():
		return (target.Scheme == "http" || target.Scheme == "https") && target.Host != ""
	default:
		return address == "" || strings.HasPrefix(address, "/") && target.Host == ""
	}
}

func withTicket(address, ticket string) string {
	target, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := target.Query()
	query.Set(ticketName, ticket)
	target.RawQuery = query.Encode()
	return target.String()
}

func newKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return key
}

// newTicket returns a ticket, which is valid for one to two periods. It stays the same for a
// period, so that the answers that contain it do not change with every request.
func newTicket(key []byte, now time.Time) string {
	return signTicket(key, now.Unix()/int64(ticketPeriod.Seconds())+2)
}

// signTicket returns the ticket that ends with the given period.
func signTicket(key []byte, end int64) string {
	text := strconv.FormatInt(end, 36)
	code := hmac.New(sha256.New, key)
	code.Write([]byte("becket ofrep stream " + text))
	return text + "." + base64.RawURLEncoding.EncodeToString(code.Sum(nil)[:ticketBytes])
}

// isTicket reports whether a ticket is valid. The clocks of two instances may differ by a period.
func isTicket(ticket string, key []byte, now time.Time) bool {
	text, _, found := strings.Cut(ticket, ".")
	end, err := strconv.ParseInt(text, 36, 64)
	period := now.Unix() / int64(ticketPeriod.Seconds())
	return found && err == nil && period < end && end <= period+3 &&
		hmac.Equal([]byte(ticket), []byte(signTicket(key, end)))
}

// admitStream reports whether the caller may open a stream: with a ticket, or if the program's
// function admits the request. If not, it answers the request.
func (h *handler) admitStream(w http.ResponseWriter, r *http.Request) bool {
	ticket := r.URL.Query().Get(ticketName)
	if h.authorize == nil || !isTicket(ticket, h.stream.key, time.Now()) {
		return h.admit(w, r)
	}
	h.allowOrigin(w, r)
	return true
}
