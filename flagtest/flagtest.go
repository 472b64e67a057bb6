// Package flagtest gives tests flags that they set themselves, without a network, a file or a flag
// service:
//
//	fake := flagtest.New(t, flagtest.Values{"new-checkout": true, "theme": "dark"})
//	handler := NewHandler(fake.Client())
//
// The client is a real client, so views, hooks, exposures and contexts work as in production. The
// test fails if the code asks for a flag that the test does not know, or for another type.
// Everything is safe for parallel tests. The client is closed at the end of the test.
package flagtest

import (
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/becketflags/becket"
)

// Values gives each flag its value: a boolean, a string, a number of any type, a [becket.Value], a
// [OneOf], or, for an object flag, anything that encoding/json writes as an object or array.
type Values map[string]any

// Flags are the flags of a test. They are safe for concurrent use.
type Flags struct {
	state *state
	test  *scope // the test until whose end values last
}

// New returns flags that have these values until the test ends. The options are options of the
// client, such as hooks, exposures or a clock.
func New(t testing.TB, values Values, options ...becket.Option) *Flags {
	t.Helper()
	s := newState(t, nil)
	for _, flag := range slices.Sorted(maps.Keys(values)) {
		s.set(s.owner, flag, "", values[flag])
	}
	return start(t, s, options)
}

// FromFile returns the flags of a native ruleset in a file. An invalid flag in the file fails the
// test.
func FromFile(t testing.TB, path string, options ...becket.Option) *Flags {
	t.Helper()
	document, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatalf("flagtest: %v", err)
	}
	rules, err := becket.Native.Decode(document)
	if err != nil {
		t.Fatalf("flagtest: %s: %v", path, err)
	}
	return FromRules(t, rules, options...)
}

// FromRules is like [FromFile] for rules of any format, such as the rules that configcat.V6
// decodes.
func FromRules(t testing.TB, rules becket.Rules, options ...becket.Option) *Flags {
	t.Helper()
	if rules == nil {
		t.Fatalf("flagtest: the rules are nil; Decode of a format gives some")
	}
	for _, bad := range rules.Info().Bad {
		t.Errorf("flagtest: %v", bad)
	}
	return start(t, newState(t, rules), options)
}

// start creates a client that serves the state's values.
func start(t testing.TB, s *state, options []becket.Option) *Flags {
	t.Helper()
	s.options = options
	own := []becket.Option{
		becket.WithFormat(format{s}), becket.WithPollInterval(24 * time.Hour),
		becket.WithEmptyAllowed(), becket.WithEnvironment(""),
	}
	// options may name another
	silent := []becket.Option{becket.WithLogger(slog.New(slog.DiscardHandler))}
	client, err := becket.New(source{s}, slices.Concat(silent, options, own)...)
	if err != nil {
		t.Fatalf("flagtest: %v", err)
	}
	s.client = client
	t.Cleanup(func() {
		s.end()
		// A test may use a sink that fails, and Close returns its error.
		if err := client.Close(); errors.Is(err, becket.ErrNotEnded) {
			t.Errorf("flagtest: %v", err)
		}
	})
	s.publish(s.owner)
	return &Flags{state: s, test: s.owner}
}

// Client returns a client that serves the flags. A nil or zero Flags returns a nil client, which
// answers with defaults.
func (f *Flags) Client() *becket.Client {
	if f.isZero() {
		return nil
	}
	return f.state.client
}

// isZero reports whether f is nil or zero, and so was not made by this package.
func (f *Flags) isZero() bool { return f == nil || f.state == nil }

// For is short for f.Client().For(subject).
func (f *Flags) For(subject becket.Subject) becket.View { return f.Client().For(subject) }

// Set changes the value of a flag, or adds a flag. Views that are created later see the value;
// existing views keep theirs. The value lasts until the end of the test that the Flags belong to;
// see [Flags.In]. After that end, Set does nothing.
func (f *Flags) Set(flag string, value any) {
	f.SetFor("", flag, value)
}

// SetFor is Set for one subject, by its targeting key. It takes precedence over Set. An empty key
// stands for all subjects.
func (f *Flags) SetFor(subjectKey, flag string, value any) {
	if f.isZero() {
		panic("flagtest: Set: " + unmade) // no test exists that could fail
	}
	if f.state.set(f.test, flag, subjectKey, value) {
		f.state.publish(f.test)
	}
}

// In returns the same flags for a subtest: the values that are set through it last until the
// subtest ends. Until then, an unknown flag or a wrong type fails the subtest; if several subtests
// of In run in parallel, it fails the test that the flags were made for, and the message names the
// subtests. Parallel subtests that set the same flag for the same subject affect each other; use
// [Flags.Copy] for them.
func (f *Flags) In(t testing.TB) *Flags {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: In: %s", unmade)
	}
	subtest := f.state.enter(t)
	t.Cleanup(func() { f.state.leave(subtest) })
	return &Flags{state: f.state, test: subtest}
}

// Copy returns separate flags for a subtest, with the present values and a client of their own.
// [Flags.Asked] of both the copy and the original lists the flags that the subtest asks for.
func (f *Flags) Copy(t testing.TB) *Flags {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: Copy: %s", unmade)
	}
	return start(t, f.state.copy(t), f.state.options)
}

// EachVariant runs a subtest for each variant of a flag. The subtest has the variant's name and a
// client of its own that serves the variant; all other flags keep their values. A boolean flag has
// two variants. For other flags of [New], [OneOf] lists the values.
func (f *Flags) EachVariant(t *testing.T, flag string, run func(t *testing.T, client *becket.Client)) {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: EachVariant: %s", unmade)
	}
	variants := f.state.variants(flag)
	if len(variants) == 0 {
		t.Fatalf("flagtest: EachVariant: %s", f.state.unknown(flag))
	}
	for _, variant := range variants {
		t.Run(variant.Name, func(t *testing.T) {
			own := f.state.copy(t)
			own.serve(flag, variant)
			run(t, start(t, own, own.options).Client())
		})
	}
}

// Asked lists, in order, the keys of the flags that the code has asked for so far, including
// unknown flags. [becket.View.All] asks for every flag.
func (f *Flags) Asked() []string {
	if f.isZero() {
		return nil
	}
	return f.state.asked.sorted()
}

const unmade = "the Flags were not made by New, FromFile or FromRules"
