package becket

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func writeOverrides(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func newOverriddenClient(t *testing.T, text string, options ...Option) *Client {
	t.Helper()
	options = append(options, WithOverrides(writeOverrides(t, text)), WithBootstrap([]byte(handled)))
	return newTestClient(t, Bytes([]byte(handled)), options...)
}

func TestAnOverrideReplacesTheAnswerOfTheRuleset(t *testing.T) {
	t.Parallel()
	v := newOverriddenClient(
		t,
		`{"new-checkout":true,"theme":"light","limit":"high","ratio":1,"limits":{"rps":5},"unheard-of":"x","broken":2}`,
	).For(
		Subject{},
	)
	d := v.BoolDetail("new-checkout", false)
	assert.Equal(t, Detail[bool]{
		Value: true, Flag: "new-checkout", Variant: "on", Reason: ReasonOverride, Revision: 3,
		Tier: d.Tier, // the source may have answered already
	}, d)
	assert.Equal(t, "light", v.String("theme", ""))
	assert.Equal(t, 100, v.Int("limit", 0), "a text is the name of a variant")
	assert.Equal(t, 1.0, v.Float("ratio", 0), "an integer is a float for a float flag")
	assert.Equal(t, "one", v.FloatDetail("ratio", 0).Variant)
	l := JSONDetail(v, "limits", handledLimits{})
	assert.Equal(t, handledLimits{5}, l.Value)
	assert.Equal(t, "override", l.Variant, "no variant has the value")
	assert.Equal(t, "x", v.String("unheard-of", ""), "the ruleset need not have the flag")
	assert.Equal(t, 2, v.Int("broken", 0), "the ruleset need not be able to read the flag")
	require.ErrorIs(t, v.BoolDetail("theme", false).Err, ErrTypeMismatch)
}

func TestOtherFlagsAreUnchangedByOverrides(t *testing.T) {
	t.Parallel()
	v := newOverriddenClient(t, `{"theme":"light"}`).For(Subject{})
	d := v.IntDetail("limit", 0)
	assert.Equal(t, 10, d.Value)
	assert.Equal(t, ReasonStatic, d.Reason)
	require.ErrorIs(t, v.BoolDetail("none", false).Err, ErrFlagNotFound)
}

func TestAnOverrideThatDoesNotFitTheFlagIsAnError(t *testing.T) {
	t.Parallel()
	client := newOverriddenClient(t, `{"new-checkout":"onn","limit":true,"theme":"mauve"}`)
	v := client.For(Subject{})
	d := v.BoolDetail("new-checkout", true)
	assert.True(t, d.Value)
	require.ErrorIs(t, d.Err, ErrParse)
	require.EqualError(t, d.Err,
		`becket: the override names the variant "onn", which the flag does not have (did you mean "on"?)`)
	require.EqualError(t, v.IntDetail("limit", 0).Err,
		"becket: the override is of type boolean, the flag of type integer")
	assert.Equal(t, "mauve", v.String("theme", ""), "for a string flag, a text that names no variant is the value")
	x := client.Explain("limit", Subject{})
	assert.Equal(t, ReasonError, x.Reason)
	assert.Contains(t, x.String(), "the override is of type boolean")
}

func TestOverridesAreListedAndExplained(t *testing.T) {
	t.Parallel()
	client := newOverriddenClient(t, `{"zebra":1,"theme":"light","aardvark":true}`)
	var keys []string
	for key, d := range client.For(Subject{}).All() {
		keys = append(keys, key)
		if key == "theme" {
			assert.Equal(t, "light", d.Value)
		}
	}
	assert.Equal(t, []string{"aardvark", "broken", "limit", "limits", "new-checkout", "ratio", "theme", "zebra"}, keys)
	for range client.For(Subject{}).All() {
		break // the first is an override's own
	}
	info, ok := client.For(Subject{}).Flag("zebra")
	assert.True(t, ok)
	assert.Equal(t, KindInt, info.Kind)
	info, ok = client.For(Subject{}).Flag("theme")
	assert.True(t, ok)
	assert.Equal(t, []string{"dark", "light"}, info.Variants)
	_, ok = client.For(Subject{}).Flag("none")
	assert.False(t, ok)

	x := client.Explain("theme", NewSubject("user-1"))
	assert.Equal(t, ReasonOverride, x.Reason)
	assert.Contains(t, x.String(), "theme for \"user-1\": light = light, OVERRIDE")
	assert.Contains(t, x.String(), "overrides.json: serves light")
	assert.Equal(t, ReasonStatic, client.Explain("limit", Subject{}).Reason)

	s := client.Status()
	assert.Equal(t, "overrides.json", filepath.Base(s.OverridesFile))
	assert.Equal(t, map[string]any{"aardvark": true, "theme": "light", "zebra": int64(1)}, s.Overrides)
	assert.Equal(t, 6, s.Flags, "the status counts the ruleset's flags")
}

func TestOverridesWorkBeforeThereIsARuleset(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, newScript(failing(assert.AnError)),
		WithOverrides(writeOverrides(t, `{"new-checkout":true}`)))
	v := client.For(Subject{})
	assert.True(t, v.Enabled("new-checkout"))
	require.ErrorIs(t, v.BoolDetail("theme", false).Err, ErrNotReady)
	require.ErrorIs(t, client.Explain("theme", Subject{}).Err, ErrNotReady)
	for key := range v.All() {
		assert.Equal(t, "new-checkout", key)
	}
	_, ok := v.Flag("theme")
	assert.False(t, ok)
	require.ErrorIs(t, client.Wait(t.Context()), assert.AnError, "overrides do not count as a ruleset for Wait")
}

