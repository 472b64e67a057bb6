package ruleset_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

func read(t *testing.T, document string) *ruleset.Ruleset {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err)
	all, err := ruleset.Read([]byte(document), rules.Info().Bad)
	require.NoError(t, err)
	return all
}

func TestInvalidDefinitionsAreLeftOut(t *testing.T) {
	all := read(t, `{"schema": 1, "segments": {"s": {}, "b": {"if": {"segment": "gone"}}}, "flags": {
		"twice": {}, "good": {}, "twice": {"enabled": false}, "typo": {"enabld": true},
			"refers": {"requires": [{"flag": "gone", "in": ["on"]}]}}}`)
	require.Len(t, all.Flags, 1)
	assert.Same(t, all.Flags[0], all.Flag("good"))
	require.Len(t, all.Segments, 1)
	assert.Same(t, all.Segments[0], all.Segment("s"))
	for _, key := range []string{"twice", "typo", "refers"} {
		assert.Nil(t, all.Flag(key), key)
	}
	assert.Nil(t, all.Segment("b"))
	_, err := ruleset.Read([]byte(`{"schema": 1}`), nil)
	assert.EqualError(t, err, `the document has no "flags": write "flags": {"new-checkout": {}}`)
}

func TestSegmentsInUseAreFoundThroughOthers(t *testing.T) {
	all := read(t,
		`{"schema": 1, "segments": {"a": {"if": {"not": {"segment": "b"}}}, "b": {}, "c": {"if": {"segment": "c2"}}, "c2": {},
		"bad": {"if": {"sgment": "d"}}, "d": {}, "idle": {"if": {"segment": "idle2"}}, "idle2": {}}, "flags": {
		"f": {"rules": [{"if": {"all": [{"segment": "a"}, {"flag": "g", "in": ["on"]}]}, "serve": "on"}]},
		"g": {"metadata": {"segment": "idle"}}, "typo": {"rules": [{"if": {"sgment": "c"}, "serve": "on"}]},
			"uses bad": {"rules": [{"if": {"segment": "bad"}, "serve": "on"}]}}}`)
	assert.Equal(t, []string{"a", "b", "bad", "c", "c2", "d"}, slices.Sorted(maps.Keys(all.UsedSegments())))
}

func TestReferencesOfAFlagComeFromRequirementsAndConditions(t *testing.T) {
	all := read(t,
		`{"schema": 1, "segments": {"s": {"if": {"any": [{"flag": "g", "in": ["on"]}]}}}, "flags": {"g": {}, "h": {}, "f": {
		"requires": [{"flag": "g", "in": "on"}],
			"rules": [{"if": {"all": [{"segment": "s"}, {"not": {"flag": "h", "in": ["on"]}}]}, "serve": "on"},
			{"serve": "off"}]}}}`)
	var keys []string
	for ref := range ruleset.OfFlag(all.Flag("f")) {
		keys = append(keys, fmt.Sprint(ref.Key, ref.ToFlag))
	}
	assert.Equal(t, []string{"gtrue", "sfalse", "htrue"}, keys)
	for range ruleset.OfFlag(all.Flag("f")) {
		break
	}
	references := slices.Collect(ruleset.OfSegment(all.Segment("s")))
	require.Len(t, references, 1)
	assert.Equal(t, "g", references[0].Key)

	var negations []bool
	ruleset.Walk(all.Flag("f").Rules[0].If, false, func(c *native.Condition, negated bool) {
		if c.Reference != nil {
			negations = append(negations, negated)
		}
	})
	assert.Equal(t, []bool{false, true}, negations)
}

func TestVariantsComeAsTheyAreWritten(t *testing.T) {
	all := read(t,
		`{"schema": 1, "flags": {"i": {}, "f": {"variants": {"z": 1, "a": 2, "m": 3}, "default": {"split": {"m": 1, "z": 0, "a": 2}}}}}`)
	var names []string
	for _, v := range ruleset.Variants(all.Flag("f")) {
		names = append(names, v.Name)
	}
	assert.Equal(t, []string{"z", "a", "m"}, names)
	assert.Equal(t, []string{"m", "z", "a"}, ruleset.Named(&all.Flag("f").Default))
	assert.Equal(t, []string{"m", "a"}, ruleset.Served(&all.Flag("f").Default))
	assert.Equal(t, []string{"off"}, ruleset.Served(&all.Flag("i").Default), "implied")
}

func TestConditionsAreTheSameWhenTheirPartsAre(t *testing.T) {
	same := func(a, b string) bool {
		all := read(t,
			fmt.Sprintf(`{"schema": 1, "segments": {"s": {}, "t": {}}, "flags": {"g": {}, "f": {"rules": [{"if": %s, "serve": "on"}, {"if": %s, "serve": "on"}]}}}`, a, b))
		require.Len(t, all.Flags, 2, "%s and %s", a, b)
		rules := all.Flag("f").Rules
		return ruleset.SameCondition(rules[0].If, rules[1].If)
	}
	conditions := []string{
		`{"attribute": "c", "in": ["DE"]}`, `{"attribute": "d", "in": ["DE"]}`, `{"attribute": "c", "in": ["FR"]}`,
		`{"attribute": "c", "not_in": ["DE"]}`, `{"attribute": "c", "in": ["DE"], "ignore_case": true}`,
		`{"attribute": "c", "in": ["DE"], "exists": true}`, `{"segment": "s"}`, `{"segment": "t"}`,
		`{"flag": "g", "in": ["on"]}`, `{"flag": "g", "in": ["on", "off"]}`, `{"all": [{"segment": "s"}]}`,
		`{"any": [{"segment": "s"}]}`,
		`{"all": [{"segment": "s"}, {"segment": "t"}]}`, `{"not": {"segment": "s"}}`,
	}
	for i, a := range conditions {
		for j, b := range conditions {
			assert.Equal(t, i == j, same(a, b), "%s and %s", a, b)
		}
	}
	assert.True(t, same(`{"in": [ "DE" ], "x-note": 1, "attribute": "c"}`, conditions[0]))
	assert.True(t, ruleset.SameCondition(nil, nil))
	assert.False(t, ruleset.SameCondition(nil, &native.Condition{}))
}

func TestRecurringTimesAndRampsAreComparedByMeaning(t *testing.T) {
	all := read(t, `{"schema": 1, "flags": {"f": {"rules": [
		{"every": {"days": ["mon", "sun"], "zone": "UTC"}, "serve": "on"},
		{"every": {"until": "24:00", "days": ["sun", "mon"]}, "serve": "on"},
		{"every": {"days": ["sun"]}, "serve": "on"},
		{"serve": "on"},
		{"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}]}, "serve": "on"},
		{"ramp": {"linear": false, "steps": [{"percent": 5.0, "at": "2026-01-01T01:00:00+01:00"}]}, "serve": "on"},
		{"ramp": {"linear": true, "steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}]}, "serve": "on"}]}}}`)
	r := all.Flag("f").Rules
	assert.True(t, ruleset.SameEvery(&r[0], &r[1]))
	assert.False(t, ruleset.SameEvery(&r[0], &r[2]))
	assert.False(t, ruleset.SameEvery(&r[0], &r[3]))
	assert.True(t, ruleset.SameEvery(&r[3], &r[4]), "both have none")
	assert.True(t, ruleset.SameRamp(&r[4].Ramp, &r[5].Ramp))
	assert.False(t, ruleset.SameRamp(&r[4].Ramp, &r[6].Ramp))
	assert.True(t, ruleset.Always(&r[3]))
	assert.False(t, ruleset.Always(&r[0]))
	assert.True(t, ruleset.Rolls(&r[4]))
}
