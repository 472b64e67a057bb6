package becket

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
)

// fileServer is Go's own server of files, which sends no ETags. There is no network between it and
// its client, so that tests can use virtual time.
type fileServer struct {
	mutex     sync.Mutex
	files     fstest.MapFS
	dateless  bool        // answers have no Date
	forgetful bool        // "not modified" names no Last-Modified
	whole     []time.Time // of requests without a condition
	asked     int
}

func (s *fileServer) publish(modified time.Time, document string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.files = fstest.MapFS{"flags.json": {Data: []byte(document), ModTime: modified}}
}

func (s *fileServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked++
	if r.Header.Get("If-Modified-Since") == "" && r.Header.Get("If-None-Match") == "" {
		s.whole = append(s.whole, time.Now())
	}
	recorder := httptest.NewRecorder()
	http.FileServerFS(s.files).ServeHTTP(recorder, r)
	response := recorder.Result()
	if !s.dateless {
		response.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if s.forgetful && response.StatusCode == http.StatusNotModified {
		response.Header.Del("Last-Modified")
	}
	return response, nil
}

func (s *fileServer) client(t *testing.T, options ...Option) *Client {
	t.Helper()
	source := HTTP("http://example.com/flags.json", WithHTTPClient(&http.Client{Transport: s}))
	return newTestClient(t, source, append(options, WithPollInterval(30*time.Second))...)
}

// atNextPoll waits for the time of two polls.
func atNextPoll() { time.Sleep(66 * time.Second) }

func TestAFileThatIsPublishedWithinTheSameSecondIsUsed(t *testing.T) {
	for name, server := range map[string]*fileServer{"with a Date": {}, "without a Date": {dateless: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				server.publish(now, flagsDocument(1, "old"))
				client := server.client(t)
				require.NoError(t, client.Wait(t.Context()))
				server.publish(now, flagsDocument(2, "new"))
				atNextPoll()
				assert.True(t, client.For(Subject{}).Enabled("new"))
				assert.Equal(t, int64(2), client.Status().Revision)
			})
		})
	}
}

func TestAnOlderFileThatReplacesTheDocumentIsUsed(t *testing.T) {
	for name, test := range map[string]struct {
		server *fileServer
		within func()
	}{
		"at once, where the answer names the date": {&fileServer{}, atNextPoll},
		"within ten minutes and a poll, where it does not": {
			&fileServer{forgetful: true}, func() { time.Sleep(10*time.Minute + 33*time.Second) },
		},
		"the same, where the answers have no date of their own": {
			&fileServer{forgetful: true, dateless: true}, func() { time.Sleep(10*time.Minute + 33*time.Second) },
		},
		"at once, with neither a Date nor a file of a newer date": {&fileServer{dateless: true}, atNextPoll},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.server.publish(time.Now().Add(-time.Hour), flagsDocument(1, "old"))
				client := test.server.client(t)
				require.NoError(t, client.Wait(t.Context()))
				time.Sleep(3 * time.Minute)
				require.Positive(t, client.Status().NotModified)
				test.server.publish(time.Now().Add(-365*24*time.Hour), flagsDocument(2, "new"))
				test.within()
				assert.True(t, client.For(Subject{}).Enabled("new"))
				assert.Zero(t, client.Status().Failures)
			})
		})
	}
}

func TestADocumentWithoutAnETagComesWholeEveryTenMinutesAndNotMoreOften(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 30 * time.Second, 4 * time.Minute, 20 * time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &fileServer{}
				server.publish(time.Now().Add(-time.Hour), flagsDocument(1, "a"))
				source := HTTP("http://example.com/flags.json", WithHTTPClient(&http.Client{Transport: server}))
				newTestClient(t, source, WithPollInterval(interval))
				time.Sleep(4 * time.Hour)
				synctest.Wait()
				for i := 1; i < len(server.whole); i++ {
					gap := server.whole[i].Sub(server.whole[i-1])
					assert.LessOrEqual(t, gap, max(10*time.Minute, interval+interval/2),
						"the first wait is spread by half")
				}
				least := float64(min(server.asked, 24))
				assert.InDelta(t, least, len(server.whole), least/2, "of %d requests", server.asked)
			})
		})
	}
}

func TestADateThatIsTooRecentValidatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fileServer{}
		server.publish(time.Now(), flagsDocument(1, "a"))
		folder := t.TempDir()
		client := server.client(t, WithDiskCache(folder))
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Close())
		copied, err := disk.New(folder, "http://example.com/flags.json", Native.Name()).Read()
		require.NoError(t, err)
		assert.Empty(t, copied.LastModified, "the date is not written to disk either")

		client = server.client(t, WithDiskCache(folder))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		last := server.whole[len(server.whole)-1]
		assert.GreaterOrEqual(t, len(server.whole), 2, "the document is fetched whole until a minute has passed")
		assert.Less(t, len(server.whole), 8, "after that, requests contain the date")
		assert.Less(t, time.Since(last), 10*time.Minute)
		assert.Positive(t, client.Status().NotModified)
		require.NoError(t, client.Close())
		copied, err = disk.New(folder, "http://example.com/flags.json", Native.Name()).Read()
		require.NoError(t, err)
		assert.NotEmpty(t, copied.LastModified, "the date has become a validator")
	})
}

// While signals are connected, polls are rarer. A document without an ETag is fetched whole every
// ten minutes all the same, also at the moment when the signals are connected.
func TestADocumentWithoutAnETagComesWholeEveryTenMinutesWithSignalsToo(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 30 * time.Second, 2 * time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, signal := &fileServer{}, &wire{broken: errors.New("refused")}
				server.publish(time.Now().Add(-time.Hour), flagsDocument(1, "a"))
				source := HTTP("http://example.com/flags.json", WithHTTPClient(&http.Client{Transport: server}))
				client := newTestClient(t, source, WithPollInterval(interval), WithSignal(signal))
				for range 20 { // at different times between two whole documents
					time.Sleep(9*time.Minute + 17*time.Second)
					signal.mend()
					time.Sleep(23 * time.Minute)
					require.True(t, client.Status().Signals[0].Connected)
					signal.breaks(errors.New("refused"))
				}
				synctest.Wait()
				require.Greater(t, len(server.whole), 60)
				for i := 1; i < len(server.whole); i++ {
					assert.LessOrEqual(t, server.whole[i].Sub(server.whole[i-1]), 10*time.Minute)
				}
			})
		})
	}
}
