package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Limits of a stream of server-sent events.
const (
	// silentAfter is the time without a byte after which a stream counts as lost. It is the time of
	// two heartbeats.
	silentAfter = time.Minute
	maxEvent    = 8 << 10 // bytes of an event that are kept; the rest is dropped
	// A stream may send burst bytes at once, and after that it is read at eventRate bytes a second,
	// so that an endless flood costs little time. The burst has room for a server whose events
	// contain whole documents.
	burst     = 16 << 20
	eventRate = 256 << 10
)

var (
	errSilent   = errors.New("the stream of events is lost: no byte, and so no heartbeat, has come")
	errEnded    = errors.New("the server ended the stream of events")
	errNoStream = errors.New("the answer is no stream of events")
)

// EventsHeader returns the headers of a request for a stream of events. The stream must not be
// compressed, because programs that compress often collect many events before they send them.
func EventsHeader() http.Header {
	return http.Header{
		"Accept": {"text/event-stream"}, "Accept-Encoding": {"identity"}, "Cache-Control": {"no-store"},
	}
}

// Streaming returns a client for streams of events. It uses the connections of c, and works like
// custom, which may be nil, but without its timeout. public holds the headers that every host may
// receive.
func (c *Client) Streaming(custom *http.Client, public http.Header) *Client {
	s := newClient(custom, c.own, public)
	s.http.Timeout, s.silence = 0, silentAfter
	return s
}

// Listener has the functions that Listen calls.
type Listener struct {
	// Patience is the time limit for the header of the answer. The stream itself has none.
	Patience time.Duration
	// Answered is called with the answer, whose body it must not read. Its error ends the request.
	Answered func(*http.Response) error
	// Event is called for each event, with the last ID that the stream has sent so far.
	Event func(id, data string)
}

// Listen sends a request for a stream of events and reads the stream until it ends or is lost. It
// never returns nil. An event has at most 8 KiB; the rest of a longer event is dropped.
func (c *Client) Listen(request *http.Request, l Listener) error {
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	header := time.AfterFunc(l.Patience, func() { cancel(context.DeadlineExceeded) })
	defer header.Stop()
	response, ended, err := c.Do(request.WithContext(ctx))
	header.Stop()
	if err == nil {
		if err = l.Answered(response); err == nil {
			err = c.listen(ctx, cancel, response.Body, l.Event)
		}
		_ = response.Body.Close()
	}
	cause := context.Cause(ctx)
	if cause != nil {
		err = cause
	}
	ended(response != nil && !errors.Is(cause, errSilent))
	return err
}

// listen reads a stream. It cancels the request when the stream is silent for too long.
func (c *Client) listen(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader,
	event func(id, data string)) error {
	watchdog := time.AfterFunc(c.silence, func() { cancel(fmt.Errorf("%w for %v", errSilent, c.silence)) })
	defer watchdog.Stop()
	limit := &pace{left: burst, at: time.Now()}
	lines := &eventLines{body: body, arrived: func(n int) {
		watchdog.Reset(c.silence)
		limit.wait(ctx, n)
	}}
	for e, err := range sse.Read(lines, &sse.ReadConfig{MaxEventSize: 2 * maxEvent}) {
		if err != nil {
			return fmt.Errorf("the stream of events broke off: %w", err)
		}
		event(e.LastEventID, e.Data)
	}
	return errEnded
}

// CheckEvents returns an error if the header of an answer does not announce a stream of events that
// can be read.
func CheckEvents(header http.Header) error {
	given := header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(given); err != nil || media != "text/event-stream" {
		return fmt.Errorf("%w: its Content-Type is %q and not text/event-stream", errNoStream, shortened(given))
	}
	coding := strings.TrimSpace(strings.Join(header.Values("Content-Encoding"), ","))
	if coding != "" && !strings.EqualFold(coding, "identity") {
		return fmt.Errorf("%w: it is compressed with %q, which nobody asked for", errNoStream, shortened(coding))
	}
	return nil
}

func shortened(text string) string { return text[:min(len(text), 40)] }

// eventLines reads the lines of a stream that the parser needs. It drops comments, repeated blank
// lines and the rest of long events, so that the parser never has to hold more than a bounded
// number of bytes. All line ends become \n.
type eventLines struct {
	body    io.Reader
	arrived func(n int) // is called when n bytes have arrived
	buffer  [4 << 10]byte

	afterReturn bool // the last byte was \r
	inLine      bool // the current line is not blank
	comment     bool // the current line is a comment
	size        int  // bytes of the current event that were kept
	full        bool // the rest of the current event is dropped
}

func (r *eventLines) Read(p []byte) (int, error) {
	for {
		n, err := r.body.Read(r.buffer[:min(len(p), len(r.buffer))])
		kept := 0
		for _, c := range r.buffer[:n] {
			second := c == '\n' && r.afterReturn
			r.afterReturn = c == '\r'
			if c == '\r' {
				c = '\n'
			}
			if !second && r.keeps(c) {
				p[kept] = c
				kept++
			}
		}
		if n > 0 {
			r.arrived(n)
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// keeps reports whether the parser needs the next byte of the stream.
func (r *eventLines) keeps(c byte) bool {
	if c != '\n' {
		r.comment = r.comment || c == ':' && !r.inLine
		r.inLine = true
		if r.comment || r.size >= maxEvent {
			return false
		}
		r.size++
		return true
	}
	blank, comment := !r.inLine, r.comment
	r.inLine, r.comment = false, false
	switch {
	case blank: // the end of an event
		event := r.size > 0
		r.size, r.full = 0, false
		return event
	case comment || r.full:
		return false
	default: // the end of a line
		r.size++
		r.full = r.size >= maxEvent
		return true
	}
}

// pace limits the rate at which a stream is read.
type pace struct {
	left float64 // bytes that may arrive now; below 0 if too many have arrived
	at   time.Time
}

// wait records that n bytes have arrived, and waits until the next ones may be read or ctx is done.
func (p *pace) wait(ctx context.Context, n int) {
	now := time.Now()
	p.left = min(burst, p.left+now.Sub(p.at).Seconds()*eventRate) - float64(n)
	p.at = now
	if p.left >= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(-p.left / eventRate * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
