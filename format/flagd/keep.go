package flagd

import "github.com/becketflags/becket"

// Keep returns the rules to serve: the receiver, in which an invalid flag has the definition of the
// previous rules, with their metadata and their evaluators, if they have a valid one. flagd itself
// would refuse the document and go on with all of the previous one.
func (r *rules) Keep(previous becket.Rules) becket.Rules {
	served, ok := previous.(*rules)
	if !ok || served.v3 != r.v3 {
		return r
	}
	for i := range r.bad {
		bad := &r.bad[i]
		f := r.flags[bad.Key]
		if f == nil || f.err == nil && f.kept == nil {
			continue // another definition with the same key is valid
		}
		if before := served.flags[bad.Key]; before != nil && before.err == nil {
			kept := *before
			kept.kept = bad.Err
			r.flags[bad.Key], bad.Kept = &kept, true
		}
	}
	return r
}
