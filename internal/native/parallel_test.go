package native

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func noCompiler() Compiler { return nil }

func TestAPanicOfAWorkerIsPassedOnToTheReader(t *testing.T) {
	w := newWorkers([]byte("]"), 2, noCompiler)
	w.add(&chunk{from: 5, to: 9}) // outside of the document
	w.working.Wait()              // the worker has taken it
	assert.Panics(t, func() { w.finish(newReader(w.document, w)) })
}

func TestNoMoreWorkersStartThanAreAllowed(t *testing.T) {
	w := newWorkers([]byte("{}"), 100, noCompiler)
	for range 10 {
		w.add(&chunk{})
	}
	assert.Zero(t, w.spare)
	w.stop()
	assert.LessOrEqual(t, newWorkers(nil, 100, noCompiler).spare, MaxReaders-1)
	assert.Zero(t, newWorkers(nil, 1, noCompiler).spare)
}
