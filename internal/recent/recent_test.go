package recent

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func yes() bool { return true }

func TestAKeyIsFirstOncePerWindow(t *testing.T) {
	t.Parallel()
	m := New(10)
	a, b := Key{1, 1}, Key{1, 2}
	assert.True(t, m.First(a, 0, time.Minute, yes))
	assert.False(t, m.First(a, time.Minute-1, 2*time.Minute, yes))
	assert.True(t, m.First(b, 0, time.Minute, yes))
	assert.True(t, m.First(a, time.Minute, 2*time.Minute, yes), "its window has ended")
	m.Forget(a)
	assert.True(t, m.First(a, time.Minute, 2*time.Minute, yes))
	assert.True(t, m.First(Key{9, 9}, 0, time.Minute, yes))
	seen, repeated := m.Counts(func() {})
	assert.Equal(t, []uint64{6, 1}, []uint64{seen, repeated})
}

func TestAKeyThatIsNotAdmittedIsNotRemembered(t *testing.T) {
	t.Parallel()
	m := New(10)
	assert.False(t, m.First(Key{1, 1}, 0, time.Minute, func() bool { return false }))
	assert.True(t, m.First(Key{1, 1}, 0, time.Minute, yes))
}

func TestTheMemoryDropsTheKeyThatWasUnseenForLongest(t *testing.T) {
	t.Parallel()
	m := New(2)
	for _, i := range []uint64{1, 2, 1, 3} {
		m.First(Key{i, 0}, 0, time.Minute, yes)
	}
	assert.False(t, m.First(Key{1, 0}, 0, time.Minute, yes))
	assert.True(t, m.First(Key{2, 0}, 0, time.Minute, yes))
}

func TestCountsAreReadAtOneMoment(t *testing.T) {
	t.Parallel()
	m := New(5000)
	admitted := uint64(0)
	var mutex sync.Mutex
	admit := func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		admitted++
		return true
	}
	var working sync.WaitGroup
	for g := range uint64(4) {
		working.Go(func() {
			for i := range uint64(20_000) {
				m.First(Key{i % 3000, g % 2}, 0, time.Minute, admit)
			}
		})
	}
	for range 500 {
		var first uint64
		seen, repeated := m.Counts(func() { first = admitted })
		assert.Equal(t, seen, repeated+first)
	}
	working.Wait()
	seen, _ := m.Counts(func() {})
	assert.Equal(t, uint64(80_000), seen)
}
