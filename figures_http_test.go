package becket

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var figuresOfHTTP = []figure{
	{"docs/operations.md", "Each fetch, including the body, ends after 10 s by default", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			silent := answering(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			began := time.Now()
			_, err := fetchOnce(t, HTTP("http://flags.example.com/", silent), Validator{})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 10*time.Second, time.Since(began))
		})
	}},
	{"source_http_options.go", "It must be above 0 and at most five minutes", func(t *testing.T) {
		_, err := New(HTTP("http://flags.example.com/", WithTimeout(5*time.Minute+1)))
		require.ErrorContains(t, err, "at most 5m0s")
		_, err = New(HTTP("http://flags.example.com/", WithTimeout(0)))
		require.Error(t, err)
		newTestClient(t, HTTP("http://flags.example.com/", WithTimeout(5*time.Minute), offline))
	}},
	{"docs/ruleset.md", "| document, after decompression | 64 MiB | the document is refused |", func(t *testing.T) {
		for size, refused := range map[int]bool{64 << 20: false, 64<<20 + 1: true} {
			_, err := fetchOnce(t, HTTP("http://flags.example.com/", answering(answerOf(size))), Validator{})
			if refused {
				require.ErrorIs(t, err, ErrTooLarge)
			} else {
				require.NoError(t, err)
			}
		}
	}},
	{"source_http_options.go", "from 1 to 64 MiB", func(t *testing.T) {
		for limit, valid := range map[int64]bool{0: false, 1: true, 64 << 20: true, 64<<20 + 1: false} {
			client, err := New(HTTP("http://flags.example.com/", WithMaxBytes(limit), offline))
			assert.Equal(t, valid, err == nil, limit)
			_ = client.Close()
		}
	}},
	{"docs/operations.md", "at least every ten minutes after that", func(t *testing.T) {
		conditions := 0
		var whole []time.Time
		synctest.Test(t, func(t *testing.T) {
			dated := answering(func(r *http.Request) (*http.Response, error) {
				answer := &http.Response{StatusCode: 200, Header: http.Header{}, Body: body(flagsDocument(1, "a"))}
				answer.Header.Set("Last-Modified", "Fri, 01 Jan 1999 00:00:00 GMT")
				answer.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
				if r.Header.Get("If-Modified-Since") != "" {
					conditions++
					answer.StatusCode, answer.Body = http.StatusNotModified, http.NoBody
					return answer, nil
				}
				whole = append(whole, time.Now())
				return answer, nil
			})
			client := newTestClient(t, HTTP("http://flags.example.com/", dated))
			time.Sleep(time.Hour)
			require.NoError(t, client.Close())
		})
		assert.Greater(t, conditions, 90)
		for i := range whole[1:] {
			wait := whole[i+1].Sub(whole[i])
			assert.LessOrEqual(t, wait, 10*time.Minute+45*time.Second)
			assert.True(t, i == 0 || wait > 9*time.Minute, wait)
		}
	}},
	{"docs/operations.md", "proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`)", func(t *testing.T) {
		assert.Equal(t, "http://flags.example.com/flags.json", fetchedThroughAProxy(t, "HTTP_PROXY"))
		assert.Empty(t, fetchedThroughAProxy(t, "HTTP_PROXY", "NO_PROXY=flags.example.com"))
	}},
}

// offline is an HTTP client whose answers never contain a document.
var offline = answering(func(*http.Request) (*http.Response, error) { return nil, errDown })

// answering is an HTTP client whose answers come from a function.
func answering(answer func(*http.Request) (*http.Response, error)) HTTPOption {
	return WithHTTPClient(&http.Client{Transport: roundTrips(answer)})
}

type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// answerOf answers with a body of that many bytes.
func answerOf(size int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		content := io.NopCloser(bytes.NewReader(bytes.Repeat([]byte(" "), size)))
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: content, ContentLength: -1}, nil
	}
}

const throughProxy = "BECKET_TEST_FETCHES_THROUGH_A_PROXY"

// fetchedThroughAProxy starts a process and returns the address that the process requested from its
// proxy. A new process is needed because net/http reads the environment only once.
func fetchedThroughAProxy(t *testing.T, variable string, environment ...string) (asked string) {
	proxy := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.RequestURI
		say(w, flagsDocument(1, "a"))
	})
	program, err := os.Executable()
	require.NoError(t, err)
	process := exec.CommandContext(t.Context(), program, "-test.run=^TestAFetchThroughAProxy$")
	process.Env = append(append(os.Environ(), throughProxy+"=1", variable+"="+proxy.URL), environment...)
	output, err := process.CombinedOutput()
	require.NoError(t, err, string(output))
	return asked
}

// TestAFetchThroughAProxy is the process of fetchedThroughAProxy. The calling test checks whether
// the fetch succeeded.
func TestAFetchThroughAProxy(t *testing.T) {
	if os.Getenv(throughProxy) == "" {
		t.Skip("another test starts this one with an environment of its own")
	}
	_, _ = fetchOnce(t, HTTP("http://flags.example.com/flags.json", WithTimeout(time.Minute)), Validator{})
}
