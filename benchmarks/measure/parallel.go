package measure

import (
	"runtime"
	"sync"
	"time"
)

// Parallel times a task on several numbers of processors, each with as many
// goroutines, interleaved, and returns for each number the medians of the
// operations done in a second by all of them together.
func Parallel(t Task, processors []int, o Options) []float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	n := calibrate(t, o.Target)
	rates := make([][]float64, len(processors))
	for round := range o.Rounds {
		for j := range processors {
			i := (j + round) % len(processors)
			runtime.GOMAXPROCS(processors[i])
			runtime.GC()
			rates[i] = append(rates[i], rate(t, n, processors[i]))
		}
	}
	medians := make([]float64, len(processors))
	for i := range rates {
		medians[i] = Median(rates[i])
	}
	return medians
}

// rate lets all goroutines begin at once and ends when the last one does.
func rate(t Task, n, goroutines int) float64 {
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for range goroutines {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-begin
			t.Run(n)
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	return float64(n) * float64(goroutines) / time.Since(start).Seconds()
}
