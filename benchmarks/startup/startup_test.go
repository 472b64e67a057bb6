package startup

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocumentIsTheSameEveryTimeAndItsEditionsDiffer(t *testing.T) {
	first, err := Document(50, 0)
	require.NoError(t, err)
	again, err := Document(50, 0)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	next, err := Document(50, 1)
	require.NoError(t, err)
	assert.NotEqual(t, first, next)
}

func TestThePlainStructsHoldTheWholeDocument(t *testing.T) {
	document, err := Document(50, 0)
	require.NoError(t, err)
	d, err := decodePlain(document)
	require.NoError(t, err)
	require.Len(t, d.Flags, 50)
	for key, f := range d.Flags {
		require.Len(t, f.Rules, 3, key)
		assert.Len(t, f.Rules[0].If.In, 6, key)
		assert.NotEmpty(t, f.Rules[1].If.All[1].Semver, key)
		assert.Positive(t, f.Rules[2].Percent, key)
	}
	assert.Len(t, d.Flags[FlagKey(3)].Default.Split, 3)
}

func TestTheServerAnswers304ToItsOwnTagOnly(t *testing.T) {
	s, err := newServer()
	require.NoError(t, err)
	defer s.close()
	s.publish([]byte("{}"), "one")
	get := func(tag string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(), http.NoBody)
		require.NoError(t, err)
		request.Header.Set("If-None-Match", tag)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	status, body := get(`"other"`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "{}", body)
	status, body = get(`"one"`)
	assert.Equal(t, http.StatusNotModified, status)
	assert.Empty(t, body)
}

func TestPercentilesAreWithinABucket(t *testing.T) {
	var h histogram
	for i := 1; i <= 10_000; i++ {
		h.add(time.Duration(i))
	}
	l := h.latency()
	assert.InEpsilon(t, 5_000, l.P50, 0.07)
	assert.InEpsilon(t, 9_900, l.P99, 0.07)
	assert.InEpsilon(t, 9_990, l.P999, 0.07)
	assert.EqualValues(t, 10_000, l.Evaluations)
}

func TestBucketsAreInOrderAndBelowTheirValues(t *testing.T) {
	last := 0
	for v := uint64(0); v < 1<<20; v += 1 + v/64 {
		b := bucket(v)
		require.GreaterOrEqual(t, b, last)
		require.LessOrEqual(t, uint64(floor(b)), v)
		require.InDelta(t, float64(v), float64(floor(b)), float64(v)/16+1)
		last = b
	}
}
