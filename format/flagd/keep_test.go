package flagd

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// served decodes documents one after another, as a client does.
func served(t *testing.T, documents ...string) becket.Rules {
	t.Helper()
	var current becket.Rules
	for _, document := range documents {
		decoded, err := Format.Decode([]byte(document))
		require.NoError(t, err)
		keeper, ok := decoded.(becket.Keeper)
		require.True(t, ok)
		current = keeper.Keep(current)
	}
	return current
}

const (
	goodFlag = `"a": {"state": "ENABLED", "variants": {"x": 1, "y": 2}, "defaultVariant": "x", "targeting": {"$ref": "e"}}`
	goodOnes = `{"metadata": {"m": 1}, "$evaluators": {"e": {"if": [true, "y"]}}, "flags": {` + goodFlag + `}}`
	badFlag  = `"a": {"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": "z"}`
	badOne   = `{"metadata": {"m": 2}, "flags": {` + badFlag + `, "b": {"state": "DISABLED", "variants": {"x": 1}}}}`
)

func TestAnInvalidFlagKeepsItsLastDefinition(t *testing.T) {
	for name, documents := range map[string][]string{
		"once":          {goodOnes, badOne},
		"twice":         {goodOnes, badOne, badOne},
		"after another": {badOne, goodOnes, badOne},
	} {
		t.Run(name, func(t *testing.T) {
			rules := served(t, documents...)
			r := rules.Evaluate("a", becket.KindInt, nil, nil)
			require.Nil(t, r.Err)
			assert.Equal(t, "y", r.Variant.Name, "by the evaluator of the earlier document")
			assert.Equal(t, becket.ReasonTargetingMatch, r.Reason)
			assert.Equal(t, becket.ReasonDisabled, rules.Evaluate("b", becket.KindInt, nil, nil).Reason)

			require.Len(t, rules.Info().Bad, 1)
			assert.True(t, rules.Info().Bad[0].Kept)
			info, _ := rules.Flag("a")
			assert.True(t, info.Kept)
			assert.ErrorContains(t, info.Err, `the default variant "z" is not a variant`)
			assert.Equal(t, map[string]any{"m": int64(1)}, info.Metadata)
			before, _ := served(t, goodOnes).Flag("a")
			assert.Equal(t, before.Definition, info.Definition, "listeners are told of no change")
		})
	}
}

func TestAFlagIsKeptOnlyInsteadOfAnInvalidOne(t *testing.T) {
	const good = `{"key": "a", "state": "ENABLED", "variants": {"x": 5}, "defaultVariant": "x"}`
	const bad = `{"key": "a", "state": 5}`
	for name, documents := range map[string][]string{
		"there was none":          {`{"flags": {}}`, badOne},
		"it was invalid":          {badOne, badOne},
		"it was away meanwhile":   {goodOnes, `{"flags": {}}`, badOne},
		"the rules are the first": {badOne},
	} {
		rules := served(t, documents...)
		assert.ErrorIs(t, rules.Evaluate("a", becket.KindInt, nil, nil).Err, becket.ErrParse, name)
		assert.False(t, rules.Info().Bad[0].Kept, name)
	}
	valid := served(t, goodOnes, badOne, goodOnes)
	assert.Empty(t, valid.Info().Bad)
	info, _ := valid.Flag("a")
	assert.False(t, info.Kept)
	another := served(t, goodOnes, `{"flags": [`+bad+`, `+good+`]}`)
	assert.Equal(t, int64(5), another.Evaluate("a", becket.KindInt, nil, nil).Variant.Value.Int())
	twice := served(t, goodOnes, `{"flags": [`+bad+`, `+bad+`]}`)
	require.Len(t, twice.Info().Bad, 2)
	assert.True(t, twice.Info().Bad[0].Kept)
	assert.True(t, twice.Info().Bad[1].Kept)

	version3, err := FractionalV3.Decode([]byte(goodOnes))
	require.NoError(t, err)
	rules := load(t, badOne).Keep(version3)
	assert.ErrorIs(t, rules.Evaluate("a", becket.KindInt, nil, nil).Err, becket.ErrParse, "of another format")
}

func TestAClientKeepsAFlagOfThisFormat(t *testing.T) {
	source := &documents{goodOnes, badOne}
	client, err := becket.New(source, becket.WithFormat(Format))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, 2, client.For(becket.NewSubject("u")).Int("a", 7))
	require.Len(t, client.Status().Bad, 1)
	assert.True(t, client.Status().Bad[0].Kept)
}

// documents is a source that serves one document after another, and the last one for ever.
type documents []string

func (d *documents) Identity() string { return "documents" }

func (d *documents) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	body := []byte((*d)[0])
	if len(*d) > 1 {
		*d = (*d)[1:]
	}
	return becket.Document{Body: body}, nil
}
