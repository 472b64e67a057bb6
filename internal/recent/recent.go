// Package recent remembers what was seen within a window of time, in bounded memory.
package recent

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Key identifies what was seen, by two hashes. The first decides which part of the memory it is in.
type Key struct{ Place, Rest uint64 }

// Memory is safe for concurrent use. Beyond its size it forgets what was not seen for longest.
type Memory struct{ shards []shard }

// shard is a part of the memory, with a lock of its own.
type shard struct {
	mutex          sync.Mutex
	until          *simplelru.LRU[Key, time.Duration] // when the window of a key ends
	seen, repeated uint64
	_              [64]byte // keeps the next lock off this one's cache line
}

// New returns a memory of so many keys, at least 1. A large one is divided, so that many processors
// seldom meet at one lock.
func New(keys int) *Memory {
	const parts, manyKeys = 16, 1024
	m := &Memory{shards: make([]shard, 1)}
	if keys >= manyKeys {
		m.shards = make([]shard, parts)
	}
	each := (keys + len(m.shards) - 1) / len(m.shards)
	for i := range m.shards {
		m.shards[i].until, _ = simplelru.NewLRU[Key, time.Duration](each, nil) // an error only for sizes below 1
	}
	return m
}

func (m *Memory) shardOf(key Key) *shard { return &m.shards[key.Place%uint64(len(m.shards))] }

// First notes that a key was seen and reports whether it was not within its window, which ends at
// until. If so, it asks admit, and remembers the key only where admit agrees. Times are counted
// from any one moment.
func (m *Memory) First(key Key, now, until time.Duration, admit func() bool) bool {
	s := m.shardOf(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seen++
	if end, ok := s.until.Get(key); ok && now < end {
		s.repeated++
		return false
	}
	if !admit() {
		return false
	}
	s.until.Add(key, until)
	return true
}

// Forget lets a key count as not seen.
func (m *Memory) Forget(key Key) {
	s := m.shardOf(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.until.Remove(key)
}

// Counts returns how often a key was seen, and how often within its window. It calls also while
// nothing is noted, so that counters which admit changes are read at the same moment.
func (m *Memory) Counts(also func()) (seen, repeated uint64) {
	for i := range m.shards {
		m.shards[i].mutex.Lock()
	}
	for i := range m.shards {
		seen += m.shards[i].seen
		repeated += m.shards[i].repeated
	}
	also()
	for i := range m.shards {
		m.shards[i].mutex.Unlock()
	}
	return seen, repeated
}
