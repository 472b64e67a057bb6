// Package fleet simulates ten thousand clients on virtual time: they start together, poll, lose
// their server for ten minutes and get it back. The server counts requests for each second. The
// clients are real clients, including net/http; only the network between them and the server is a
// function call.
package fleet

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Timeline holds the times of events, counted from the start.
type Timeline struct {
	Clients  int
	Interval time.Duration // between two polls of a client
	Down     time.Duration // the server goes down
	Up       time.Duration // it comes back
	End      time.Duration
}

// Server is the server of all clients: it answers with a document and its ETag, or refuses the
// connection.
type Server struct {
	timeline Timeline
	document []byte
	start    time.Time

	mutex   sync.Mutex
	Seconds []Second
}

// Second holds the requests of one second.
type Second struct {
	Requests    int // including refused connections
	Full        int // answered with the document
	NotModified int
	Bytes       int // in both directions, as HTTP/1.1 writes them, without connections and TLS
}

const etag = `"7c1e0f7a-4b2"`

// NewServer returns a server whose time begins now.
func NewServer(timeline Timeline, document []byte) *Server {
	return &Server{
		timeline: timeline, document: document, start: time.Now(),
		Seconds: make([]Second, timeline.End/time.Second+1),
	}
}

var errRefused = errors.New("connection refused")

// RoundTrip answers a request, as a transport does.
func (s *Server) RoundTrip(request *http.Request) (*http.Response, error) {
	at := time.Since(s.start)
	down := at >= s.timeline.Down && at < s.timeline.Up
	s.mutex.Lock()
	defer s.mutex.Unlock()
	second := &s.Seconds[min(int(at/time.Second), len(s.Seconds)-1)]
	second.Requests++
	if down {
		return nil, errRefused
	}
	response := &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{
			"Content-Type": {"application/json"}, "Etag": {etag}, "Cache-Control": {"no-cache"},
			"Date": {"Sun, 22 Nov 2026 12:00:00 GMT"},
		},
		ContentLength: int64(len(s.document)),
	}
	body := s.document
	if request.Header.Get("If-None-Match") == etag {
		response.StatusCode, response.ContentLength, body = http.StatusNotModified, 0, nil
		second.NotModified++
	} else {
		second.Full++
	}
	second.Bytes += size(request, response) + len(body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// size returns the bytes of request and response on the wire, without the response's body.
func size(request *http.Request, response *http.Response) int {
	var wire bytes.Buffer
	_ = request.Write(&wire)
	head := *response
	head.Body, head.ContentLength = http.NoBody, 0
	_ = head.Write(&wire)
	return wire.Len()
}

// Window sums up the requests between two times.
type Window struct {
	Total Second
	Mean  float64 // requests per second
	Peak  int     // in the busiest second
}

// Between returns the seconds from one time to before another.
func (s *Server) Between(from, to time.Duration) Window {
	var w Window
	seconds := s.Seconds[from/time.Second : to/time.Second]
	for _, second := range seconds {
		w.Total.Requests += second.Requests
		w.Total.Full += second.Full
		w.Total.NotModified += second.NotModified
		w.Total.Bytes += second.Bytes
	}
	w.Mean = float64(w.Total.Requests) / float64(len(seconds))
	w.Peak = slices.MaxFunc(seconds, func(a, b Second) int { return a.Requests - b.Requests }).Requests
	return w
}

// PeakToMean is the ratio of the busiest second to the average second.
func (w Window) PeakToMean() float64 { return float64(w.Peak) / w.Mean }
