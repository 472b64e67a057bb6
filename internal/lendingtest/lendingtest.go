// Package lendingtest asks the rules of a format of this module as a client asks them, with memory
// that is overwritten as soon as they have answered. The conformance tests of the formats use it: a
// format that keeps a part of a subject, or that answers with one, fails them.
package lendingtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lending"
)

// Poison overwrites lent memory when it is given back, until the test has ended. The test must not
// run in parallel with others.
func Poison(t testing.TB) {
	t.Helper()
	lending.Poisoned.Store(true)
	t.Cleanup(func() { lending.Poisoned.Store(false) })
}

// Rules compiles a document, and asks it by a client whose clock stands still. Evaluate ignores the
// moment that it is given. It fails the test where memory is not lent, or where an answer is
// another one than that of the rules themselves.
func Rules(t testing.TB, format becket.Format, document []byte, now time.Time) becket.Rules {
	t.Helper()
	if !lending.Poisoned.Load() {
		t.Fatal("lendingtest.Poison has not been called")
	}
	rules, err := format.Decode(document)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := rules.(lending.Borrower); !ok {
		t.Fatalf("the rules are a %T, which is lent no memory", rules)
	}
	client, err := becket.New(becket.Bytes(document), becket.WithFormat(format), becket.WithBootstrap(document),
		becket.WithClock(func() time.Time { return now }), becket.WithPollInterval(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &asked{rules, t, client, becket.MomentAt(now, 0)}
}

// asked are rules that a client asks.
type asked struct {
	becket.Rules
	t      testing.TB
	client *becket.Client
	at     *becket.Moment
}

func (a *asked) Evaluate(flag string, want becket.Kind, subject *becket.Subject, _ *becket.Moment) becket.Result {
	a.t.Helper()
	view := a.client.For(*subject)
	view.Peek(flag, want) // a part of the subject that is kept from here is poison in the next answer
	got := view.Peek(flag, want)
	if direct := a.Rules.Evaluate(flag, want, subject, a.at); text(&got) != text(&direct) {
		a.t.Errorf("%s, asked with lent memory: %s, and not %s", flag, text(&got), text(&direct))
	}
	return got
}

// text writes down all of an answer.
func text(r *becket.Result) string {
	s := fmt.Sprintf("%s, rule %q, missing %q, track %t, error %v", r.Reason, r.Rule, r.Missing, r.Track, r.Err)
	if r.Variant != nil {
		s += fmt.Sprintf(", variant %q with %s %s", r.Variant.Name, r.Variant.Value.Kind(), r.Variant.Value)
	}
	return s
}
