package becket

// askedFlags collects the flags that a decision asks on its way, for their exposures.
type askedFlags struct{ list []askedFlag }

// asking leads to the flags over two pointers more than it takes, for the reason of [tracing].
type asking struct{ *farAsked }

type farAsked struct{ *askedFlags }

// askedFlag is a flag and what it served.
type askedFlag struct {
	key    string
	result Result
}

// evaluate decides a flag that another one asks and notes it. Whether it is to be tracked depends
// on what was consulted for it alone.
func (a *askedFlags) evaluate(e *evaluation, f *flag) *Variant {
	consulted := e.consulted
	e.consulted = false
	variant := f.decide(e)
	if variant != nil && e.failed == 0 && f.tracks(e) {
		r := e.result(f, KindAny, variant)
		r.Track = true
		a.list = append(a.list, askedFlag{f.key, r})
	}
	e.consulted = e.consulted || consulted
	return variant
}

// asks reports whether there is a flag of that key that may ask others.
func (r *ruleset) asks(key string) bool {
	f := r.flags.find(key)
	return f != nil && f.asks
}

// askedBy decides a flag once more and returns the flags that it asks on its way and that are to be
// tracked.
func (r *ruleset) askedBy(key string, subject *Subject, at *Moment) []askedFlag {
	found := askedFlags{}
	e := evaluation{subject: *subject, asked: &asking{&farAsked{&found}}}
	r.flags.find(key).decideFor(&e, KindAny, at)
	return found.list
}
