package openfeature

import (
	"fmt"
	"iter"
	"testing"

	"github.com/becketflags/becket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMadeUpFlagsUseNoMemory(t *testing.T) {
	client, err := becket.New(becket.Bytes([]byte(`{"schema": 1, "flags": {"a": {}}}`)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	p := New(client)
	for i := range 100 {
		p.BooleanEvaluation(t.Context(), fmt.Sprintf("made-up-%d", i), false, nil)
		p.BooleanEvaluation(t.Context(), "a", false, nil)
	}
	assert.Len(t, p.metadata.current.Load().flags, 2, "one for the flag, one for all that are not there")
}

// endless is a format that returns another rule name at each evaluation.
type endless struct{}

func (endless) Name() string { return "endless-v1" }

func (endless) Decode([]byte) (becket.Rules, error) { return &endlessRules{}, nil }

type endlessRules struct{ evaluations int }

func (r *endlessRules) Evaluate(string, becket.Kind, *becket.Subject, *becket.Moment) becket.Result {
	r.evaluations++
	variant := &becket.Variant{Name: "on", Value: becket.BoolValue(true)}
	return becket.Result{
		Variant: variant, Rule: fmt.Sprint("rule ", r.evaluations), Reason: becket.ReasonTargetingMatch,
	}
}

func (r *endlessRules) Flags() iter.Seq[becket.FlagInfo] { return func(func(becket.FlagInfo) bool) {} }

func (r *endlessRules) Flag(key string) (becket.FlagInfo, bool) {
	return becket.FlagInfo{Key: key, Kind: becket.KindBool}, true
}

func (r *endlessRules) Info() becket.RulesInfo { return becket.RulesInfo{Flags: 1} }

func TestMadeUpRulesUseBoundedMemory(t *testing.T) {
	client, err := becket.New(becket.Bytes([]byte(`x`)), becket.WithFormat(endless{}))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	p := New(client)
	for i := range maxMetadata + 100 {
		detail := p.BooleanEvaluation(t.Context(), "a", false, nil)
		require.Equal(t, fmt.Sprint("rule ", i+1), detail.FlagMetadata[MetaRule],
			"metadata is right beyond the bound too")
	}
	assert.Len(t, p.metadata.current.Load().flags, maxMetadata)
}
