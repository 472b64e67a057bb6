package pushtest

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// TestMain lets more tests run at once than there are processors, because they wait most of the
// time.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "16")
	}
	os.Exit(m.Run())
}

// memory is an engine in memory.
type memory struct {
	mutex    sync.Mutex
	document []byte
	down     error         // what Fetch and Watch return
	deaf     bool          // hints are lost
	signals  chan struct{} // closed and replaced at each publication, and when down changes
	leak     bool
}

var errDown = errors.New("the engine is down")

func newMemory(*testing.T) *memory { return &memory{signals: make(chan struct{})} }

func (m *memory) Open(*testing.T) (becket.Source, []becket.Option, func()) {
	if m.leak {
		go time.Sleep(time.Minute)
	}
	return m, nil, nil
}

func (m *memory) Publish(_ context.Context, _ int64, document []byte) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.document = document
	if !m.deaf {
		m.wake()
	}
	return m.down
}

func (m *memory) wake() {
	close(m.signals)
	m.signals = make(chan struct{})
}

func (m *memory) set(change func()) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	change()
	m.wake()
}

func (m *memory) Identity() string { return "memory" }

func (m *memory) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return becket.Document{Body: m.document}, m.down
}

func (m *memory) Watch(ctx context.Context, changed func(becket.Hint)) error {
	for {
		m.mutex.Lock()
		down, signals := m.down, m.signals
		m.mutex.Unlock()
		if down != nil {
			return down
		}
		changed(becket.Hint{})
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
		}
	}
}

func down(_ *testing.T, m *memory)   { m.set(func() { m.down = errDown }) }
func up(_ *testing.T, m *memory)     { m.set(func() { m.down = nil }) }
func deafen(_ *testing.T, m *memory) { m.set(func() { m.deaf = true }) }

// onPage runs a test in a folder with a page that has the table.
func onPage(t *testing.T, table string) (page string) {
	t.Helper()
	folder := t.TempDir()
	page = filepath.Join(folder, "docs", "reliability.md")
	require.NoError(t, os.Mkdir(filepath.Dir(page), 0o700))
	require.NoError(t, os.WriteFile(page, []byte("<!-- memory: faults -->\n"+table+"<!-- end of memory: faults -->\n"),
		0o600))
	t.Chdir(folder)
	return page
}

var memoryFaults = []Fault[*memory]{
	{Name: "nothing", Open: true},
	{Name: "down", Begin: down, End: up, Lost: true, Cause: becket.CauseFetch},
}

func TestAnEngineThatKeepsThePromisesPasses(t *testing.T) {
	page := onPage(t, "")
	Run(t, Matrix[*memory]{Name: "memory", Start: newMemory, Faults: memoryFaults, Loss: time.Second,
		Update: true})
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(content), `
| fault | while it lasts | afterwards |
|---|---|---|
| nothing | last good ruleset; fetches work; newest revision within 2 s; signal connected | newest revision within 2 s |
| down | last good ruleset; signal lost; fetch fails | newest revision within 2 s |
`)
}

// broken are engines that break a promise, with the complaint of Run.
var broken = map[string]struct {
	matrix Matrix[*memory]
	says   string
}{
	"a hint that is lost": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x", Begin: deafen}}, Interval: 2 * time.Second},
		"is not in use after",
	},
	"a loss that is not noticed": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x", Lost: true}}, Loss: time.Millisecond},
		"the status reports no lost signal",
	},
	"a signal that is lost without a reason": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x", Begin: down, Cause: becket.CauseFetch, End: up}}},
		"the signal was lost",
	},
	"a refresh that succeeds during the fault": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x", Cause: becket.CauseFetch}}, Interval: time.Second},
		"a refresh must have the cause",
	},
	"an older document that is served": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x", Begin: func(_ *testing.T, m *memory) {
			m.set(func() { m.document = Document(1) })
		}}}, Interval: time.Second},
		"a refresh must have the cause",
	},
	"goroutines that are left": {
		Matrix[*memory]{Faults: []Fault[*memory]{{Name: "x"}}, Start: func(*testing.T) *memory {
			return &memory{signals: make(chan struct{}), leak: true}
		}},
		"goroutines are left",
	},
	"a secret in the status": {
		Matrix[*memory]{Faults: memoryFaults[1:], Secrets: []string{"engine is down"}}, "the log contains",
	},
	"another table": {Matrix[*memory]{Faults: memoryFaults[:1]}, "lacks this row"},
}

var one = flag.String("broken", "", "run this broken engine, which must fail")

func TestABrokenEngine(t *testing.T) { //nolint:paralleltest // it changes the folder
	if *one == "" {
		t.Skip("TestAnEngineThatBreaksAPromiseFails runs it")
	}
	onPage(t, "")
	m := broken[*one].matrix
	m.Name, m.Update = "memory", *one != "another table"
	if m.Loss == 0 {
		m.Loss = time.Second
	}
	if m.Start == nil {
		m.Start = newMemory
	}
	Run(t, m)
}

func TestAnEngineThatBreaksAPromiseFails(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for what never comes, and -short was given")
	}
	for name, engine := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestABrokenEngine$", "-broken="+name)
			output, err := command.CombinedOutput()
			require.Error(t, err, "it must fail: %s", output)
			assert.Contains(t, strings.ReplaceAll(string(output), "\n", " "), engine.says)
		})
	}
}
