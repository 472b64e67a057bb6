package flagtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/flagtest"
)

var user = becket.NewSubject("user-42")

func TestFlagsHaveTheValuesTheyAreGiven(t *testing.T) {
	t.Parallel()
	type limits struct {
		RPS int `json:"rps"`
	}
	type word string
	fake := flagtest.New(t, flagtest.Values{
		"new-checkout": true, "off": false, "theme": "dark", "word": word("named"), "limit": 25, "ratio": 0.5,
		"whole": 2.0, "small": uint8(7), "limits": limits{100}, "list": []string{"a"}, "value": becket.IntValue(3),
	})
	v := fake.For(user)
	assert.True(t, v.Enabled("new-checkout"))
	assert.False(t, v.Bool("off", true))
	assert.Equal(t, "dark", v.String("theme", ""))
	assert.Equal(t, "named", v.String("word", ""))
	assert.Equal(t, 25, v.Int("limit", 0))
	assert.Equal(t, 25.0, v.Float("limit", 0), "an integer is a float where one is asked for")
	assert.Equal(t, 0.5, v.Float("ratio", 0))
	assert.Equal(t, 2.0, v.Float("whole", 0))
	assert.Equal(t, 7, v.Int("small", 0))
	assert.Equal(t, limits{100}, becket.JSON(v, "limits", limits{}))
	assert.Equal(t, []string{"a"}, becket.JSON(v, "list", []string(nil)))
	assert.Equal(t, 3, v.Int("value", 0))
	d := v.StringDetail("theme", "")
	assert.Equal(t, becket.ReasonStatic, d.Reason)
	assert.Equal(t, "dark", d.Variant)
	require.NoError(t, d.Err)
	assert.Equal(t,
		[]string{"limit", "limits", "list", "new-checkout", "off", "ratio", "small", "theme", "value", "whole", "word"},
		fake.Asked())
}

func TestSetAffectsOnlyLaterViews(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	before := fake.For(user)
	fake.Set("theme", "light")
	fake.Set("extra", 1)
	assert.Equal(t, "dark", before.String("theme", ""), "a view keeps its ruleset")
	assert.Equal(t, "light", fake.For(user).String("theme", ""))
	assert.Equal(t, 1, fake.For(user).Int("extra", 0))
}

func TestSetForAffectsOneSubject(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	fake.SetFor("user-42", "theme", "light")
	fake.SetFor("user-42", "only", true)
	assert.Equal(t, "light", fake.For(user).String("theme", ""))
	assert.Equal(t, becket.ReasonTargetingMatch, fake.For(user).StringDetail("theme", "").Reason)
	assert.Equal(t, "dark", fake.For(becket.NewSubject("user-1")).String("theme", ""))
	assert.True(t, fake.For(user).Enabled("only"))
	assert.False(t, fake.For(becket.NewSubject("user-1")).Enabled("only"), "known, but not set for this one")
}

func TestAnUnknownFlagFailsTheTestWithTheNearestKey(t *testing.T) {
	t.Parallel()
	said := watch(t, func(w *witness) {
		fake := flagtest.New(w, flagtest.Values{"new-checkout": true, "theme": "dark"})
		v := fake.For(user)
		for range 3 {
			assert.True(t, v.Bool("new-chekout", true), "the code gets its default")
		}
		v.Enabled("percentage")
		assert.Equal(t, []string{"new-chekout", "percentage"}, fake.Asked())
	})
	assert.Equal(t, []string{
		`flagtest: the code asks for the flag "new-chekout", which the test does not know (did you mean "new-checkout"?)`,
		`flagtest: the code asks for the flag "percentage", which the test does not know`,
	}, said, "once each")
}

func TestAnotherTypeFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*witness) *flagtest.Flags{
		"values": func(w *witness) *flagtest.Flags { return flagtest.New(w, flagtest.Values{"theme": "dark"}) },
		"a file": func(w *witness) *flagtest.Flags { return flagtest.FromFile(w, "testdata/flags.json") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := watch(t, func(w *witness) { assert.True(t, open(w).For(user).Bool("theme", true)) })
			assert.Equal(t, []string{`flagtest: the flag "theme" is of type string and is asked for as boolean`}, said)
		})
	}
}

func TestAskingAfterTheTestHasEndedFailsNoTest(t *testing.T) {
	t.Parallel()
	var client *becket.Client
	var fake *flagtest.Flags
	said := watch(t, func(w *witness) {
		fake = flagtest.New(w, flagtest.Values{"theme": "dark"})
		client = fake.Client()
	})
	assert.Empty(t, said)
	v := client.For(user)
	assert.Equal(t, "dark", v.String("theme", ""), "checks go on")
	assert.False(t, v.Enabled("none"), "a goroutine that the test left behind must not crash the others")
	fake.Set("theme", "light")
	assert.ErrorIs(t, client.Refresh(t.Context()), becket.ErrClosed)
}

