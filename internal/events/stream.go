package events

import (
	"errors"
	"net/http"
	"time"
)

// comment is a line that clients ignore. It also makes proxies pass the header on.
var comment = []byte(":\n\n")

// stream is the answer to one client.
type stream struct {
	w          http.ResponseWriter
	controller *http.ResponseController
	timeout    time.Duration // for each write
}

// begin sends the header.
func (s *stream) begin() error {
	header := s.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Accel-Buffering", "no") // nginx then passes each event on at once
	return s.within(s.controller.Flush)
}

// write sends a text at once, within the time limit. It sends nothing if there is no text.
func (s *stream) write(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	return s.within(func() error {
		if _, err := s.w.Write(text); err != nil {
			return err
		}
		return s.controller.Flush()
	})
}

// within calls a function with a deadline for what it writes. The deadline replaces the deadline of
// the server, which is for answers that end soon. It is removed after a success, because HTTP/2
// ends a stream whose deadline passes even if nothing is being written. A writer without deadlines
// is used without them.
func (s *stream) within(write func() error) error {
	set := func(deadline time.Time) error {
		if err := s.controller.SetWriteDeadline(deadline); !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		return nil
	}
	if err := set(time.Now().Add(s.timeout)); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return set(time.Time{})
}
