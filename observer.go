package becket

import (
	"strings"
	"time"
)

// Evaluation is what OnEvaluate gets: one answer, and for whom. It is a copy, which the hook may keep.
type Evaluation struct {
	Subject     Subject // private attributes hidden
	Flag        string
	Variant     string // "" where the caller's default is served
	Value       any    // the variant's, as in [View.All]; nil where the caller's default is served
	Rule        string
	Reason      Reason
	Revision    int64
	Environment string
	Tier        Tier
	Err         error // nil, or an *EvaluationError
	Time        time.Time
}

// observer tells of evaluations who asked to be told. A client that nobody listens to has none, so its views pay nothing.
type observer struct {
	onEvaluate []func(Evaluation)
	exposer    *exposer // nil: no sink
	private    *privacy
	notifier   *notifier
}

// newObserver returns nil where nobody listens.
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

// exposures returns nil where nobody collects any.
func (o *observer) exposures() *exposer {
	if o == nil {
		return nil
	}
	return o.exposer
}

// evaluated is called after an evaluation. The subject and the flag's key may live on the caller's stack, so that what goes
// further is a copy.
func (o *observer) evaluated(s *snapshot, subject *Subject, flag string, r Result) {
	if o.exposer != nil && r.Track && r.Variant != nil {
		if seen, first := o.exposer.first(subject.Key(), flag, r.Variant.Name); first {
			o.exposer.keep(seen, s, subject, flag, &r)
		}
	}
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
	for _, hook := range o.onEvaluate {
		o.notifier.call("OnEvaluate", func() { hook(e) })
	}
}

// privacy knows which attributes must not leave the client. A nil one hides nothing.
type privacy struct {
	names map[string]bool
}

func newPrivacy(names []string) *privacy {
	if len(names) == 0 {
		return nil
	}
	p := &privacy{names: map[string]bool{}}
	for _, name := range names {
		p.names[name] = true
	}
	return p
}

// hides reports whether an attribute is private, by its own name or by that of a map that it came from.
func (p *privacy) hides(name string) bool {
	if p == nil {
		return false
	}
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if p.names[name[:end]] {
			return true
		}
	}
	return false
}

// of lists the names of a subject's attributes that are private.
func (p *privacy) of(subject *Subject) map[string]bool {
	if p == nil {
		return nil
	}
	names := map[string]bool{}
	if p.hides(keyName) {
		names[keyName] = true
	}
	for name := range subject.All {
		if p.hides(name) {
			names[name] = true
		}
	}
	return names
}

// clone copies a subject with all that it refers to, and without what is private.
func (p *privacy) clone(subject *Subject) Subject {
	c := subject.clone()
	if p == nil {
		return c
	}
	attributes := c.list()
	for i := range attributes {
		if name := attributes[i].named(); p.hides(name) {
			attributes[i] = String(name, Private)
		}
	}
	if c.Key() != "" && p.hides(keyName) {
		return NewSubject(Private, attributes...)
	}
	return c
}
