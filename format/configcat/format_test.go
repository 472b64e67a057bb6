package configcat_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
)

const mixed = "\xef\xbb\xbf" + `{"p":{"s":"salt"},"f":{
	"z":{"t":1,"r":[{"s":{"v":{"s":"r"},"i":"rule"}}],
		"p":[{"p":100,"v":{"s":"o"},"i":"option"},{"p":0,"v":{"s":"o"},"i":"option"}],"v":{"s":"own"},"i":"own"},
	"a":{"t":3,"v":{"d":2},"i":"only"},
	"inRule":{"t":0,"r":[{"p":[{"p":100,"v":{"b":true},"i":"within"}]}],"v":{"b":false}},
	"bad":[1,2],
	"odd":{"t":0,"r":[{"c":[{"u":{"a":"A","c":99}}],"s":{"v":{"b":true}}}],"v":{"b":false}},
	"type":{"t":7}
}}`

func TestFlagsAreListedByTheirKeys(t *testing.T) {
	rules := decode(t, []byte(mixed))
	infos := slices.Collect(rules.Flags())
	keys := make([]string, len(infos))
	for i, info := range infos {
		keys[i] = info.Key
		assert.True(t, info.Enabled)
		one, ok := rules.Flag(info.Key)
		assert.True(t, ok)
		assert.Equal(t, info, one)
	}
	assert.Equal(t, []string{"a", "bad", "inRule", "odd", "type", "z"}, keys)
	assert.Equal(t, becket.KindFloat, infos[0].Kind)
	assert.Equal(t, []string{"only"}, infos[0].Variants)
	assert.Error(t, infos[1].Err)
	assert.Equal(t, []string{"within"}, infos[2].Variants)
	assert.Equal(t, becket.KindAny, infos[4].Kind)
	assert.Equal(t, []string{"option", "own", "rule"}, infos[5].Variants)
	_, ok := rules.Flag("absent")
	assert.False(t, ok)
	for range rules.Flags() {
		break // ending early must do no harm
	}
}

func TestTheDocumentIsDescribed(t *testing.T) {
	info := decode(t, []byte(mixed)).Info()
	assert.Equal(t, 6, info.Flags)
	assert.Zero(t, info.Revision)
	require.Len(t, info.Bad, 1)
	assert.Equal(t, "bad", info.Bad[0].Key)
	assert.Equal(t, "flags", info.Bad[0].Section)
	assert.EqualError(t, info.Bad[0], `becket: f.bad: a setting must be an object`)
	var warnings []string
	for _, w := range info.Warnings {
		warnings = append(warnings, w.Error())
	}
	assert.Contains(t, warnings, `becket: f.odd.r[0].c[0].u.c: unknown comparator 99`)
	assert.Contains(t, warnings, `becket: f.type.t: unknown type 7`)
}

func TestAnErrorNamesTheProblemAndItsPlace(t *testing.T) {
	rules := decode(t, []byte(mixed))
	got := ask(rules, "odd", becket.NewSubject("u", becket.String("A", "x")))
	requireError(t, got)
	assert.ErrorIs(t, got.Err, becket.ErrParse)
	assert.Contains(t, got.Err.Error(), `f.odd.r[0].c[0].u.c: unknown comparator 99`)
	cause, ok := errors.AsType[*becket.DocumentError](got.Err)
	require.True(t, ok)
	assert.Equal(t, `f.odd.r[0].c[0].u.c`, cause.Path)
}

func TestASettingIsAskedForByItsOwnType(t *testing.T) {
	rules := decode(t,
		[]byte(`{"f":{"b":{"t":0,"v":{"b":true}},"s":{"t":1,"v":{"s":"x"}},"i":{"t":2,"v":{"i":1}},"d":{"t":3,"v":{"d":1}}}}`))
	kinds := map[string]becket.Kind{
		"b": becket.KindBool, "s": becket.KindString, "i": becket.KindInt, "d": becket.KindFloat,
	}
	for key, kind := range kinds {
		for _, want := range []becket.Kind{
			becket.KindBool, becket.KindString, becket.KindInt, becket.KindFloat, becket.KindObject,
		} {
			got := rules.Evaluate(key, want, &becket.Subject{}, nil)
			if want == kind {
				assert.Nil(t, got.Err)
				assert.Equal(t, kind, got.Variant.Value.Kind())
				continue
			}
			requireError(t, got)
			assert.ErrorIs(t, got.Err, becket.ErrTypeMismatch)
		}
		assert.Nil(t, rules.Evaluate(key, becket.KindAny, &becket.Subject{}, nil).Err)
	}
}

func TestTheLastOfTwoMembersWithOneNameCounts(t *testing.T) {
	rules := decode(t, []byte(`{"f":{"gone":{"t":0,"v":{"b":true}}},"f":{
		"x":{"t":1,"v":{"s":"first"},"r":[{"c":[{"p":{"f":"nope","c":0,"v":{"b":true}}}],"s":{"v":{"s":"y"}}}]},
		"y":{"t":1,"v":{"s":"old"},"v":{"s":"new"}},
		"x":{"t":1,"v":{"s":"last"}}}}`))
	requireValue(t, "last", ask(rules, "x", becket.Subject{}))
	requireValue(t, "new", ask(rules, "y", becket.Subject{}))
	requireError(t, ask(rules, "gone", becket.Subject{}))
	assert.Equal(t, 2, rules.Info().Flags)
}

