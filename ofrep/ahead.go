package ofrep

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/becketflags/becket"
)

const (
	catchUpWithin = 2 * time.Second       // the longest wait for a ruleset that the caller knows of
	refreshEvery  = 5 * time.Second       // the shortest time between two fetches for callers
	lookAgain     = 20 * time.Millisecond // the time between two looks at the revision
)

// ahead handles callers that were told of a ruleset which this instance does not have yet. A page
// gets events from one instance and its answers from another, which may be later. Without a wait,
// the page would keep the answer of the late instance until the next event.
type ahead struct {
	mutex sync.Mutex
	asked time.Time // when the last fetch for a caller began
}

// catchUp waits until the client has the revision of the event for which the caller asks, or for
// two seconds. The revision comes from the caller, so it causes at most one fetch in five seconds.
func (h *handler) catchUp(r *http.Request) {
	if !h.stream.on || r.URL.RawQuery == "" {
		return
	}
	revision := revisionIn(r.URL.Query().Get("flagConfigEtag"))
	if revision <= h.revision() {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), catchUpWithin)
	defer cancel()
	if h.ahead.mayAsk(time.Now()) {
		_ = h.client.Refresh(ctx) // the client reports its failures itself
	}
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for h.revision() < revision {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (h *handler) revision() int64 { return h.client.For(becket.Subject{}).Revision() }

// mayAsk reports whether a fetch may begin, and notes that it does.
func (a *ahead) mayAsk(now time.Time) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !a.asked.IsZero() && now.Sub(a.asked) < refreshEvery {
		return false
	}
	a.asked = now
	return true
}

// revisionIn returns the revision in the ETag of an event, or 0 if it has none.
func revisionIn(etag string) int64 {
	digits, _, _ := strings.Cut(strings.Trim(etag, `"`), "-")
	revision, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return revision
}
