package flagtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/becketflags/becket"
)

// state holds the values that a test sets. Each change makes new rules, which never change.
type state struct {
	base    becket.Rules // nil for New
	client  *becket.Client
	options []becket.Option
	above   *state // nil unless this state is a copy
	asked   asked
	owner   *scope // the test that the flags were made for

	mutex       sync.Mutex
	subtests    []*scope // the subtests of In that have not ended
	current     *rules
	unpublished map[string]*rules // rules that the format has not decoded yet, by version
	versions    int
}

func newState(t testing.TB, base becket.Rules) *state {
	s := &state{owner: newScope(t), base: base, unpublished: map[string]*rules{}}
	s.current = &rules{state: s, flags: map[string]*testFlag{}}
	return s
}

// copy returns a state with the same values for a subtest.
func (s *state) copy(t testing.TB) *state {
	c := newState(t, s.base)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c.above, c.options = s, s.options
	c.current.flags = s.current.flags // maps in rules are never changed
	return c
}

// end makes sure that the test is not used any more.
func (s *state) end() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.owner.ended = true
}

// enter adds a subtest.
func (s *state) enter(t testing.TB) *scope {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	subtest := newScope(t)
	s.subtests = append(s.subtests, subtest)
	return subtest
}

// leave ends a subtest and removes all that it has set.
func (s *state) leave(subtest *scope) {
	if s.remove(subtest) {
		s.publish(s.owner)
	}
}

func (s *state) remove(subtest *scope) (changed bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	subtest.ended = true
	s.subtests = slices.DeleteFunc(s.subtests, func(other *scope) bool { return other == subtest })
	for key, flag := range s.current.flags {
		if flag.isSetBy(subtest) {
			s.current, changed = s.current.with(key, flag.without(subtest)), true
		}
	}
	return changed
}

// complain fails a test because of the code that asks for flags. It is the subtest of In that is
// running. If several run in parallel, nobody can tell which one asked; then the test that the
// flags were made for fails, with the subtests' names.
func (s *state) complain(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	innermost := s.innermost()
	switch len(innermost) {
	case 0:
		s.owner.complain(text)
	case 1:
		innermost[0].complain(text)
	default:
		names := make([]string, len(innermost))
		for i, subtest := range innermost {
			names[i] = subtest.t.Name()
		}
		slices.Sort(names)
		s.owner.complain(fmt.Sprintf("%s; it is asked for by one of %s", text, strings.Join(names, ", ")))
	}
}

// innermost returns the running subtests that have no running subtest of their own. A subtest that
// has called In more than once is returned once.
func (s *state) innermost() []*scope {
	var found []*scope
	for _, subtest := range s.subtests {
		isSame := func(other *scope) bool { return other.t.Name() == subtest.t.Name() }
		if !slices.ContainsFunc(s.subtests, subtest.encloses) && !slices.ContainsFunc(found, isSame) {
			found = append(found, subtest)
		}
	}
	return found
}

// set changes one flag for one subject, or for all subjects if the key is "". If the value is
// invalid or has another type than the flag, it fails the test and changes nothing. A test that has
// ended changes nothing either.
func (s *state) set(by *scope, flag, key string, value any) (ok bool) {
	variants, err := variantsOf(value)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err != nil {
		by.refuse(fmt.Sprintf("the value of %q: %v", flag, err))
		return false
	}
	kind := s.current.kind(flag)
	if found := variants[0].Value.Kind(); !compatible(kind, found) {
		by.complain(fmt.Sprintf("%q is a flag of type %s, and is set to a value of type %s", flag, kind, found))
		return false
	}
	if by.ended {
		return false
	}
	own := s.current.testFlag(flag)
	s.current = s.current.with(flag, own.with(by, key, variants, s.baseVariants(flag)))
	return true
}

// publish makes the client serve the state's values.
func (s *state) publish(by *scope) {
	// The test's own context has already ended when its clean-up functions run.
	if err := s.client.Refresh(context.Background()); err != nil {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		by.complain(err.Error())
	}
}

// serve makes a flag serve one of its variants to all subjects.
func (s *state) serve(flag string, variant becket.Variant) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.current = s.current.with(flag, s.current.testFlag(flag).servingAll(s.owner, variant))
}

// variants lists the variants for EachVariant.
func (s *state) variants(flag string) []becket.Variant {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.current.Variants(flag)
}

func (s *state) baseVariants(flag string) []becket.Variant {
	if lister, ok := s.base.(becket.VariantLister); ok {
		return lister.Variants(flag)
	}
	return nil
}

// unknown returns the message for a flag that does not exist, with the nearest key.
func (s *state) unknown(flag string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.current.unknown(flag)
}

// version offers the current rules to the format and returns the version by which it finds them.
func (s *state) version() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current.version == "" {
		s.versions++
		s.current.version = strconv.Itoa(s.versions)
		s.current.revision = int64(s.versions)
		clear(s.unpublished) // the client decodes only the document that it has just fetched
		s.unpublished[s.current.version] = s.current
	}
	return s.current.version
}

func (s *state) published(version string) (*rules, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r, ok := s.unpublished[version]
	return r, ok
}