func TestAConfigWithoutSettingsHasNone(t *testing.T) {
	for _, document := range []string{
		`{}`, `{"f":{}}`, `{"f":null}`, `{"p":{"u":"https://cdn-eu.configcat.com","r":2}}`,
		` {"p":null,"s":null,"f":null} `,
	} {
		assert.Zero(t, decode(t, []byte(document)).Info().Flags)
	}
}

func TestBytesThatAreNoUTF8BecomeReplacementCharacters(t *testing.T) {
	rules := decode(t,
		[]byte("{\"f\":{\"x\":{\"t\":1,\"v\":{\"s\":\"a\xffb\"}},\"y\":{\"t\":1,\"v\":{\"s\":\"\\ud800\"}}}}"))
	requireValue(t, "a\ufffdb", ask(rules, "x", becket.Subject{}))
	requireValue(t, "\ufffd", ask(rules, "y", becket.Subject{}))
}

func TestDigestsDistinguishDefinitions(t *testing.T) {
	digest := func(setting string) uint64 {
		info, _ := decode(t, []byte(`{"f":{"x":`+setting+`}}`)).Flag("x")
		assert.Equal(t, info.Definition, info.Behaviour)
		return info.Definition
	}
	base := digest(`{"t":1,"v":{"s":"a"},"r":[{"c":[{"u":{"a":"A","c":0,"l":["x","y"]}}],"s":{"v":{"s":"b"}}}]}`)
	assert.Equal(t, base,
		digest(` { "r":[{"s":{"v":{"s":"b"}}, "c":[{"u":{"c":0,"a":"A","l":["x","y"]}}]}], "v":{"s":"a"},"t":1, "comment":1} `))
	for _, other := range []string{
		`{"t":1,"v":{"s":"c"},"r":[{"c":[{"u":{"a":"A","c":0,"l":["x","y"]}}],"s":{"v":{"s":"b"}}}]}`,
		`{"t":1,"v":{"s":"a"},"r":[{"c":[{"u":{"a":"A","c":0,"l":["y","x"]}}],"s":{"v":{"s":"b"}}}]}`,
		`{"t":1,"v":{"s":"a"},"r":[{"c":[{"u":{"a":"A","c":0,"l":["xy"]}}],"s":{"v":{"s":"b"}}}]}`,
		`{"t":1,"v":{"s":"a"},"r":[]}`,
	} {
		assert.NotEqual(t, base, digest(other), other)
	}
}

func TestSegmentsHaveDigests(t *testing.T) {
	digest := func(segments string) uint64 { return decode(t, []byte(`{"s":`+segments+`}`)).Info().Segments["S"] }
	assert.NotZero(t, digest(`[{"n":"S","r":[]}]`))
	assert.NotEqual(t, digest(`[{"n":"S","r":[]}]`), digest(`[{"n":"S","r":[{"a":"A","c":28,"s":"x"}]}]`))
}

func TestVariationsAreFoundByTheirIDs(t *testing.T) {
	rules := decode(t, []byte(mixed))
	for id, want := range map[string]string{"own": "z", "rule": "z", "option": "z", "only": "a", "within": "inRule"} {
		key, value, ok := configcat.Variation(rules, id)
		assert.True(t, ok, id)
		assert.Equal(t, want, key)
		assert.NotEqual(t, becket.KindAny, value.Kind())
	}
	for _, id := range []string{"", "nope"} {
		_, _, ok := configcat.Variation(rules, id)
		assert.False(t, ok)
	}
	_, _, ok := configcat.Variation(nil, "own")
	assert.False(t, ok)
}

func TestAClientReadsConfigs(t *testing.T) {
	client, err := becket.New(becket.Bytes(ordinary), becket.WithFormat(configcat.V6))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Wait(t.Context()))
	d := client.For(ordinaryUser()).BoolDetail("ten countries", false)
	assert.True(t, d.Value)
	assert.Equal(t, "on", d.Variant)
	assert.Equal(t, "[0]", d.Rule)
	assert.Equal(t, becket.ReasonTargetingMatch, d.Reason)
	assert.NoError(t, d.Err)

	// The subject is built in the call, as in a request: it must not escape to the heap either.
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		subject := becket.NewSubject("user-42", becket.String("Country", "DE"), becket.Int("Age", 31))
		view := client.For(subject)
		if !view.Enabled("ten countries") || !view.Enabled("percentage") || view.Enabled("versions") {
			t.Error("wrong answer")
		}
	}))
}

func TestNewRefusesAnInvalidKey(t *testing.T) {
	_, err := becket.New(configcat.CDN("nonsense"), becket.WithFormat(configcat.V6))
	require.ErrorContains(t, err, "SDK key")
	assert.NotContains(t, err.Error(), "nonsense")
}

func BenchmarkClient(b *testing.B) {
	client, err := becket.New(becket.Bytes(ordinary), becket.WithFormat(configcat.V6))
	require.NoError(b, err)
	b.Cleanup(func() { client.Close() })
	require.NoError(b, client.Wait(b.Context()))
	view := client.For(ordinaryUser())
	b.ReportAllocs()
	for b.Loop() {
		view.Enabled("ten countries")
	}
}
