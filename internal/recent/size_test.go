package recent

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/figuretest"
)

//nolint:paralleltest // it measures the memory of the whole process
func TestAKeyTakesAbout130Bytes(t *testing.T) {
	figuretest.Says(t, "docs/exposures.md", "about 130 bytes each")
	const keys = 65_536
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before := heap()
	m := New(keys)
	for i := range uint64(2 * keys) {
		m.First(Key{i, i}, 0, time.Hour, yes)
	}
	assert.InDelta(t, 130, (heap()-before)/keys, 30)
	runtime.KeepAlive(m)
}
