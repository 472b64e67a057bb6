package becket

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/becketflags/becket/internal/push"
	"github.com/becketflags/becket/internal/web"
)

// WithEvents makes the source a [Signal] too: a stream of server-sent events says when there may be
// a new document. The URL may be relative to the document's; a query of the document's URL is not
// taken over. It must use TLS if the document's URL does.
//
// Each event is a hint. If its data is a JSON object, "revision", "etag" and "spread" (seconds) of
// the object are used; other data says only that there may be a new document. So a heartbeat should
// be a comment, which is no event. If no byte arrives for 60 seconds, the connection counts as
// lost: the server should send a heartbeat every 30 seconds or more often. A server that sends none
// costs one connection and one fetch a minute.
//
// The request has the headers, the redirects and the secrecy of a request for the document, so that
// headers of [WithHeader] and [WithHeaderFunc] are sent only to the document's host and port. It
// uses the client of [WithHTTPClient], but without its timeout, which would cut the stream. The
// answer's header must arrive within the time of [WithTimeout]. A lost stream is opened again by
// the pauses of the client, with the last event's ID as Last-Event-ID; the field retry is ignored.
// At most 8 KiB of an event are kept, and a stream is read at no more than 256 KiB a second after
// the first 16 MiB. By default, there are no events, and the source is no Signal.
func WithEvents(address string) HTTPOption {
	return func(s *httpSource) { s.events = &events{address: address} }
}

// events is the stream of WithEvents.
type events struct {
	address string
	url     *url.URL // nil if there is a mistake
	client  *web.Client
	lastID  atomic.Pointer[string] // the ID of the last event; nil if there was none
}

// prepare resolves the address, and returns the addresses that may contain secrets.
func (e *events) prepare(s *httpSource) []*url.URL {
	u, err := web.ResolveURL("WithEvents", s.url, e.address)
	if err != nil {
		s.wrong(err)
		return nil
	}
	e.url = u
	return []*url.URL{u}
}

// eventsHeader returns the headers of a request for events that are sent to every host.
func eventsHeader() http.Header {
	header := publicHeader()
	maps.Copy(header, web.EventsHeader())
	return header
}

// eventSource is an HTTP source with events.
type eventSource struct{ *httpSource }

// Name returns the host of the events.
func (s *eventSource) Name() string {
	if s.events.url == nil {
		return "events"
	}
	return "events of " + s.events.url.Host
}

// Watch listens to the events until the stream ends.
func (s *eventSource) Watch(ctx context.Context, changed func(Hint)) error {
	if s.mistake != nil {
		return s.mistake
	}
	if changed == nil {
		changed = func(Hint) {}
	}
	s.once.Do(s.connect)
	request, err := s.eventsRequest(ctx)
	if err == nil {
		err = s.events.client.Listen(request.WithContext(ctx), web.Listener{
			Patience: s.patience(),
			Answered: func(response *http.Response) error {
				if response.StatusCode != http.StatusOK {
					return statusError(response)
				}
				err := web.CheckEvents(response.Header)
				if err == nil {
					changed(Hint{})
				}
				return err
			},
			Event: func(id, data string) {
				s.events.remember(id)
				changed(Hint(push.Parse([]byte(data))))
			},
		})
	}
	if ctx.Err() != nil {
		return nil
	}
	return s.failedAt(s.events.url, web.Plain(err, s.patience()))
}

// eventsRequest returns the next request for events.
func (s *eventSource) eventsRequest(ctx context.Context) (*http.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	request, err := s.request(ctx, s.events.url, Validator{})
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, web.EventsHeader())
	if id := s.events.lastID.Load(); id != nil {
		request.Header.Set("Last-Event-ID", *id)
	}
	return request, nil
}

// remember keeps the ID of an event for the next request, unless it cannot be sent.
func (e *events) remember(id string) {
	if id != "" && len(id) <= maxValidator && web.ValidHeaderValue(id) {
		e.lastID.Store(&id)
	}
}
