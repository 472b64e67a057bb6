package flagtest

import (
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// rules hold a state's values at one moment. They implement becket.Rules and never change after
// they are published.
type rules struct {
	state    *state
	flags    map[string]*testFlag // flags that the test has set; the base has all others
	version  string               // "" before publication
	revision int64
}

// testFlag returns the values that the test has set for a flag. It never returns nil.
func (r *rules) testFlag(flag string) *testFlag {
	if f := r.flags[flag]; f != nil {
		return f
	}
	return &testFlag{}
}

// with returns a copy with one flag replaced.
func (r *rules) with(flag string, f *testFlag) *rules {
	flags := maps.Clone(r.flags)
	flags[flag] = f
	if len(f.served) == 0 {
		delete(flags, flag)
	}
	return &rules{state: r.state, flags: flags}
}

// kind returns a flag's type, or KindAny for an unknown flag.
func (r *rules) kind(flag string) becket.Kind {
	info, _ := r.Flag(flag)
	return info.Kind
}

// Evaluate answers with the test's value, or else with the base's answer.
func (r *rules) Evaluate(flag string, want becket.Kind, subject *becket.Subject, at *becket.Moment) becket.Result {
	for s := r.state; s != nil; s = s.above {
		s.asked.add(flag)
	}
	variant, reason := r.served(flag, subject.Key())
	if variant == nil {
		return r.evaluateBase(flag, want, subject, at)
	}
	if kind := variant.Value.Kind(); !match.Readable(kind, want) {
		r.state.complain(otherType(flag, r.flags[flag].kind(), want))
		return becket.Result{Reason: becket.ReasonError, Err: becket.TypeMismatch(want, kind)}
	}
	return becket.Result{Variant: variant, Reason: reason, Track: true}
}

// served returns the variant that the test has set for a subject, or else for all subjects; nil if
// it has set none.
func (r *rules) served(flag, key string) (*becket.Variant, becket.Reason) {
	f := r.testFlag(flag)
	if key != "" {
		if variant := f.variant(key); variant != nil {
			return variant, becket.ReasonTargetingMatch
		}
	}
	return f.variant(""), becket.ReasonStatic
}

func (r *rules) evaluateBase(flag string, want becket.Kind, subject *becket.Subject, at *becket.Moment) becket.Result {
	result := becket.Result{Reason: becket.ReasonError, Err: becket.ErrFlagNotFound}
	if r.state.base != nil {
		result = r.state.base.Evaluate(flag, want, subject, at)
	}
	switch {
	case result.Err == nil:
	case result.Err.Code == becket.CodeFlagNotFound && r.flags[flag] != nil:
		// The test has set the flag for other subjects only.
		return becket.Result{Reason: becket.ReasonDisabled}
	case result.Err.Code == becket.CodeFlagNotFound:
		r.state.complain(r.unknown(flag))
	case result.Err.Code == becket.CodeTypeMismatch:
		r.state.complain(otherType(flag, r.kind(flag), want))
	}
	return result
}

// otherType returns the message for a flag that is asked for as another type.
func otherType(flag string, kind, want becket.Kind) string {
	return fmt.Sprintf("the flag %q is of type %s and is asked for as %s", flag, kind, want)
}

// unknown returns the message for a flag that does not exist, with the nearest key.
func (r *rules) unknown(flag string) string {
	var keys []string
	for info := range r.Flags() {
		keys = append(keys, info.Key)
	}
	const text = "the code asks for the flag %q, which the test does not know%s"
	return fmt.Sprintf(text, flag, match.Suggest(flag, keys))
}

// Flags lists the flags of the test and of the base.
func (r *rules) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		infos := map[string]becket.FlagInfo{}
		if r.state.base != nil {
			for info := range r.state.base.Flags() {
				infos[info.Key] = info
			}
		}
		for key := range r.flags {
			infos[key], _ = r.Flag(key)
		}
		for _, key := range slices.Sorted(maps.Keys(infos)) {
			if !yield(infos[key]) {
				return
			}
		}
	}
}

var seed = maphash.MakeSeed()

// Flag describes a flag.
func (r *rules) Flag(key string) (info becket.FlagInfo, ok bool) {
	if r.state.base != nil {
		info, ok = r.state.base.Flag(key)
	}
	f := r.flags[key]
	if f == nil {
		return info, ok
	}
	if !ok {
		info = becket.FlagInfo{Key: key, Kind: f.kind(), Enabled: true}
		for i := range f.known {
			info.Variants = append(info.Variants, f.known[i].Name)
		}
		slices.Sort(info.Variants)
	}
	digest := maphash.String(seed, f.text())
	info.Definition, info.Behaviour = info.Definition^digest, info.Behaviour^digest
	return info, true
}

// Variants lists the variants that a flag may serve.
func (r *rules) Variants(flag string) []becket.Variant {
	if known := r.state.baseVariants(flag); known != nil {
		return known
	}
	return r.testFlag(flag).variants()
}

// Info describes the rules.
func (r *rules) Info() becket.RulesInfo {
	info := becket.RulesInfo{Revision: r.revision}
	if r.state.base != nil {
		info = r.state.base.Info()
		info.Bad = nil // the test has already failed because of them
	}
	info.Flags = 0
	for range r.Flags() {
		info.Flags++
	}
	return info
}
