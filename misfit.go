package becket

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// misfits counts the checks of one ruleset whose object did not fit. Checks that fit never touch
// it.
type misfits struct {
	notifier *notifier
	mutex    sync.Mutex                                 // of writers
	known    atomic.Pointer[map[misfitKey]*misfitCount] // nil inside: none yet
}

// misfitKey tells misfits apart: a flag may be asked for as several types.
type misfitKey struct {
	flag string
	kind reflect.Type
}

type misfitCount struct {
	checks atomic.Uint64
	last   atomic.Pointer[EvaluationError] // variants differ
}

// note counts a check. Only the first of a flag and a type takes a lock. The flag's key may live on
// the caller's stack.
func (m *misfits) note(flag string, kind reflect.Type, err *EvaluationError) {
	if m == nil {
		return
	}
	var count *misfitCount
	if known := m.known.Load(); known != nil {
		count = (*known)[misfitKey{flag, kind}]
		if count == nil && len(*known) >= maxMisfits {
			return
		}
	}
	if count == nil {
		if count = m.add(misfitKey{strings.Clone(flag), kind}, err); count == nil {
			return
		}
	}
	count.checks.Add(1)
	if count.last.Load() != err {
		count.last.Store(err)
	}
}

// add returns the count of a flag and a type that had none, or has got one meanwhile; nil when
// there are too many.
func (m *misfits) add(key misfitKey, err *EvaluationError) *misfitCount {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	all := map[misfitKey]*misfitCount{}
	if known := m.known.Load(); known != nil {
		if count := (*known)[key]; count != nil || len(*known) >= maxMisfits {
			return count
		}
		maps.Copy(all, *known)
	}
	count := &misfitCount{}
	all[key] = count
	m.known.Store(&all)
	m.notifier.tell(&event{misfit: &Misfit{Flag: key.flag, Type: key.kind.String(), Err: err}})
	return count
}

// list returns the misfits by their flags and types.
func (m *misfits) list() []Misfit {
	if m == nil || m.known.Load() == nil {
		return nil
	}
	known := *m.known.Load()
	list := make([]Misfit, 0, len(known))
	for key, count := range known {
		misfit := Misfit{Flag: key.flag, Type: key.kind.String(), Checks: count.checks.Load()}
		if last := count.last.Load(); last != nil {
			misfit.Err = last
		}
		list = append(list, misfit)
	}
	slices.SortFunc(list, func(a, b Misfit) int {
		return cmp.Or(cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.Type, b.Type))
	})
	return list
}
