package flagtest

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// asked is a set of flag keys.
type asked struct {
	mutex sync.RWMutex
	keys  map[string]bool
}

// add copies the key, because it may live on the caller's stack.
func (a *asked) add(key string) {
	a.mutex.RLock()
	known := a.keys[key]
	a.mutex.RUnlock()
	if known {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.keys == nil {
		a.keys = map[string]bool{}
	}
	a.keys[strings.Clone(key)] = true
}

func (a *asked) sorted() []string {
	a.mutex.RLock()
	defer a.mutex.RUnlock()
	return slices.Sorted(maps.Keys(a.keys))
}