func TestATextOverridesAFlagWhoseVariantsAreNotKnown(t *testing.T) {
	t.Parallel()
	file := writeOverrides(t, `{"new-checkout":"on","absent":"off","theme":"light","limit":"high","ratio":1}`)
	source := newScript(failing(assert.AnError))
	client := newTestClient(t, source, WithOverrides(file))
	v := client.For(Subject{})
	d := v.BoolDetail("new-checkout", false)
	assert.True(t, d.Value)
	assert.Equal(t, "on", d.Variant)
	assert.Equal(t, ReasonOverride, d.Reason)
	assert.True(t, v.Enabled("new-checkout"))
	assert.False(t, v.Bool("absent", true))
	assert.Equal(t, "on", v.String("new-checkout", ""), "it may also be a string flag")
	assert.Equal(t, "light", v.String("theme", ""))
	assert.Equal(t, 1.0, v.Float("ratio", 0))
	for _, err := range []error{v.IntDetail("limit", 7).Err, v.BoolDetail("theme", true).Err} {
		require.ErrorIs(t, err, ErrNotReady)
		require.EqualError(t, err, "becket: the override may name a variant, and no ruleset has been loaded yet")
	}
	require.ErrorIs(t, v.BoolDetail("ratio", true).Err, ErrTypeMismatch, "only a text may name a variant")

	source.set(serving("", handled))
	require.NoError(t, client.Refresh(t.Context()))
	v = client.For(Subject{})
	assert.Equal(t, 100, v.Int("limit", 0), "the ruleset has the variant")
	assert.Equal(t, "light", v.StringDetail("theme", "").Variant)
	assert.False(t, v.Bool("absent", true), "the ruleset does not have the flag")
	require.ErrorIs(t, v.IntDetail("absent", 7).Err, ErrTypeMismatch)
}

func TestOverridesAreLoggedAndGiveNoExposures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, sink := &logged{}, &collector{}
		file := writeOverrides(t, `{"split":"a"}`)
		client := newTestClient(t, Bytes([]byte(experiment)), WithBootstrap([]byte(experiment)),
			WithOverrides(file), WithLogger(out.logger()), WithExposures(sink.Expose))
		synctest.Wait()
		assert.Contains(t, out.String(), "level=WARN msg=\"becket: flags are overridden on this machine\"")
		assert.Contains(t, out.String(), "flags=[split]")
		assert.Equal(t, "A", client.For(NewSubject("user-1")).String("split", ""))
		client.For(NewSubject("user-1")).Enabled("share")
		require.NoError(t, client.Flush(t.Context()))
		require.Len(t, sink.all(), 1)
		assert.Equal(t, "share", sink.all()[0].Flag)

		require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))
		require.NoError(t, client.Refresh(t.Context()))
		synctest.Wait()
		assert.Contains(t, out.String(), "level=INFO msg=\"becket: no flags are overridden on this machine\"")
		assert.NotContains(t, out.String(), "flags=[]")
	})
}

