// Package await ends waits that nothing else can end, such as the wait for a terminal, a FIFO or a
// device.
package await

import "context"

// Result calls f in a new goroutine and returns its result. If the context ends first, Result
// returns the context's error at once, and the result of f is lost.
func Result[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
