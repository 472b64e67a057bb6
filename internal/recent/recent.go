// Package recent remembers which keys were seen within a window of time, in bounded memory.
package recent

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Key consists of two hashes. The first one selects the part of the memory in which the key is
// stored.
type Key struct{ Place, Rest uint64 }

// Memory stores a limited number of keys. If there are more, it forgets the key that was not seen
// for the longest time. It is safe for concurrent use.
type Memory struct{ shards []shard }

// shard is a part of the memory, with a lock of its own.
type shard struct {
	mutex          sync.Mutex
	until          *simplelru.LRU[Key, time.Duration] // the end of each key's window
	seen, repeated uint64
	_              [64]byte // keeps the next lock off this one's cache line
}

// New returns a memory for the given number of keys, at least 1. A large memory is divided into
// parts, so that processors rarely wait for each other's lock.
func New(keys int) *Memory {
	const parts, manyKeys = 16, 1024
	m := &Memory{shards: make([]shard, 1)}
	if keys >= manyKeys {
		m.shards = make([]shard, parts)
	}
	each := (keys + len(m.shards) - 1) / len(m.shards)
	for i := range m.shards {
		// The only error is for sizes below 1.
		m.shards[i].until, _ = simplelru.NewLRU[Key, time.Duration](each, nil)
	}
	return m
}

func (m *Memory) shardOf(key Key) *shard { return &m.shards[key.Place%uint64(len(m.shards))] }

// First counts that a key was seen. It returns false if the key was seen before and its window has
// not ended. Otherwise it calls admit. If admit returns true, First stores the key with a window
// that ends at until, and returns true. All times are counted from the same moment, which may be
// any.
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

// Forget removes a key, which then counts as not seen.
func (m *Memory) Forget(key Key) {
	s := m.shardOf(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.until.Remove(key)
}

// Counts returns how often keys were seen, and how often within their windows. It calls also while
// First cannot run, so that the caller can read counters that admit changes at the same moment.
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