func TestTheFileOfOverridesIsReadAgainWithEveryRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &recorder{}
		file := writeOverrides(t, `{"theme":"light"}`)
		client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)), WithOverrides(file),
			WithHooks(heard.hooks()))
		pinned := client.For(Subject{})
		synctest.Wait() // the first fetch must not read half of what is written now
		require.NoError(t, os.WriteFile(file, []byte(`{"limit":7}`), 0o600))
		require.NoError(t, client.Refresh(t.Context()))
		v := client.For(Subject{})
		assert.Equal(t, 7, v.Int("limit", 0))
		assert.Equal(t, "dark", v.String("theme", ""))
		assert.Equal(t, "light", pinned.String("theme", ""), "a view keeps its overrides as it keeps its ruleset")
		assert.Equal(t, map[string]any{"limit": int64(7)}, client.Status().Overrides)

		require.NoError(t, os.WriteFile(file, []byte(`{"limit":`), 0o600))
		require.NoError(t, client.Refresh(t.Context()), "a refresh does not fail for it")
		assert.Equal(t, 7, client.For(Subject{}).Int("limit", 0), "the earlier overrides stay")
		synctest.Wait()
		_, errs, _ := heard.seen()
		require.Len(t, errs, 2, "the invalid flag of the ruleset, and the file")
		assert.ErrorContains(t, errs[1], "becket: override: WithOverrides: ")
		assert.ErrorContains(t, errs[1], "1:10")
		require.NoError(t, os.Remove(file))
		time.Sleep(time.Minute)
		assert.Equal(t, 7, client.For(Subject{}).Int("limit", 0))
		_, errs, _ = heard.seen()
		assert.ErrorContains(
			t,
			errs[len(errs)-1],
			"its overrides stay until it is there again: write {} into it to end them",
		)

		require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, 10, client.For(Subject{}).Int("limit", 0), "{} ends the overrides")
		assert.Empty(t, client.Status().Overrides)
	})
}

func TestWrongOverridesAreRefusedByNew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"no JSON", `{"a":tru}`, "1:"},
		{"no object", `[true]`, "1:1: expected an object, found an array"},
		{"nothing", ``, "not valid JSON"},
		{"a null", "{\n \"a\": null}", "a at 2:7: expected a value, found null"},
		{"a key twice", `{"a":1,"a":2}`, `"a" occurs twice`},
		{"an empty key", `{"":1}`, "the key is empty"},
		{"something behind", `{"a":1} {}`, "something follows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Bytes([]byte(handled)), WithOverrides(writeOverrides(t, test.text)))
			require.Error(t, err)
			assert.Contains(t, err.Error(), "WithOverrides: ")
			assert.Contains(t, err.Error(), test.want)
		})
	}
	_, err := New(Bytes([]byte(handled)), WithOverrides(filepath.Join(t.TempDir(), "none.json")))
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NotContains(t, err.Error(), "its overrides stay", "there are none")
	_, err = New(Bytes([]byte(handled)), WithOverrides("a"), WithOverrides("b"))
	require.ErrorContains(t, err, "come from one file")
}

func TestOverridesFromTheEnvironmentNeedAnOption(t *testing.T) {
	file := writeOverrides(t, `{"theme":"light"}`)
	t.Setenv("BECKET_OVERRIDES", file)
	without := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	assert.Equal(t, "dark", without.For(Subject{}).String("theme", ""))
	with := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)),
		WithOverrides(os.Getenv("BECKET_OVERRIDES")))
	assert.Equal(t, "light", with.For(Subject{}).String("theme", ""))
	t.Setenv("BECKET_OVERRIDES", "")
	unset := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)),
		WithOverrides(os.Getenv("BECKET_OVERRIDES")))
	assert.Equal(t, "dark", unset.For(Subject{}).String("theme", ""))
	assert.Empty(t, unset.Status().OverridesFile)
}
