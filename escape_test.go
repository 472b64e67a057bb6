package becket

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// All arguments of a check may be on the caller's stack. No pointer is hidden from the compiler, so
// escape analysis ensures that memory is used correctly, and these tests ensure the speed. They
// join texts in the call. Such texts stay on the stack as long as the compiler can prove that no
// code keeps them.

// remedy says how to find the reason if one of these tests fails.
const remedy = "an argument of a check has to be on the heap now; find it with " +
	"go build -gcflags=-m=2 . 2>&1 | grep -A12 'parameter v leaks to {heap} for View.Enabled', " +
	"and copy kept texts there, or reach it by far()"

// pieces are parts that are joined to texts. None of them is a constant for the compiler.
type pieces struct {
	user, key, country, one []byte
	domain, network         string
}

func newPieces() *pieces {
	return &pieces{
		[]byte("ann"), []byte("user-42-with-a-rather-long-key"), []byte("DE"), []byte("1"), "@example.com", "10.",
	}
}

// stackCase is a call that must return true.
type stackCase struct {
	name string
	ask  func() bool
}

// operandsOnTheStack are calls with each kind of text in a subject and in a check.
func operandsOnTheStack(c *Client, p *pieces) []stackCase {
	return []stackCase{
		{"a plain flag", func() bool {
			return c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).Enabled("plain")
		}},
		{"a text that is looked up", func() bool {
			return c.For(NewSubject("u", String("country", string(p.country)))).Enabled("in")
		}},
		{"a text whose end is compared ignoring case", func() bool {
			return c.For(NewSubject("u", String("email", string(p.user)+p.domain))).Enabled("ends")
		}},
		{"a text that is looked up ignoring case", func() bool {
			return c.For(NewSubject("u", String("country", "D"+string(p.domain[1])))).Enabled("in-folded")
		}},
		{"a text in which another is searched", func() bool {
			return c.For(NewSubject("u", String("email", string(p.user)+p.domain))).Enabled("contains")
		}},
		{"a text that is matched", func() bool {
			return c.For(NewSubject("u", String("email", string(p.user)+p.domain))).Enabled("matches")
		}},
		{"a text that is matched ignoring case", func() bool {
			return c.For(NewSubject("u", String("email", string(p.user)+p.domain))).Enabled("matches-any-case")
		}},
		{"an address", func() bool {
			return c.For(NewSubject("u", String("ip", p.network+"1.2.3"))).Enabled("cidr")
		}},
		{"an address of IPv6", func() bool {
			return c.For(NewSubject("u", String("ip6", "2001:db8::"+string(p.one)))).Enabled("cidr-six")
		}},
		{"a version", func() bool {
			return c.For(NewSubject("u", String("version", "2.9."+string(p.one)))).Enabled("semver")
		}},
		{"a version with a prerelease", func() bool {
			return c.For(NewSubject("u", String("version", "2.9.4-beta."+string(p.one)))).Enabled("semver")
		}},
		{"an instant as text", func() bool {
			return c.For(NewSubject("u", String("born", "1995-02-03T04:05:0"+string(p.one)+"Z"))).
				Enabled("instants-as-text")
		}},
		{"a key that is looked up", func() bool { return c.For(NewSubject(string(p.key))).Enabled("key") }},
		{"a key that is hashed", func() bool { return c.For(NewSubject(string(p.key))).Enabled("percent") }},
		{"a key that a split hashes", func() bool { return c.For(NewSubject(string(p.key))).Enabled("split-of-many") }},
		{"a key in a layer", func() bool { return c.For(NewSubject(string(p.key))).Enabled("layer") }},
		{
			"a key of a segment",
			func() bool { return c.For(NewSubject("user-" + string(p.network[:0]) + "7")).Enabled("segment") },
		},
		{"an attribute that is hashed", func() bool {
			return c.For(NewSubject("", String("age", string(p.user)+p.domain))).Enabled("percent-by")
		}},
		{"a name", func() bool {
			return c.For(NewSubject("u", String("count"+string(p.user[:0])+"ry", "DE"))).Enabled("in")
		}},
		{"a list in the call", func() bool {
			return c.For(NewSubject("u", Strings("groups", "alpha", "beta"))).Enabled("in-list")
		}},
		{"an element of a list", func() bool {
			return c.For(NewSubject("u", Strings("groups", "alpha", "bet"+string(p.user[:1])))).Enabled("in-list")
		}},
		{"a flag's key", func() bool {
			return c.For(NewSubject("u", String("country", "DE"))).Enabled("i" + string(p.user[1:2]))
		}},
		{"a key of no flag", func() bool {
			return c.For(NewSubject("u", String("country", "DE"))).Bool(string(p.user)+p.domain, true)
		}},
	}
}

