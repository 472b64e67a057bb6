package measure

import (
	"runtime"
	"sync"
	"time"
)

// Parallel measures a task on different numbers of processors, with as many goroutines, in
// interleaved rounds. For each number it returns the median of the operations that all goroutines
// do per second.
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

// rate starts all goroutines at once and ends when the last one ends.
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
