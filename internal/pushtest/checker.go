package pushtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/becketflags/becket"
)

// checker checks a flag without a pause of more than a millisecond.
type checker struct {
	client *becket.Client
	ended  sync.WaitGroup
	once   sync.Once
	end    chan struct{}

	mutex   sync.Mutex
	checks  int
	longest time.Duration
	highest int64
	wrong   string // the first wrong answer
}

func newChecker(client *becket.Client) *checker {
	return &checker{client: client, end: make(chan struct{})}
}

func (c *checker) start(least int64) {
	c.highest = least
	ticker := time.NewTicker(time.Millisecond)
	c.ended.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-c.end:
				return
			case <-ticker.C:
				c.check()
			}
		}
	})
}

// check asks for the flag once. Its value is the revision in use, which must never become lower.
func (c *checker) check() {
	began := time.Now()
	value := int64(c.client.For(becket.NewSubject("user-42")).Int("revision", -1))
	took := time.Since(began)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.checks++
	c.longest = max(c.longest, took)
	if value < c.highest && c.wrong == "" {
		c.wrong = fmt.Sprintf("a check returned %d after %d", value, c.highest)
	}
	c.highest = max(c.highest, value)
}

func (c *checker) stop() {
	c.once.Do(func() { close(c.end) })
	c.ended.Wait()
}

func (c *checker) report(t *testing.T) {
	t.Helper()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	t.Logf("%d checks, the longest took %v", c.checks, c.longest)
	if c.wrong != "" {
		t.Error(c.wrong)
	}
	if c.longest > longestCheck {
		t.Errorf("a check took %v", c.longest)
	}
	if c.checks == 0 {
		t.Error("nothing was checked")
	}
}

const label = "pushtest"

// labelled runs a function whose goroutines, and those that they start, have a label.
func labelled(t *testing.T, do func()) {
	t.Helper()
	pprof.Do(t.Context(), pprof.Labels(label, t.Name()), func(context.Context) { do() })
}

// noneLeft fails the test if goroutines with its label are left.
func noneLeft(t *testing.T) {
	t.Helper()
	var left string
	if !reach(slack, func() bool { left = leftBehind(t.Name()); return left == "" }) {
		t.Errorf("goroutines are left:\n%s", left)
	}
}

// leftBehind returns the stacks of the goroutines with a label.
func leftBehind(name string) string {
	var all bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
		return err.Error()
	}
	var left bytes.Buffer
	mark := fmt.Appendf(nil, "# labels: {%q:%q}", label, name)
	for stack := range bytes.SplitSeq(all.Bytes(), []byte("\n\n")) {
		if bytes.Contains(stack, mark) {
			left.Write(append(stack, '\n'))
		}
	}
	return left.String()
}
