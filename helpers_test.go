package becket

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
)

// Helpers of the tests of delivery: a scripted source, documents, and a hook that records its
// events.

// script is a source whose answers a test sets, and which counts how often it was asked.
type script struct {
	mutex    sync.Mutex
	answer   func(ctx context.Context, last Validator) (Document, error)
	asked    []Validator
	at       []time.Time
	identity string
}

func newScript(answer func(ctx context.Context, last Validator) (Document, error)) *script {
	return &script{answer: answer, identity: "script"}
}

// serving answers with a document under an ETag, and "not modified" to requests with it.
func serving(etag, body string) func(context.Context, Validator) (Document, error) {
	return func(_ context.Context, last Validator) (Document, error) {
		if etag != "" && last.ETag == etag {
			return Document{NotModified: true}, nil
		}
		return Document{Body: []byte(body), Validator: Validator{ETag: etag}}, nil
	}
}

func failing(err error) func(context.Context, Validator) (Document, error) {
	return func(context.Context, Validator) (Document, error) { return Document{}, err }
}

func (s *script) Fetch(ctx context.Context, last Validator) (Document, error) {
	s.mutex.Lock()
	answer := s.answer
	s.asked = append(s.asked, last)
	s.at = append(s.at, time.Now())
	s.mutex.Unlock()
	return answer(ctx, last)
}

func (s *script) Identity() string { return s.identity }

func (s *script) set(answer func(context.Context, Validator) (Document, error)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.answer = answer
}

func (s *script) times() []time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]time.Time(nil), s.at...)
}

func (s *script) last() Validator {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.asked[len(s.asked)-1]
}

// flagsDocument is a document whose boolean flags are all on.
func flagsDocument(revision int, keys ...string) string {
	flags := make([]string, len(keys))
	for i, key := range keys {
		flags[i] = fmt.Sprintf(`%q:{"default":"on"}`, key)
	}
	return fmt.Sprintf(`{"schema":1,"revision":%d,"flags":{%s}}`, revision, strings.Join(flags, ","))
}

func newTestClient(t *testing.T, source Source, options ...Option) *Client {
	t.Helper()
	silent := WithLogger(slog.New(slog.DiscardHandler))
	client, err := New(source, append([]Option{silent}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// recorder is a hook that records its events.
type recorder struct {
	mutex     sync.Mutex
	changes   []Changes
	errors    []error
	refreshes []Refresh
}

func (r *recorder) hooks() Hooks {
	return Hooks{
		OnChange: func(c Changes) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.changes = append(r.changes, c)
		},
		OnError: func(err error) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.errors = append(r.errors, err)
		},
		OnRefresh: func(refresh Refresh) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.refreshes = append(r.refreshes, refresh)
		},
	}
}

func (r *recorder) seen() (changes []Changes, errs []error, refreshes []Refresh) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append(changes, r.changes...), append(errs, r.errors...), append(refreshes, r.refreshes...)
}

// logged is a slog handler's output that several goroutines may read and write.
type logged struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// diskOf returns the disk copy that clients of a script keep in a folder.
func diskOf(folder string) *disk.File { return disk.New(folder, "script", Native.Name()) }
