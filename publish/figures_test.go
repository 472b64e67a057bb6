package publish_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/events"
	"github.com/becketflags/becket/internal/figuretest"
	"github.com/becketflags/becket/internal/push"
	"github.com/becketflags/becket/publish"
)

// Each row quotes docs/push.md and holds the behaviour. The numbers are written out, so that a
// change of the code or of the page alone fails.
var figures = []struct {
	words string
	holds func(t *testing.T)
}{
	{"and a comment every 15 seconds", func(t *testing.T) {
		assert.Equal(t, 15*time.Second, events.DefaultHeartbeat)
		figuretest.By("internal/events", "TestAQuietStreamGetsHeartbeatsBeyondTheDeadlinesOfTheServer")(t)
	}},
	{"A client that does not read for ten seconds after its connection is full loses its stream", func(t *testing.T) {
		assert.Equal(t, 10*time.Second, events.DefaultWriteTimeout)
		figuretest.By("internal/events", "TestAClientThatDoesNotReadLosesItsStream")(t)
	}},
	{"There are at most 10,000 at a time (`publish.WithMaxStreams`)", func(t *testing.T) {
		assert.Equal(t, 10_000, events.DefaultMaxStreams)
		figuretest.By("publish", "TestTheNumberOfStreamsIsLimited")(t)
	}},
	{"a hint is a JSON object of at most 4 KiB", func(t *testing.T) {
		long := fmt.Appendf(nil, `{"revision":7,"more":%q}`, make([]byte, 4<<10))
		assert.Zero(t, push.Parse(long))
	}},
	{"| `spread` | the seconds over which the fleet should fetch, at most 600 |", func(t *testing.T) {
		assert.Equal(t, 2*time.Second, push.Parse([]byte(`{"spread":2}`)).Spread)
		assert.Equal(t, 600*time.Second, push.Parse([]byte(`{"spread":601}`)).Spread)
		_, err := publish.NewHandler(publish.WithSpread(600*time.Second + 1))
		require.Error(t, err)
	}},
	{"a client fetches at most once a second", figuretest.By(".", "TestAFloodOfHintsCostsOneFetchASecond")},
	{"Each waits for a random part of the spread: one second, or what `becket.WithSignalSpread` says",
		figuretest.By(".", "TestAFleetDistributesItsFetchesOverTheSpread")},
	{"the client polls ten times more rarely than `WithPollInterval` says: every five minutes by default",
		figuretest.By(".", "TestWhileAllSignalsAreConnectedTheClientPollsTenTimesMoreRarely")},
	{"After each connection, also the first one, the client fetches once",
		figuretest.By(".", "TestEveryConnectIsFollowedByOneFetch")},
	{"asks again after 0.2, 0.4, 0.8 seconds and so on, for ten seconds",
		figuretest.By("internal/push", "TestAnOlderDocumentThanHintedIsFetchedAgainForTenSecondsAndThenPolled")},
}

func TestFiguresOfThePageOfPush(t *testing.T) {
	t.Parallel()
	for _, row := range figures {
		t.Run(row.words, func(t *testing.T) {
			t.Parallel()
			figuretest.Says(t, "docs/push.md", row.words)
			row.holds(t)
		})
	}
}

// The page's example of the protocol is what the handler sends.
func TestThePageShowsTheEventsThatTheHandlerSends(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	server := httptest.NewServer(h)
	defer server.Close()
	defer h.Close()
	s := openStream(t, server.URL+"/flags.json/events")
	assert.Equal(t, http.StatusOK, s.response.StatusCode)
	assert.Equal(t, ":", s.event())
	require.NoError(t, h.Publish(document(7, "state"), nil))
	tag := h.ETag()[1:25]
	assert.Equal(t, `id: `+tag+`|data: {"revision":7,"etag":"\"`+tag+`\""}`, s.event())
	const shown = "5b0c2d1e9a7f4c3b6d8e0f12"
	figuretest.Says(t, "docs/push.md", `id: `+shown+` data: {"revision":7,"etag":"\"`+shown+`\""} :`)
}
