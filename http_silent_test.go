package becket

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forgetful is a transport whose connection a gateway forgets now and then. The first request after
// that gets no answer.
type forgetful struct {
	mutex    sync.Mutex
	dead     bool
	document string
}

func (f *forgetful) set(dead bool, document string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.dead, f.document = dead, document
}

func (f *forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mutex.Lock()
	dead, document := f.dead, f.document
	f.dead = false
	f.mutex.Unlock()
	if dead {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	recorder := httptest.NewRecorder()
	say(recorder, document)
	return recorder.Result(), nil
}

// The limits are the defaults: 30 seconds between polls, and ten seconds for a fetch.
func TestAConnectionThatDiesSilentlyDelaysADocumentByLessThanTwoPollIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &forgetful{}
		transport.set(false, flagsDocument(1, "a"))
		client := newTestClient(t, HTTP("http://example.com", WithHTTPClient(&http.Client{Transport: transport})))
		require.NoError(t, client.Wait(t.Context()))
		longest := time.Duration(0)
		for revision := range int64(300) {
			time.Sleep(2*time.Minute + time.Duration(revision)*113*time.Millisecond)
			transport.set(true, flagsDocument(int(revision)+2, "a"))
			began := time.Now()
			for client.Status().Revision != revision+2 {
				time.Sleep(50 * time.Millisecond)
				synctest.Wait()
			}
			longest = max(longest, time.Since(began))
		}
		t.Logf("the longest delay was %v", longest)
		assert.Less(t, longest, 50*time.Second,
			"33 seconds to the next poll, ten for it, and three to the one after it")
		assert.Greater(t, longest, 35*time.Second)
	})
}
