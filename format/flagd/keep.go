package flagd

import "github.com/becketflags/becket"

// Keep returns the receiver. If an invalid flag has a valid definition in the previous rules, Keep
// gives the flag this definition, with the metadata and evaluators of the previous rules. flagd
// itself would refuse the document and keep all previous rules.
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
