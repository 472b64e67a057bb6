package flagtest_test

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// witness is a test that records its failures instead of failing. A test can end it.
type witness struct {
	testing.TB
	name     string // "" if it has the real test's name
	mutex    sync.Mutex
	errors   []string
	ended    bool
	cleanups []func()
}

type fatal struct{}

func (w *witness) Name() string {
	if w.name != "" {
		return w.name
	}
	return w.TB.Name()
}

func (w *witness) Helper() {}

func (w *witness) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *witness) Errorf(format string, args ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.ended {
		panic("Errorf after the test has ended")
	}
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	panic(fatal{})
}

func (w *witness) end() {
	for _, cleanup := range slices.Backward(w.cleanups) {
		cleanup()
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.cleanups, w.ended = nil, true
}

var place = regexp.MustCompile(`^\w+_test\.go:\d+: `)

// said returns the failures without the places in this package's tests before them.
func (w *witness) said() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var said []string
	for _, text := range w.errors {
		said = append(said, place.ReplaceAllString(text, ""))
	}
	return said
}

// watch runs a test with a witness and returns the witness's failures.
func watch(t *testing.T, run func(w *witness)) []string {
	t.Helper()
	w := &witness{TB: t}
	func() {
		defer func() {
			if cause := recover(); cause != nil && cause != (fatal{}) {
				panic(cause)
			}
		}()
		run(w)
	}()
	w.end()
	return w.said()
}
