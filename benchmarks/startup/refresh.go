package startup

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/becketflags/becket"
)

// Unchanged returns the bytes that a refresh allocates if the server answers 304, as the mean of
// many refreshes.
func Unchanged(n int) (uint64, error) {
	document, err := Document(n, 0)
	if err != nil {
		return 0, err
	}
	s, err := newServer()
	if err != nil {
		return 0, err
	}
	defer s.close()
	s.publish(document, "1")
	client, err := open(s.url())
	if err != nil {
		return 0, err
	}
	defer func() { _ = client.Close() }()
	const times = 200
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Refresh(ctx); err != nil { // this opens the connection
		return 0, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if err := client.Refresh(ctx); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times, nil
}

// Latency holds the times of single evaluations. Each includes the same overhead of reading the
// clock.
type Latency struct {
	P50, P99, P999 time.Duration
	Evaluations    uint64
	RefreshRate    float64 // refreshes per second during the measurement
}

// evaluators is the number of goroutines that evaluate during refreshes.
const evaluators = 2

// MeasureRefreshes lets two goroutines evaluate, first without refreshes and then while a document
// of n flags changes as fast as the client can refresh. The two phases alternate, so that other
// load on the machine affects both.
func MeasureRefreshes(n int, phase time.Duration, phases int) (quiet, busy Latency, err error) {
	s, client, err := changing(n)
	if err != nil {
		return quiet, busy, err
	}
	defer s.close()
	defer func() { _ = client.Close() }()
	publish, err := editions(n)
	if err != nil {
		return quiet, busy, err
	}
	var quietTimes, busyTimes histogram
	refreshes := 0
	for range phases {
		err = errors.Join(err, evaluateFor(client, n, phase, &quietTimes, func(context.Context) error { return nil }))
		err = errors.Join(err, evaluateFor(client, n, phase, &busyTimes, func(ctx context.Context) error {
			for ctx.Err() == nil {
				refreshes++
				publish(s, refreshes)
				if err := client.Refresh(context.Background()); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	quiet, busy = quietTimes.latency(), busyTimes.latency()
	busy.RefreshRate = float64(refreshes) / (phase.Seconds() * float64(phases))
	return quiet, busy, err
}

func changing(n int) (*server, *becket.Client, error) {
	document, err := Document(n, 0)
	if err != nil {
		return nil, nil, err
	}
	s, err := newServer()
	if err != nil {
		return nil, nil, err
	}
	s.publish(document, "edition-0")
	client, err := open(s.url())
	if err != nil {
		s.close()
	}
	return s, client, err
}

// editions returns a function that publishes one of two documents in turn. They differ in one flag,
// and both are prepared in advance.
func editions(n int) (func(s *server, i int), error) {
	var replies [2]*reply
	for i := range replies {
		document, err := Document(n, i)
		if err != nil {
			return nil, err
		}
		replies[i] = newReply(document, fmt.Sprintf("edition-%d", i))
	}
	return func(s *server, i int) { s.reply.Store(replies[i%2]) }, nil
}

func evaluateFor(
	client *becket.Client, n int, phase time.Duration, into *histogram, beside func(context.Context) error,
) error {
	ctx, cancel := context.WithTimeout(context.Background(), phase)
	defer cancel()
	var stop atomic.Bool
	var done sync.WaitGroup
	times := make([]histogram, evaluators)
	for i := range times {
		done.Go(func() { evaluate(client, n, &stop, &times[i]) })
	}
	err := beside(ctx)
	<-ctx.Done()
	stop.Store(true)
	done.Wait()
	for i := range times {
		into.merge(&times[i])
	}
	return err
}

func evaluate(client *becket.Client, n int, stop *atomic.Bool, into *histogram) {
	subject := becket.NewSubject("user-42", becket.String("country", "DE"), becket.Int("age", 31))
	keys := make([]string, 256)
	for i := range keys {
		keys[i] = FlagKey(1 + i*37%(n-1))
	}
	base := time.Now()
	for i := 0; !stop.Load(); i++ {
		start := time.Since(base)
		client.For(subject).Enabled(keys[i&255])
		into.add(time.Since(base) - start)
	}
}

// histogram counts durations in buckets of 1/16 of a power of two, so a percentile is exact to 6.25
// %. Adding a duration takes a few instructions.
type histogram struct{ counts [64 * 16]uint64 }

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
}

func bucket(v uint64) int {
	if v < 16 {
		return int(v)
	}
	exponent := bits.Len64(v) - 5
	return exponent*16 + int(v>>exponent)
}

// floor returns the smallest duration of a bucket.
func floor(bucket int) time.Duration {
	if bucket < 32 {
		return time.Duration(bucket)
	}
	exponent := bucket/16 - 1
	return time.Duration(bucket-exponent*16) << exponent
}

func (h *histogram) merge(other *histogram) {
	for i, c := range other.counts {
		h.counts[i] += c
	}
}

func (h *histogram) latency() Latency {
	total := uint64(0)
	for _, c := range h.counts {
		total += c
	}
	return Latency{
		P50: h.at(total / 2), P99: h.at(total - total/100), P999: h.at(total - total/1000), Evaluations: total,
	}
}

func (h *histogram) at(rank uint64) time.Duration {
	seen := uint64(0)
	for i, c := range h.counts {
		if seen += c; seen >= rank {
			return floor(i)
		}
	}
	return 0
}
