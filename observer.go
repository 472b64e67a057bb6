package becket

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// observer reports evaluations to hooks and to the exposure sink. It is nil if there are neither,
// so that evaluations cost nothing extra.
type observer struct {
	onEvaluate []func(Evaluation)
	exposer    *exposer // nil if there is no sink
	private    *privacy
	notifier   *notifier
}

// newObserver returns nil if there is no OnEvaluate hook and no sink.
func newObserver(c *config, n *notifier) *observer {
	o := &observer{private: newPrivacy(c.private), notifier: n}
	for i := range c.hooks {
		if c.hooks[i].OnEvaluate != nil {
			o.onEvaluate = append(o.onEvaluate, c.hooks[i].OnEvaluate)
		}
	}
	o.exposer = newExposer(c, n, o.private)
	if len(o.onEvaluate) == 0 && o.exposer == nil {
		return nil
	}
	return o
}

// exposures returns the exposer, or nil if there is no sink.
func (o *observer) exposures() *exposer {
	if o == nil {
		return nil
	}
	return o.exposer
}

// evaluated reports an evaluation. The subject and the flag's key may live on the caller's stack,
// so hooks and sinks get copies.
func (o *observer) evaluated(s *served, subject *Subject, flag string, r Result) {
	o.expose(s, subject, flag, &r)
	if len(o.onEvaluate) == 0 {
		return
	}
	e := Evaluation{
		Subject:     o.private.clone(subject),
		Flag:        strings.Clone(flag),
		Rule:        r.Rule,
		Reason:      r.Reason,
		Revision:    s.revision,
		Environment: s.environment,
		Tier:        s.tier,
		Time:        s.moment.Now(),
	}
	if r.Variant != nil {
		e.Variant, e.Value = r.Variant.Name, r.Variant.Value.Any()
	}
	if r.Err != nil {
		e.Err = r.Err
	}
	shared := e.Value
	for _, hook := range o.onEvaluate {
		e.Value = ownCopy(shared)
		o.notifier.call("OnEvaluate", func() { hook(e) })
	}
}

// expose passes an evaluation to the exposer if it counts as an exposure.
func (o *observer) expose(s *served, subject *Subject, flag string, r *Result) {
	if o.exposer != nil && r.Track && r.Variant != nil {
		o.exposer.collect(s, subject, flag, r)
	}
}

// ownCopy returns a deep copy of a value that encoding/json decoded, because the ruleset's value is
// shared by all callers.
func ownCopy(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for name, member := range value {
			members[name] = ownCopy(member)
		}
		return members
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = ownCopy(element)
		}
		return elements
	default:
		return value
	}
}

// misfits counts the checks of one ruleset that cannot get their flag's value. Other checks do not
// use it.
type misfits struct {
	rules    Rules
	notifier *notifier
	mutex    sync.Mutex                                 // held while known is replaced
	known    atomic.Pointer[map[misfitKey]*misfitCount] // nil if there are none yet
}

// misfitKey identifies a misfit: a flag may be decoded into several types.
type misfitKey struct {
	flag string
	want Kind
	into reflect.Type // the Go type of an object; nil for a flag that is unknown or of another kind
}

// typeName returns the name of the type that checks ask for.
func (k misfitKey) typeName() string {
	if k.into != nil {
		return k.into.String()
	}
	return k.want.String()
}

type misfitCount struct {
	checks atomic.Uint64
	// the last error; the variants of an object can have different ones
	last atomic.Pointer[EvaluationError]
	// when the misfit was last reported to the logger, in Unix seconds
	reported atomic.Int64
}

// note counts a check. Only the first check of a flag and a type takes a lock. The flag's key may
// live on the caller's stack.
func (m *misfits) note(flag string, want Kind, into reflect.Type, err *EvaluationError) {
	if m == nil {
		return
	}
	var count *misfitCount
	if known := m.known.Load(); known != nil {
		count = (*known)[misfitKey{flag, want, into}]
		if count == nil && len(*known) >= maxMisfits {
			return
		}
	}
	if count == nil {
		if count = m.add(misfitKey{strings.Clone(flag), want, into}); count == nil {
			return
		}
	}
	count.checks.Add(1)
	if count.last.Load() != err {
		count.last.Store(err)
	}
	now, last := time.Now().Unix(), count.reported.Load()
	if now-last >= int64(repeatEvery/time.Second) && count.reported.CompareAndSwap(last, now) {
		misfit := &Misfit{Flag: strings.Clone(flag), Type: misfitKey{"", want, into}.typeName(), Err: err}
		e := &event{misfit: misfit}
		if err.Code == CodeFlagNotFound {
			e.rules = m.rules
		}
		m.notifier.notify(e)
	}
}

// noteError counts a check whose flag is unknown or of another type.
func (m *misfits) noteError(flag string, want Kind, err *EvaluationError) {
	if err.Code == CodeFlagNotFound || err.Code == CodeTypeMismatch {
		m.note(flag, want, nil, err)
	}
}

// add returns the count of a flag and a type that had none. It returns nil if there are too many.
func (m *misfits) add(key misfitKey) *misfitCount {
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
	return count
}

// list returns the misfits, the most frequent first.
func (m *misfits) list() []Misfit {
	if m == nil || m.known.Load() == nil {
		return nil
	}
	known := *m.known.Load()
	list := make([]Misfit, 0, len(known))
	for key, count := range known {
		misfit := Misfit{Flag: key.flag, Type: key.typeName(), Checks: count.checks.Load()}
		if last := count.last.Load(); last != nil {
			misfit.Err = last
		}
		list = append(list, misfit)
	}
	slices.SortFunc(list, func(a, b Misfit) int {
		return cmp.Or(cmp.Compare(b.Checks, a.Checks), cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.Type, b.Type))
	})
	return list
}
