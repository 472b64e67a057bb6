package becket

import (
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const objects = `{"schema":1,"flags":{"limits":{"variants":{"a":{"rps":100,"tags":["x","y"],"by":{"DE":1}}},"default":"a"},"list":{"variants":{"a":[1,2]},"default":"a"}}}`

type objectLimits struct {
	RPS  int            `json:"rps"`
	Tags []string       `json:"tags"`
	By   map[string]int `json:"by"`
}

func objectView(t *testing.T) View {
	t.Helper()
	return newTestClient(t, Bytes([]byte(objects)), WithBootstrap([]byte(objects))).For(NewSubject("user-1"))
}

var decodings atomic.Int64

// counted counts its decodings.
type counted struct{ RPS int }

func (c *counted) UnmarshalJSON(raw []byte) error {
	decodings.Add(1)
	return json.Unmarshal(raw, &struct {
		RPS *int `json:"rps"`
	}{&c.RPS})
}

func TestAnObjectIsDecodedOncePerRulesetAndType(t *testing.T) { //nolint:paralleltest // it counts
	client := newTestClient(t, Bytes([]byte(objects)), WithBootstrap([]byte(objects)))
	before := decodings.Load()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				assert.Equal(t, 100, JSON(client.For(Subject{}), "limits", counted{}).RPS)
			}
		})
	}
	group.Wait()
	assert.Equal(t, int64(1), decodings.Load()-before)
}

// waiting is decoded only when sixteen goroutines may have asked for it.
type waiting struct{ counted }

var (
	askedFor       atomic.Int64
	waitingDecoded atomic.Int64
)

func (w *waiting) UnmarshalJSON(raw []byte) error {
	waitingDecoded.Add(1)
	for askedFor.Load() < 16 {
		runtime.Gosched()
	}
	return w.counted.UnmarshalJSON(raw)
}

func TestGoroutinesThatAskFirstAtOnceWaitForOneDecoding(t *testing.T) { //nolint:paralleltest // it counts
	value := ObjectValue([]byte(`{"rps": 100}`))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			askedFor.Add(1)
			decoded, err := decodeObject[waiting](value)
			assert.Nil(t, err)
			assert.Equal(t, 100, decoded.RPS)
		})
	}
	group.Wait()
	assert.Equal(t, int64(1), waitingDecoded.Load())
}

type ending struct{}

func (*ending) UnmarshalJSON([]byte) error {
	runtime.Goexit()
	return nil
}

func TestADecodingThatEndsItsGoroutineIsAnErrorForTheOthers(t *testing.T) {
	t.Parallel()
	value := ObjectValue([]byte(`{}`))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = decodeObject[ending](value)
	}()
	<-ended
	_, err := decodeObject[ending](value)
	require.NotNil(t, err)
	assert.Equal(t, CodeTypeMismatch, err.Code)
}

func TestChecksOfTheSameTypeShareOneObject(t *testing.T) {
	t.Parallel()
	v := objectView(t)
	one, two := JSON(v, "limits", objectLimits{}), JSON(v, "limits", objectLimits{})
	assert.Equal(t, objectLimits{100, []string{"x", "y"}, map[string]int{"DE": 1}}, one)
	assert.Same(t, &one.Tags[0], &two.Tags[0],
		"elements of slices are shared, which is why programs must not write to them")
	one.RPS = 7
	one.Tags = append(one.Tags[:1:1], "z")
	assert.Equal(t, 100, JSON(v, "limits", objectLimits{}).RPS, "the struct itself is the caller's own")
	assert.Equal(t, []string{"x", "y"}, JSON(v, "limits", objectLimits{}).Tags)

	three := JSON(v, "limits", map[string]any(nil))
	three["rps"] = "spoilt"
	assert.Equal(t, 100, JSON(v, "limits", objectLimits{}).RPS, "another type is decoded separately")
	p, q := JSON[*objectLimits](v, "limits", nil), JSON[*objectLimits](v, "limits", nil)
	assert.Same(t, p, q)
	assert.Equal(t, []int{1, 2}, JSON(v, "list", []int(nil)))
}

func TestAllGivesObjectsAsJSONOfAnyDoes(t *testing.T) {
	t.Parallel()
	v := objectView(t)
	details := maps.Collect(v.All())
	d := details["limits"]
	assert.Equal(t, map[string]any{"rps": 100.0, "tags": []any{"x", "y"}, "by": map[string]any{"DE": 1.0}}, d.Value)
	assert.Equal(t, d.Value, JSON[any](v, "limits", nil))
	assert.Nil(t, details["none"].Value)
}

type bursting struct{}

func (*bursting) UnmarshalJSON([]byte) error { panic(errExplosion) }

var errExplosion = errors.New("boom")

func TestAnObjectThatDoesNotFitGivesTheFallbackAndAnError(t *testing.T) {
	t.Parallel()
	v := objectView(t)
	d := JSONDetail(v, "limits", []int{7})
	assert.Equal(t, []int{7}, d.Value)
	assert.Equal(t, ReasonError, d.Reason)
	assert.Empty(t, d.Variant)
	require.ErrorIs(t, d.Err, ErrTypeMismatch)
	assert.ErrorContains(t, d.Err, "the object does not fit the Go type of the check: ")
	assert.Equal(t, d.Err, JSONDetail(v, "limits", []int{7}).Err, "a second check returns the same error")

	e := JSONDetail(v, "limits", bursting{})
	require.ErrorIs(t, e.Err, ErrTypeMismatch, "an evaluation does not panic if the type's own decoding panics")
	require.ErrorIs(t, e.Err, errExplosion)
	assert.Equal(t, 7, JSON(v, "none", 7))
}

func TestNamesMatchAsInEncodingJSON(t *testing.T) {
	t.Parallel()
	type limits struct{ RPS, Burst int }
	value, err := decodeObject[limits](ObjectValue([]byte(`{"rps": 500, "Burst": 7}`)))
	assert.Nil(t, err)
	assert.Equal(t, limits{500, 7}, value)
}

func TestObjectsAreEqualInAnyNotation(t *testing.T) {
	t.Parallel()
	object := ObjectValue([]byte(`{"rps": 100, "names": ["a", "b"]}`))
	for text, equal := range map[string]bool{
		`{"names":["a","b"],"rps":1e2}`:            true,
		`{ "rps": 100.0, "names":["a","\u0062"] }`: true,
		`{"rps": 100, "names": ["b", "a"]}`:        false,
		`{"rps": 101, "names": ["a", "b"]}`:        false,
	} {
		assert.Equal(t, equal, object.Equal(ObjectValue([]byte(text))), text)
	}
}