// waysOnTheStack are calls of each method that evaluates a flag without copying the subject.
func waysOnTheStack(c *Client, p *pieces) []stackCase {
	return []stackCase{
		{"Bool", func() bool {
			return c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).Bool("matches", false)
		}},
		{"String", func() bool {
			return c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).String("text", "") == "A"
		}},
		{"Int", func() bool {
			return c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).Int("integer", 0) == 25
		}},
		{"Float", func() bool {
			return c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).Float("float", 0) == 0.5
		}},
		{"JSON", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return JSON(v, "object", allocLimits{}).RPS == 100
		}},
		{"BoolDetail", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.BoolDetail("matches", false).Value
		}},
		{"StringDetail", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.StringDetail("text", "").Value == "A"
		}},
		{"IntDetail", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.IntDetail("integer", 0).Value == 25
		}},
		{"FloatDetail", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.FloatDetail("float", 0).Value == 0.5
		}},
		{"JSONDetail", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return JSONDetail(v, "object", allocLimits{}).Value.RPS == 100
		}},
		{"a detail with an error about a missing attribute", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.BoolDetail("missing", false).Missing == "nothing"
		}},
		{"a detail of an error", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.BoolDetail("text", true).Err != nil
		}},
		{"Resolve", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.Resolve("matches", KindBool).Variant.Value.Bool()
		}},
		{"Peek", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.Peek("matches", KindBool).Variant.Value.Bool()
		}},
		{"a handle", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return BoolFlag{Key: "match" + string(p.domain[1]) + "s"}.On(v)
		}},
		{"a handle of objects", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return JSONFlag[allocLimits]{Key: "object"}.In(v).RPS == 100
		}},
		{"several checks of one view", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.Enabled("matches") && v.Enabled("percent") && v.Bool("ends", false)
		}},
		{"RulesetID", func() bool {
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			return v.RulesetID() != 0 && v.Revision() == 1
		}},
		{"Flag", func() bool {
			_, ok := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain))).Flag("none")
			return !ok
		}},
	}
}

func TestAnswersForTextsOnTheStackAllocateNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	sink := Sink(func(context.Context, []Exposure) error { return nil })
	p := newPieces()
	for name, client := range map[string]*Client{
		"native":                   newAllocClient(t),
		"with overrides":           newAllocClient(t, WithOverrides(writeOverrides(t, `{"elsewhere":true}`))),
		"with exposures, repeated": newAllocClient(t, WithExposures(sink)),
		"lent to a format":         newAllocClient(t, WithFormat(plainFormat{})),
	} {
		for _, c := range append(operandsOnTheStack(client, p), waysOnTheStack(client, p)...) {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				require.True(t, c.ask(), "the answer is right")
				requireAllocations(t, 0, func() { c.ask() })
			})
		}
	}
}

// Code that may keep a subject gets a copy. The number of allocations for it does not depend on the
// number of attributes.
func TestCopiesForHooksAndFormatsAreMadeInFewAllocations(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	p := newPieces()
	hook := newAllocClient(t, WithHooks(Hooks{OnEvaluate: func(Evaluation) {}}))
	theirs := newAllocClient(t, WithFormat(theirFormat{}))
	lent := newAllocClient(t, WithFormat(plainFormat{}))
	mapped := NewSubject("u", String("country", "DE"),
		Any("address", map[string]any{"city": "Bonn", "geo": map[string]any{"lat": 1.5}}))
	native := newAllocClient(t)
	view := native.For(NewSubject("user-1"))
	for _, c := range []struct {
		stackCase
		allocations float64
	}{
		{stackCase{"a hook, two attributes", func() bool {
			return hook.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain), Int("age", 31))).
				Enabled("matches")
		}}, 3},
		{stackCase{"a hook, seven attributes", func() bool {
			return hook.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain), Int("age", 31),
				String("a", "b"), String("c", "d"), String("e", "f"), String("g", "h"), String("i", "j"))).
				Enabled("matches")
		}}, 3},
		{stackCase{"another format, two attributes", func() bool {
			return theirs.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain), Int("age", 31))).
				Enabled("matches")
		}}, 3},
		{stackCase{"another format, seven attributes", func() bool {
			return theirs.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain), Int("age", 31),
				String("a", "b"), String("c", "d"), String("e", "f"), String("g", "h"), String("i", "j"))).
				Enabled("matches")
		}}, 3},
		{stackCase{"another format, a list", func() bool {
			return theirs.For(NewSubject(string(p.key), Strings("groups", "alpha", "bet"+string(p.user[:1])))).
				Enabled("in-list")
		}}, 4},
		{stackCase{"another format, a map", func() bool { return theirs.For(mapped).Enabled("in") }}, 3},
		{stackCase{"a format of this module, a map", func() bool { return lent.For(mapped).Enabled("in") }}, 0},
		{stackCase{"a view with more attributes, of which one is put together", func() bool {
			return view.With(String("email", string(p.user)+p.domain)).Enabled("matches")
		}}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.True(t, c.ask(), "the answer is right")
			requireAllocations(t, c.allocations, func() { c.ask() })
		})
	}
}

