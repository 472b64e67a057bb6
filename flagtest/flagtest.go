// Package flagtest gives tests flags that they set themselves, without a network, a file or a flag service:
//
//	fake := flagtest.New(t, flagtest.Values{"new-checkout": true, "theme": "dark"})
//	handler := NewHandler(fake.Client())
//
// The client is a real one, so views, hooks, exposures and contexts work as they do in production. A test in which the code
// asks for a flag that the test does not know, or for another type, fails. Everything is safe for parallel tests, and closed
// with the test.
package flagtest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/becketflags/becket"
)

// Values gives each flag its value: a boolean, text, a number of any type, a [becket.Value], [OneOf], or for an object flag anything that
// encoding/json writes as an object or array.
type Values map[string]any

// Flags are the flags of a test. They are safe for concurrent use.
type Flags struct {
	t     testing.TB
	board *board
	undo  *undo // nil: what is set lasts as long as the client
}

// New returns flags that have these values until the test ends. Options are the client's own: hooks, exposures, a clock.
func New(t testing.TB, values Values, options ...becket.Option) *Flags {
	t.Helper()
	b := newBoard(t, nil)
	for _, flag := range slices.Sorted(maps.Keys(values)) {
		b.set(t, flag, "", values[flag])
	}
	return start(t, b, options)
}

// FromFile returns the flags of a native ruleset as it stands in a file. A flag in it that cannot be read fails the test.
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

// FromRules is [FromFile] for rules of any format, such as configcat.V6 decodes them.
func FromRules(t testing.TB, rules becket.Rules, options ...becket.Option) *Flags {
	t.Helper()
	if rules == nil {
		t.Fatalf("flagtest: the rules are nil; Decode of a format gives some")
	}
	for _, bad := range rules.Info().Bad {
		t.Errorf("flagtest: %v", bad)
	}
	return start(t, newBoard(t, rules), options)
}

// start makes a client that shows what the board has.
func start(t testing.TB, b *board, options []becket.Option) *Flags {
	t.Helper()
	b.options = options
	client, err := becket.New(source{b}, append(slices.Clone(options),
		becket.WithFormat(format{b}), becket.WithPollInterval(24*time.Hour), becket.WithEmptyAllowed(), becket.WithEnvironment(""))...)
	if err != nil {
		t.Fatalf("flagtest: %v", err)
	}
	b.client = client
	t.Cleanup(func() {
		b.end()
		if err := client.Close(); errors.Is(err, becket.ErrNotEnded) { // a sink may well fail on purpose
			t.Errorf("flagtest: %v", err)
		}
	})
	b.publish()
	return &Flags{t: t, board: b}
}

// Client returns a client that serves the flags. Flags that were not made by this package have the nil client, which answers with
// defaults.
func (f *Flags) Client() *becket.Client {
	if f.isZero() {
		return nil
	}
	return f.board.client
}

// isZero reports whether the flags were not made by this package. Such flags answer with defaults.
func (f *Flags) isZero() bool { return f == nil || f.board == nil }

// For is Client().For, for tests that need no more than a view.
func (f *Flags) For(subject becket.Subject) becket.View { return f.Client().For(subject) }

// Set gives a flag another value, or a new flag its first: views made from now on see it, those made before keep theirs. It
// lasts until the end of the test that the Flags belong to; see [Flags.In].
func (f *Flags) Set(flag string, value any) {
	if !f.isZero() {
		f.t.Helper()
	}
	f.SetFor("", flag, value)
}

// SetFor is Set for one subject alone, by its targeting key; it goes before what Set says. An empty key stands for all subjects.
func (f *Flags) SetFor(subjectKey, flag string, value any) {
	if f.isZero() {
		panic("flagtest: Set: " + unmade) // there is no test to fail
	}
	f.t.Helper()
	before, ok := f.board.set(f.t, flag, subjectKey, value)
	if !ok {
		return
	}
	if f.undo != nil {
		f.undo.remember(flag, subjectKey, before)
	}
	f.board.publish()
}

// In returns the same flags for a subtest: what is set through it is put back when the subtest ends. Subtests that run in
// parallel and set the same flag for the same subject see each other; give each its own with [Flags.Copy].
func (f *Flags) In(t testing.TB) *Flags {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: In: %s", unmade)
	}
	u := &undo{}
	t.Cleanup(func() { u.all(f.board) })
	return &Flags{t: t, board: f.board, undo: u}
}

// Copy returns flags of their own for a subtest, with the values as they are now and a client of their own. What the code asks
// them is told by [Flags.Asked] of both.
func (f *Flags) Copy(t testing.TB) *Flags {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: Copy: %s", unmade)
	}
	return start(t, f.board.copy(t), f.board.options)
}

// EachVariant runs a subtest for each variant of a flag, under the variant's name and with a client of its own that serves it, all
// else being equal. A boolean flag has two; for a flag of [New] with other values, [OneOf] says which.
func (f *Flags) EachVariant(t *testing.T, flag string, run func(t *testing.T, client *becket.Client)) {
	t.Helper()
	if f.isZero() {
		t.Fatalf("flagtest: EachVariant: %s", unmade)
	}
	variants := f.board.variants(flag)
	if len(variants) == 0 {
		t.Fatalf("flagtest: EachVariant: %s", f.board.unknown(flag))
	}
	for _, variant := range variants {
		t.Run(variant.Name, func(t *testing.T) {
			own := f.board.copy(t)
			own.serve(flag, variant)
			run(t, start(t, own, own.options).Client())
		})
	}
}

// Asked lists the flags that the code has asked for so far, sorted, unknown ones too. [becket.View.All] asks for every one.
func (f *Flags) Asked() []string {
	if f.isZero() {
		return nil
	}
	return f.board.asked.sorted()
}

const unmade = "the Flags were not made by New, FromFile or FromRules"
