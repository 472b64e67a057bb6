package ofrep_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
	"github.com/becketflags/becket/ofrep"
)

// Each row quotes docs/ofrep.md and holds the behaviour. The numbers are written out, so that a
// change of the code or of the page alone fails.
var figures = []struct {
	words string
	holds func(t *testing.T)
}{
	{"413 above 64 KiB (`WithMaxBytes`)", func(t *testing.T) {
		body := func(size int) string { return "{" + strings.Repeat(" ", size-2) + "}" }
		assert.Equal(t, http.StatusOK, statusOf(t, body(64<<10)))
		assert.Equal(t, http.StatusRequestEntityTooLarge, statusOf(t, body(64<<10+1)))
	}},
	{"408 if it has not arrived after ten seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			status, after := answerToHalfABody(t, 0)
			assert.Equal(t, http.StatusRequestTimeout, status)
			assert.Equal(t, 10*time.Second, after)
		})
	}},
	{"and ten seconds to arrive, unless the server has its own `ReadTimeout`", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			status, after := answerToHalfABody(t, 17*time.Second)
			assert.Equal(t, http.StatusRequestTimeout, status)
			assert.Equal(t, 17*time.Second, after)
		})
	}},
	{"| attributes, after flattening | 1,024, or one for each 64 bytes of a larger body |", func(t *testing.T) {
		acceptedUpTo(t, 1024, 0, object)
		acceptedUpTo(t, 2048, 128<<10, object)
	}},
	{"including the elements of lists | 4,096, or one for each 16 bytes of a larger body |", func(t *testing.T) {
		list := func(n int) string { return `{"a":[` + strings.Repeat("0,", n-2) + `0]}` }
		acceptedUpTo(t, 4096, 0, list)
		acceptedUpTo(t, 8192, 128<<10, list)
	}},
	{"| bytes of names and texts, with full nested names | 128 KiB, or twice the body |", func(t *testing.T) {
		acceptedUpTo(t, 128<<10, 0, namesOf)
		acceptedUpTo(t, 256<<10, 128<<10, namesOf)
	}},
	{"| a full name | 1,024 bytes |", func(t *testing.T) {
		acceptedUpTo(t, 1024, 0, func(n int) string { return `{"` + strings.Repeat("n", n) + `":0}` })
		acceptedUpTo(t, 1024, 0, func(n int) string { return `{"` + strings.Repeat("n", n-2) + `":{"a":0}}` })
	}},
	{"| nesting | 64 levels |", func(t *testing.T) {
		acceptedUpTo(t, 64, 0, func(n int) string { return strings.Repeat(`{"a":`, n) + `{}` + strings.Repeat(`}`, n) })
	}},
	{"For a body of 64 KiB, the handler allocates less than 3 MiB",
		figuretest.By("ofrep", "TestContextsAtALimitAllocateLittle")},
	{"These events are at least five seconds apart", figuretest.By("ofrep", "TestALinearRampSendsFewEvents")},
	{"All others are at least one second apart",
		figuretest.By("ofrep", "TestManyPublicationsSendAtMostOneEventASecond")},
	{"A comment every 15 seconds keeps the connection open",
		figuretest.By("ofrep", "TestACommentEvery15SecondsKeepsAStreamOpen")},
	{"after a random part of half a second (`WithEventStreamSpread`)",
		figuretest.By("ofrep", "TestAPublicationReachesEveryPageWithinASecondButNotAllAtOnce")},
	{"after a random time between one and three seconds",
		figuretest.By("ofrep", "TestAPageBeyondTheLimitAsksAgainLater")},
	{"A handler holds 10,000 open streams (`WithMaxEventStreams`)",
		figuretest.By("ofrep", "TestAHandlerHolds10000Streams")},
	{"Its browser asks again after 15 to 25 seconds", figuretest.By("ofrep", "TestAPageBeyondTheLimitAsksAgainLater")},
	{"It opens streams for 12 to 24 hours", figuretest.By("ofrep", "TestPagesNeedATicketOrTheProgramsPermission")},
	{"at most two seconds before it answers. Requests cause at most one such fetch in five seconds",
		figuretest.By("ofrep", "TestAnInstanceThatIsLateFetchesBeforeItAnswers")},
	{"Events of a schedule come 200 ms after its instant",
		figuretest.By("ofrep", "TestAnEventTellsThatAScheduleBeginsOrEnds")},
	{"once for each flag and for at most 100 flags", figuretest.By("ofrep", "TestTheLogSaysOnceThatAFlagIsNotShown")},
}

func TestEveryFigureOfThePageHolds(t *testing.T) {
	for _, row := range figures {
		t.Run(row.words, func(t *testing.T) {
			figuretest.Says(t, "docs/ofrep.md", row.words)
			row.holds(t)
		})
	}
}

func statusOf(t *testing.T, body string) int {
	t.Helper()
	response, _ := ask(t, ofrep.NewHandler(newClient(t)), "/checkout", body)
	return response.StatusCode
}

// acceptedUpTo checks that contexts with up to most of something are accepted. Blanks fill the
// bodies up to the given size.
func acceptedUpTo(t *testing.T, most, size int, context func(number int) string) {
	t.Helper()
	h := ofrep.NewHandler(newClient(t), ofrep.WithMaxBytes(max(64<<10, int64(size))))
	for number, status := range map[int]int{most: http.StatusOK, most + 1: http.StatusBadRequest} {
		body := `{"context": ` + context(number) + `}`
		body += strings.Repeat(" ", max(0, size-len(body)))
		response, text := ask(t, h, "/checkout", body)
		assert.Equal(t, status, response.StatusCode, "%d: %s", number, text)
		if status != http.StatusOK {
			assert.Contains(t, text, "INVALID_CONTEXT")
		}
	}
}

// namesOf returns a context whose full names and values have the given number of bytes: an object
// with many members, whose names repeat that of the object, and a last name for the rest.
func namesOf(bytes int) string {
	const outer, rest = 1000, 500
	each := outer + len(".000") + len("0")
	members := make([]string, (bytes-outer-rest)/each)
	for i := range members {
		members[i] = fmt.Sprintf(`"%03d":0`, i)
	}
	last := bytes - outer - len(members)*each - len("0")
	return `{"` + strings.Repeat("o", outer) + `":{` + strings.Join(members, ",") + `},"` +
		strings.Repeat("p", last/2) + `":0,"` + strings.Repeat("q", last-last/2-len("0")) + `":0}`
}

// answerToHalfABody returns the status and the time of the answer to a body of which half arrives.
func answerToHalfABody(t *testing.T, readTimeout time.Duration) (status int, after time.Duration) {
	t.Helper()
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: ofrep.NewHandler(newClient(t)), ReadTimeout: readTimeout}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	connection := listener.dial()
	defer connection.Close()
	began := time.Now()
	_, err := fmt.Fprint(connection, "POST /ofrep/v1/evaluate/flags/checkout HTTP/1.1\r\nHost: example.com\r\n"+
		"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"context\": ")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode, time.Since(began)
}