// theirFormat is a format of another package. Its rules get a new copy of each subject.
type theirFormat struct{}

func (theirFormat) Name() string { return "theirs" }

func (theirFormat) Decode(document []byte) (Rules, error) {
	rules, err := Native.Decode(document)
	return struct{ Rules }{rules}, err
}

func TestTheFirstExposureOfASubjectCopiesItInFewAllocations(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	sink := Sink(func(context.Context, []Exposure) error { return nil })
	few := exposureAllocations(newAllocClient(t, WithExposures(sink)), false)
	many := exposureAllocations(newAllocClient(t, WithExposures(sink)), true)
	t.Logf("%v allocations for two attributes, %v for twelve", few, many)
	assert.LessOrEqual(t, many, few+1, remedy)
	assert.LessOrEqual(t, few, 8.0, remedy)
}

// exposureAllocations returns the number of allocations for the first exposure of a subject, as the
// average of many.
func exposureAllocations(c *Client, many bool) float64 {
	key, user, domain := []byte("user-00000"), []byte("ann"), "@example.com"
	next := func() {
		for i := len(key) - 1; ; i-- {
			if key[i]++; key[i] <= '9' {
				return
			}
			key[i] = '0'
		}
	}
	if !many {
		return testing.AllocsPerRun(1000, func() {
			next()
			c.For(NewSubject(string(key), String("email", string(user)+domain), Int("age", 31))).Enabled("percent")
		})
	}
	return testing.AllocsPerRun(1000, func() {
		next()
		c.For(NewSubject(string(key), String("email", string(user)+domain), Int("age", 31), String("a", "b"),
			String("c", "d"), String("e", "f"), String("g", "h"), String("i", "j"), String("k", "l"),
			String("m", "n"), String("o", "p"), String("q", "r"), String("s", "t"))).Enabled("percent")
	})
}

// All and Explain allocate memory for their results. These are right for texts on the stack, too.
func TestListingsAndExplanationsAreRightForTextsOnTheStack(t *testing.T) {
	t.Parallel()
	p := newPieces()
	for name, c := range map[string]*Client{
		"native": newAllocClient(t), "lent": newAllocClient(t, WithFormat(plainFormat{})),
		"theirs": newAllocClient(t, WithFormat(theirFormat{})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]any{}
			v := c.For(NewSubject(string(p.key), String("email", string(p.user)+p.domain),
				Strings("groups", "bet"+string(p.user[:1]))))
			for key, d := range v.All() {
				answers[key] = d.Value
			}
			x := c.Explain("match"+string(p.domain[1])+"s",
				NewSubject(string(p.key), String("email", string(p.user)+p.domain)))
			assert.Equal(t, true, x.Value)
			assert.Equal(t, string(p.key), x.Key)
			for _, key := range []string{"matches", "ends", "in-list", "key", "percent"} {
				assert.Equal(t, true, answers[key], key)
			}
			assert.Equal(t, false, answers["in"])
		})
	}
}

// requireAllocations runs f often. Other code in the process may allocate meanwhile, so the best of
// three runs counts. Under the race detector, a sync.Pool drops some of the values that are put
// into it.
func requireAllocations(t *testing.T, most float64, f func()) {
	t.Helper()
	if raceDetector {
		most++
	}
	f() // values that are made once are made here
	least := math.Inf(1)
	for range 3 {
		if least = min(least, testing.AllocsPerRun(100, f)); least <= most {
			return
		}
	}
	require.LessOrEqual(t, least, most, remedy)
}
