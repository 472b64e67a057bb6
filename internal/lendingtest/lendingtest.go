// Package lendingtest calls the rules of a format of this module in the same way as a client, with
// memory that is overwritten after each evaluation. The conformance tests of the formats use it: a
// format that keeps a part of a subject, or whose results contain one, fails them.
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

// Rules compiles a document and returns rules that evaluate flags by a client with a fixed clock.
// Their method Evaluate ignores its moment. The test fails if no memory is lent, or if a result
// differs from a direct call of the format's rules.
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
		t.Fatalf("the rules are of type %T, which does not implement lending.Borrower", rules)
	}
	client, err := becket.New(becket.Bytes(document), becket.WithFormat(format), becket.WithBootstrap(document),
		becket.WithClock(func() time.Time { return now }), becket.WithPollInterval(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &asked{rules, t, client, becket.MomentAt(now, 0)}
}

// asked wraps rules and evaluates flags by a client.
type asked struct {
	becket.Rules
	t      testing.TB
	client *becket.Client
	at     *becket.Moment
}

func (a *asked) Evaluate(flag string, want becket.Kind, subject *becket.Subject, _ *becket.Moment) becket.Result {
	a.t.Helper()
	view := a.client.For(*subject)
	// a part of the subject that is kept from this call is poison in the next result
	view.Peek(flag, want)
	got := view.Peek(flag, want)
	if direct := a.Rules.Evaluate(flag, want, subject, a.at); text(&got) != text(&direct) {
		a.t.Errorf("%s, evaluated with lent memory: %s, and not %s", flag, text(&got), text(&direct))
	}
	return got
}

// text describes a whole result.
func text(r *becket.Result) string {
	s := fmt.Sprintf("%s, rule %q, missing %q, track %t, error %v", r.Reason, r.Rule, r.Missing, r.Track, r.Err)
	if r.Variant != nil {
		s += fmt.Sprintf(", variant %q with %s %s", r.Variant.Name, r.Variant.Value.Kind(), r.Variant.Value)
	}
	return s
}
