package lendingtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/lending"
	"github.com/becketflags/becket/internal/lendingtest"
)

// keeping is a format that answers with a text of the subject, or with one of the subject before.
type keeping struct{ before bool }

func (keeping) Name() string { return "keeping" }

func (k keeping) Decode(document []byte) (becket.Rules, error) {
	rules, err := becket.Native.Decode(document)
	return &keepingRules{Rules: rules, before: k.before}, err
}

type keepingRules struct {
	becket.Rules
	before bool
	kept   string
}

func (*keepingRules) KeepsNothing() lending.Promise { return lending.Promise{} }

func (r *keepingRules) Evaluate(_ string, _ becket.Kind, subject *becket.Subject, _ *becket.Moment) becket.Result {
	missing := subject.Key()
	if r.before {
		missing, r.kept = r.kept, missing
	}
	return becket.Result{Reason: becket.ReasonStatic, Missing: missing}
}

// recorder notes that a test failed.
type recorder struct {
	testing.TB
	failures int
}

func (r *recorder) Errorf(string, ...any) { r.failures++ }

func TestAFormatThatKeepsATextFails(t *testing.T) {
	lendingtest.Poison(t)
	document := []byte(`{"schema":1,"revision":1,"flags":{}}`)
	subject := becket.NewSubject("user-1")
	for _, format := range []keeping{{before: false}, {before: true}} {
		r := &recorder{TB: t}
		rules := lendingtest.Rules(r, format, document, time.Unix(0, 0))
		rules.Evaluate("flag", becket.KindBool, &subject, nil)
		assert.Equal(t, 1, r.failures, "%+v", format)
	}
}