func TestWrongValuesFailTheTest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		value any
		want  string
	}{
		{"nil", nil, "it is nil"},
		{"a function", func() {}, "unsupported type"},
		{"a time, which is written as text", time.Unix(0, 0), "is not an object or array"},
		{"a number beyond all", math.Inf(1), "is not a value of a flag"},
		{"too large an integer", uint64(1 << 63), "outside 64 bits"},
		{"a list value", listValue(), "is not a value of a flag"},
		{"values of two types", flagtest.OneOf(1, "a"), "integer and string"},
		{"a bad one of several", flagtest.OneOf(1, nil), "nil"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said := watch(t, func(w *witness) { flagtest.New(w, flagtest.Values{"flag": test.value}) })
			require.Len(t, said, 1)
			assert.Contains(t, said[0], `the value of "flag"`)
			assert.Contains(t, said[0], test.want)
		})
	}
	said := watch(t, func(w *witness) {
		fake := flagtest.New(w, flagtest.Values{"theme": "dark", "limit": 1})
		fake.Set("theme", true)
		fake.Set("limit", 0.5)
		assert.Equal(t, "dark", fake.For(user).String("theme", ""))
		assert.Equal(t, 0.5, fake.For(user).Float("limit", 0))
	})
	assert.Equal(t, []string{`flagtest: "theme" is a flag of type string, and is set to a value of type boolean`}, said)
}

func TestAFileIsServedUnchanged(t *testing.T) {
	t.Parallel()
	fake := flagtest.FromFile(t, "testdata/flags.json")
	german := becket.NewSubject("user-1", becket.String("country", "DE"))
	assert.True(t, fake.For(german).Enabled("new-checkout"))
	assert.Equal(t, "germany", fake.For(german).BoolDetail("new-checkout", false).Rule)
	assert.False(t, fake.For(user).Enabled("new-checkout"))
	assert.Equal(t, int64(42), fake.Client().Status().Revision)
	fake.Set("theme", "#000")
	assert.Equal(t, "dark", fake.For(user).StringDetail("theme", "").Variant, "the file's own name for the value")
	fake.SetFor("user-42", "new-checkout", true)
	assert.True(t, fake.For(user).Enabled("new-checkout"))
	assert.True(t, fake.For(german).Enabled("new-checkout"), "the file's rules go on for the others")
	var keys []string
	for info := range fake.Client().Flags() {
		keys = append(keys, info.Key)
	}
	assert.Equal(t, []string{"limits", "new-checkout", "theme"}, keys)
	unasked, err := fake.Client().Verify(becket.StringFlag{Key: "theme", Default: "#fff"},
		becket.BoolFlag{Key: "new-checkout"})
	require.NoError(t, err)
	assert.Equal(t, []string{"limits"}, unasked)
}

func TestRulesThatAreNilFailTheTest(t *testing.T) {
	t.Parallel()
	said := watch(t, func(w *witness) { flagtest.FromRules(w, nil) })
	assert.Equal(t, []string{"flagtest: the rules are nil; Decode of a format gives some"}, said)
}

