package flagtest

import (
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// sheet holds a board's values at one moment. It implements becket.Rules and never changes after it
// is published.
type sheet struct {
	board    *board
	flags    map[string]*fake // flags that the test has set; the base has all others
	version  string           // "" before publication
	revision int64
}

// fake is a flag that the test has set.
type fake struct {
	variants []becket.Variant // the known variants; the test's first value comes first
	forAll   *becket.Variant  // nil if no value is set for all subjects; then the base answers, if it has the flag
	forOne   map[string]*becket.Variant
}

// fake returns the values that the test has set for a flag. It never returns nil.
func (s *sheet) fake(flag string) *fake {
	if f := s.flags[flag]; f != nil {
		return f
	}
	return &fake{}
}

// with returns a copy with one flag replaced.
func (s *sheet) with(flag string, f *fake) *sheet {
	flags := maps.Clone(s.flags)
	flags[flag] = f
	if f.forAll == nil && len(f.forOne) == 0 {
		delete(flags, flag)
	}
	return &sheet{board: s.board, flags: flags}
}

// with returns a copy that serves the first of the variants to the subject with that key, or to all
// subjects. If a known variant has the same value, its name is used.
func (f *fake) with(key string, variants, known []becket.Variant) *fake {
	served := &variants[0]
	if i := slices.IndexFunc(known, func(v becket.Variant) bool { return v.Value.Equal(served.Value) }); i >= 0 {
		served = &known[i]
	}
	next := f.serving(key, served)
	for _, v := range slices.Concat(variants, known) {
		if !slices.ContainsFunc(next.variants, func(w becket.Variant) bool { return v.Value.Equal(w.Value) }) {
			next.variants = append(next.variants, v)
		}
	}
	return next
}

// served returns the variant that is set for a subject, or for all subjects if the key is "".
func (f *fake) served(key string) *becket.Variant {
	if key == "" {
		return f.forAll
	}
	return f.forOne[key]
}

// serving returns a copy that serves another variant to a subject or to all subjects; nil removes
// the variant.
func (f *fake) serving(key string, variant *becket.Variant) *fake {
	next := &fake{variants: slices.Clone(f.variants), forAll: f.forAll, forOne: maps.Clone(f.forOne)}
	switch {
	case key == "":
		next.forAll = variant
	case variant == nil:
		delete(next.forOne, key)
	default:
		if next.forOne == nil {
			next.forOne = map[string]*becket.Variant{}
		}
		next.forOne[key] = variant
	}
	return next
}

// kind returns the type of the variants.
func (f *fake) kind() becket.Kind {
	kind := becket.KindAny
	for i := range f.variants {
		if found := f.variants[i].Value.Kind(); kind == becket.KindAny || found == becket.KindFloat {
			kind = found
		}
	}
	return kind
}

// kind returns a flag's type, or KindAny for an unknown flag.
func (s *sheet) kind(flag string) becket.Kind {
	info, _ := s.Flag(flag)
	return info.Kind
}

// Evaluate answers with the test's value, or else with the base's answer.
func (s *sheet) Evaluate(flag string, want becket.Kind, subject *becket.Subject, at *becket.Moment) becket.Result {
	for b := s.board; b != nil; b = b.above {
		b.asked.add(flag)
	}
	f := s.flags[flag]
	if f == nil || f.forAll == nil && f.forOne[subject.Key()] == nil {
		return s.evaluateBase(flag, want, subject, at)
	}
	variant, reason := f.forAll, becket.ReasonStatic
	if one := f.forOne[subject.Key()]; one != nil {
		variant, reason = one, becket.ReasonTargetingMatch
	}
	if kind := variant.Value.Kind(); want != becket.KindAny && want != kind && (want != becket.KindFloat || kind != becket.KindInt) {
		s.board.complain(fmt.Sprintf("the flag %q is of type %s and is asked for as %s", flag, f.kind(), want))
		return becket.Result{Reason: becket.ReasonError, Err: becket.TypeMismatch(want, kind)}
	}
	return becket.Result{Variant: variant, Reason: reason, Track: true}
}

func (s *sheet) evaluateBase(flag string, want becket.Kind, subject *becket.Subject, at *becket.Moment) becket.Result {
	if s.board.base == nil {
		if s.flags[flag] != nil { // set for other subjects only
			return becket.Result{Reason: becket.ReasonDisabled}
		}
		s.board.complain(s.unknown(flag))
		return becket.Result{Reason: becket.ReasonError, Err: becket.ErrFlagNotFound}
	}
	r := s.board.base.Evaluate(flag, want, subject, at)
	switch {
	case r.Err == nil:
	case r.Err.Code == becket.CodeFlagNotFound && s.flags[flag] != nil:
		return becket.Result{Reason: becket.ReasonDisabled}
	case r.Err.Code == becket.CodeFlagNotFound:
		s.board.complain(s.unknown(flag))
	case r.Err.Code == becket.CodeTypeMismatch:
		s.board.complain(fmt.Sprintf("the flag %q is of type %s and is asked for as %s", flag, s.kind(flag), want))
	}
	return r
}

// unknown returns the message for a flag that does not exist, with the nearest key.
func (s *sheet) unknown(flag string) string {
	text := fmt.Sprintf("the code asks for the flag %q, which the test does not know", flag)
	var keys []string
	for info := range s.Flags() {
		keys = append(keys, info.Key)
	}
	if key := match.Nearest(flag, keys); key != "" {
		return text + fmt.Sprintf(" (did you mean %q?)", key)
	}
	return text
}

// Flags lists the flags of the test and of the base.
func (s *sheet) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		infos := map[string]becket.FlagInfo{}
		if s.board.base != nil {
			for info := range s.board.base.Flags() {
				infos[info.Key] = info
			}
		}
		for key := range s.flags {
			infos[key], _ = s.Flag(key)
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
func (s *sheet) Flag(key string) (info becket.FlagInfo, ok bool) {
	if s.board.base != nil {
		info, ok = s.board.base.Flag(key)
	}
	f := s.flags[key]
	if f == nil {
		return info, ok
	}
	if !ok {
		info = becket.FlagInfo{Key: key, Kind: f.kind(), Enabled: true}
		for i := range f.variants {
			info.Variants = append(info.Variants, f.variants[i].Name)
		}
		slices.Sort(info.Variants)
	}
	digest := maphash.String(seed, f.text())
	info.Definition, info.Behaviour = info.Definition^digest, info.Behaviour^digest
	return info, true
}

// text returns the test's values as text, for the digest.
func (f *fake) text() string {
	var b strings.Builder
	if f.forAll != nil {
		b.WriteString(f.forAll.Value.String())
	}
	for _, key := range slices.Sorted(maps.Keys(f.forOne)) {
		fmt.Fprintf(&b, " %q=%s", key, f.forOne[key].Value)
	}
	return b.String()
}

// Variants lists the variants that a flag may serve.
func (s *sheet) Variants(flag string) []becket.Variant {
	if known := s.board.baseVariants(flag); known != nil {
		return known
	}
	return s.fake(flag).variants
}

// Info describes the sheet.
func (s *sheet) Info() becket.RulesInfo {
	info := becket.RulesInfo{Revision: s.revision}
	if s.board.base != nil {
		info = s.board.base.Info()
		info.Bad = nil // the test has already failed because of them
	}
	info.Flags = 0
	for range s.Flags() {
		info.Flags++
	}
	return info
}
