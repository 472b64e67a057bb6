package startup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/becketflags/becket"

	"github.com/becketflags/becket/benchmarks/measure"
)

// Start holds the medians of the cost of a start with one document.
type Start struct {
	Flags     int
	Size      int           // size of the document in bytes
	FirstTime time.Duration // from New over the loopback server to the first answer
	Decode    time.Duration // encoding/json decodes the same bytes from memory
	Allocated uint64        // bytes that becket allocates in that time
	AllocJSON uint64        // bytes that encoding/json allocates
	HeapFlag  float64       // bytes that stay on the heap for each flag
}

// Ratio is the time to the first answer over that of encoding/json alone.
func (s Start) Ratio() float64 { return float64(s.FirstTime) / float64(s.Decode) }

const patience = 60 * time.Second

// MeasureStart starts a client with a document of n flags, and alternates with encoding/json
// decoding the same bytes.
func MeasureStart(n, rounds int) (Start, error) {
	document, err := Document(n, 0)
	if err != nil {
		return Start{}, err
	}
	s, err := newServer()
	if err != nil {
		return Start{}, err
	}
	defer s.close()
	s.publish(document, "1")
	result := Start{Flags: n, Size: len(document)}
	var first, decode []float64
	for round := range rounds {
		both := []func() error{
			func() error {
				took, allocated, err := firstAnswer(s.url(), n)
				first, result.Allocated = append(first, took), allocated
				return err
			},
			func() error {
				took, allocated, err := timePlain(document, n)
				decode, result.AllocJSON = append(decode, took), allocated
				return err
			},
		}
		if err := errors.Join(both[round%2](), both[1-round%2]()); err != nil {
			return Start{}, err
		}
	}
	result.FirstTime, result.Decode = time.Duration(measure.Median(first)), time.Duration(measure.Median(decode))
	result.HeapFlag, err = heapPerFlag(s.url(), n)
	return result, err
}

func firstAnswer(url string, n int) (nanoseconds float64, allocated uint64, err error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	client, err := open(url)
	if err != nil {
		return 0, 0, err
	}
	flags := client.For(becket.NewSubject("user-42", becket.String("country", "DE"), becket.Int("age", 31)))
	d := flags.BoolDetail(FlagKey(n-2), false)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if d.Err != nil {
		err = fmt.Errorf("the first answer: %w", d.Err)
	}
	return float64(took), after.TotalAlloc - before.TotalAlloc, errors.Join(err, client.Close())
}

// open returns a client that has fetched a document. The interval is long, so that only explicit
// refreshes happen.
func open(url string) (*becket.Client, error) {
	client, err := becket.New(becket.HTTP(url), becket.WithPollInterval(time.Hour),
		becket.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		return nil, err
	}
	if bad := client.Status().Bad; len(bad) > 0 {
		return nil, fmt.Errorf("flags are invalid: %w", bad[0])
	}
	return client, nil
}

func timePlain(document []byte, n int) (nanoseconds float64, allocated uint64, err error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	d, err := decodePlain(document)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err == nil && len(d.Flags) != n {
		err = fmt.Errorf("encoding/json found %d flags, not %d", len(d.Flags), n)
	}
	return float64(took), after.TotalAlloc - before.TotalAlloc, err
}

func heapPerFlag(url string, n int) (float64, error) {
	before := liveHeap()
	client, err := open(url)
	if err != nil {
		return 0, err
	}
	after := liveHeap()
	runtime.KeepAlive(client)
	return (float64(after) - float64(before)) / float64(n), client.Close()
}

// liveHeap collects garbage twice, because values in a sync.Pool survive the first collection.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
