package openfeature_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everyReason has a flag for each reason and each error.
const everyReason = `{"schema": 1, "flags": {
	"static": {},
	"default": {"rules": [{"if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]},
	"targeting": {"rules": [{"if": {"attribute": "country", "in": ["FR"]}, "serve": "on"}]},
	"split": {"default": {"split": {"on": 1}}},
	"disabled": {"enabled": false},
	"silent": {"enabled": false, "variants": {"a": true, "b": false}, "default": "a"},
	"stale": {"max_age": "1m"},
	"prerequisite": {"requires": [{"flag": "static", "in": ["on"]}]},
	"text": {"variants": {"a": "x"}, "default": "a"},
	"broken": {"rules": 7}
}}`

func TestEachReasonArrives(t *testing.T) {
	cases := []struct {
		flag    string
		reason  of.Reason
		variant string
		value   bool
	}{
		{"static", of.StaticReason, "off", false},
		{"default", of.DefaultReason, "off", false},
		{"targeting", of.TargetingMatchReason, "on", true},
		{"split", of.SplitReason, "on", true},
		{"disabled", of.DisabledReason, "off", false},
		{"silent", of.DisabledReason, "", true}, // without off, it serves the caller's default
		{"stale", "STALE", "off", false},        // a bootstrap is always stale
		{"prerequisite", "PREREQUISITE_FAILED", "off", false},
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.bind(t, provider.New(newClient(t, serving(""), becket.WithBootstrap([]byte(everyReason)))))
		for _, c := range cases {
			details, err := b.client.BooleanValueDetails(t.Context(), c.flag, c.value,
				user("u", map[string]any{"country": "FR"}))
			require.NoError(t, err, c.flag)
			assert.Equal(t, c.reason, details.Reason, c.flag)
			assert.Equal(t, c.variant, details.Variant, c.flag)
			assert.Equal(t, c.value, details.Value, c.flag)
			assert.Equal(t, "bootstrap", details.FlagMetadata["tier"], c.flag)
		}
	})
}

func TestEachErrorCodeArrives(t *testing.T) {
	cases := []struct {
		flag    string
		key     string
		code    of.ErrorCode
		message string
	}{
		{"nowhere", "u", of.FlagNotFoundCode, `flag "nowhere": the ruleset has no such flag`},
		{"text", "u", of.TypeMismatchCode, `flag "text": the flag is of type string, not boolean`},
		{
			"split", "", of.TargetingKeyMissingCode,
			`flag "split": a split was reached and the subject has no key to hash`,
		},
		{"broken", "u", of.ParseErrorCode, `flags.broken.rules`},
	}
	synctest.Test(t, func(t *testing.T) {
		client := ready(t, everyReason)
		for _, c := range cases {
			details, err := client.BooleanValueDetails(t.Context(), c.flag, true, user(c.key, nil))
			require.Error(t, err, c.flag)
			assert.Equal(t, c.code, details.ErrorCode, c.flag)
			assert.Contains(t, details.ErrorMessage, c.message)
			assert.Equal(t, of.ErrorReason, details.Reason, c.flag)
			assert.True(t, details.Value, "the caller's default for %s", c.flag)
		}
		object, err := client.ObjectValueDetails(t.Context(), "static", "mine", user("u", nil))
		require.Error(t, err)
		assert.Equal(t, of.TypeMismatchCode, object.ErrorCode)
		assert.Equal(t, "mine", object.Value)
	})
}

func TestBeforeThereIsARulesetTheCodeIsNotReady(t *testing.T) {
	p := provider.New(nil)
	d := p.IntEvaluation(t.Context(), "limit", 7, nil)
	assert.Equal(t, int64(7), d.Value)
	assert.Equal(t, of.ProviderNotReadyCode, d.ResolutionDetail().ErrorCode)
	assert.Equal(t, of.ErrorReason, d.Reason)
	assert.NotContains(t, d.FlagMetadata, provider.MetaVersion, "there is no ruleset to have one")
}

// failing is a format whose rules answer with an error of any kind.
type failing struct{ err *becket.EvaluationError }

func (f failing) Name() string { return "failing" }

func (f failing) Decode(document []byte) (becket.Rules, error) {
	rules, err := becket.Native.Decode(document)
	return failingRules{rules, f.err}, err
}

type failingRules struct {
	becket.Rules
	err *becket.EvaluationError
}

func (r failingRules) Evaluate(string, becket.Kind, *becket.Subject, *becket.Moment) becket.Result {
	return becket.Result{Reason: becket.ReasonError, Err: r.err}
}

func TestAnErrorOfAnotherFormatArrivesAsGeneral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the vendor says no")
		format := failing{&becket.EvaluationError{Code: "SOMETHING_ELSE", Message: "it failed", Cause: cause}}
		b := newBoard(t)
		b.bind(t, provider.New(loaded(t, everyReason, becket.WithFormat(format))))
		details, err := b.client.BooleanValueDetails(t.Context(), "static", true, user("u", nil))
		require.Error(t, err)
		assert.Equal(t, of.GeneralCode, details.ErrorCode)
		assert.Equal(t, `flag "static": it failed: the vendor says no`, details.ErrorMessage)
		assert.True(t, details.Value)
	})
}