func TestAFileThatCannotBeReadFailsTheTest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for _, test := range []struct{ name, path, want string }{
		{"missing", filepath.Join(folder, "none.json"), "none.json"},
		{"no JSON", write("bad.json", `{`), "bad.json: becket: 1:2: not valid JSON"},
		{
			"a flag that cannot be read", write("flag.json", `{"schema":1,"flags":{"a":{"tipe":"boolean"}}}`),
			`unknown field "tipe"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said := watch(t, func(w *witness) { flagtest.FromFile(w, test.path) })
			require.Len(t, said, 1)
			assert.Contains(t, said[0], test.want)
		})
	}
}

func TestTheValuesOfASubtestEndWithIt(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	t.Run("sub", func(t *testing.T) {
		sub := fake.In(t)
		sub.Set("theme", "light")
		sub.Set("theme", "blue")
		sub.Set("extra", true)
		sub.SetFor("user-42", "theme", "red")
		assert.Equal(t, "red", sub.For(user).String("theme", ""))
		assert.Equal(t, "blue", fake.For(becket.NewSubject("user-1")).String("theme", ""), "one client")
		assert.True(t, fake.For(user).Enabled("extra"))
	})
	assert.Equal(t, "dark", fake.For(user).String("theme", ""))
	_, known := fake.For(user).Flag("extra")
	assert.False(t, known, "a flag that did not exist before is removed again")
}

func TestEachVariantIsServedOnceWithAClientOfItsOwn(t *testing.T) {
	t.Parallel()
	t.Run("of a boolean", func(t *testing.T) {
		t.Parallel()
		fake := flagtest.New(t, flagtest.Values{"new-checkout": true, "theme": "dark"})
		seen := map[string]bool{}
		fake.EachVariant(t, "new-checkout", func(t *testing.T, client *becket.Client) {
			seen[filepath.Base(t.Name())] = client.For(user).Enabled("new-checkout")
			assert.Equal(t, "dark", client.For(user).String("theme", ""), "all else is equal")
		})
		assert.Equal(t, map[string]bool{"on": true, "off": false}, seen)
		assert.Equal(t, []string{"new-checkout", "theme"}, fake.Asked(), "evaluations of copied views are listed too")
		assert.True(t, fake.For(user).Enabled("new-checkout"), "the flags themselves are as before")
	})
	t.Run("of a choice, in parallel", func(t *testing.T) {
		t.Parallel()
		fake := flagtest.New(t, flagtest.Values{"limit": flagtest.OneOf(1, 10, 100)})
		assert.Equal(t, 1, fake.For(user).Int("limit", 0), "the first is served")
		fake.SetFor("user-42", "limit", 5)
		fake.EachVariant(t, "limit", func(t *testing.T, client *becket.Client) {
			t.Parallel()
			assert.Equal(t, filepath.Base(t.Name()), fmt.Sprint(client.For(user).Int("limit", 0)), "for every subject")
		})
	})
	t.Run("of a file", func(t *testing.T) {
		t.Parallel()
		var seen []string
		flagtest.FromFile(t, "testdata/flags.json").EachVariant(t, "theme", func(_ *testing.T, client *becket.Client) {
			seen = append(seen, client.For(user).String("theme", ""))
		})
		assert.Equal(t, []string{"#000", "#fff"}, seen)
	})
}

func TestCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	fake.SetFor("user-42", "theme", "red")
	c := fake.Copy(t)
	fake.Set("theme", "light")
	c.Set("extra", 1)
	other := becket.NewSubject("user-1")
	assert.Equal(t, "dark", c.For(other).String("theme", ""))
	assert.Equal(t, "red", c.For(user).String("theme", ""))
	_, known := fake.For(user).Flag("extra")
	assert.False(t, known)
}

func TestAThousandParallelSubtests(t *testing.T) {
	t.Parallel()
	shared := flagtest.New(t, flagtest.Values{"theme": "dark"})
	t.Run("group", func(t *testing.T) {
		for i := range 1000 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				own := flagtest.New(t, flagtest.Values{"number": i})
				assert.Equal(t, i, own.For(user).Int("number", -1))
				own.Set("number", -i)
				assert.Equal(t, -i, own.For(user).Int("number", 1))
				key := fmt.Sprint("user-", i)
				sub := shared.In(t)
				sub.SetFor(key, "theme", key)
				assert.Equal(t, key, shared.For(becket.NewSubject(key)).String("theme", ""))
			})
		}
	})
	assert.Equal(t, "dark", shared.For(becket.NewSubject("user-7")).String("theme", ""), "all is put back")
}

func TestOptionsHooksAndExposuresWorkAsInProduction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changes []becket.Changes
		var seen []becket.Exposure
		fake := flagtest.New(t, flagtest.Values{"theme": "dark"},
			becket.WithHooks(becket.Hooks{OnChange: func(c becket.Changes) { changes = append(changes, c) }}),
			becket.WithExposures(becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
				seen = append(seen, batch...)
				return nil
			})))
		fake.Set("theme", "light")
		fake.Set("theme", "light")
		fake.SetFor("user-42", "theme", "red")
		fake.For(user).String("theme", "")
		require.NoError(t, fake.Client().Flush(t.Context()))
		synctest.Wait()
		require.Len(t, changes, 3, "the first ruleset, and two changes")
		assert.Equal(t, []string{"theme"}, changes[1].Keys())
		require.Len(t, seen, 1)
		assert.Equal(t, "red", seen[0].Variant)
		time.Sleep(100 * time.Hour) // polls during this time find no change
		assert.Equal(t, "red", fake.For(user).String("theme", ""))
		assert.Zero(t, fake.Client().Status().Failures)
	})
}

func TestWrongOptionsFailTheTest(t *testing.T) {
	t.Parallel()
	said := watch(t, func(w *witness) { flagtest.New(w, nil, becket.WithClock(nil)) })
	require.Len(t, said, 1)
	assert.Contains(t, said[0], "WithClock")
}

func listValue() becket.Value {
	subject := becket.NewSubject("", becket.Strings("a", "b"))
	value, _ := subject.Attribute("a")
	return value
}

func TestTheClientOfATestIsHealthy(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"new-checkout": true})
	assert.Equal(t, becket.Health{Serving: true}, fake.Client().Status().Health())
	text, err := json.Marshal(fake.Client().Status())
	require.NoError(t, err)
	assert.Contains(t, string(text), `"healthy":true,"health":"healthy","tier":"network"`)
}
