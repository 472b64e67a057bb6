package becket

import (
	"context"
	_ "embed"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everyOperator has a flag for each operator, form and kind of rollout. The subject below reaches
// the end of each of them.
//
//go:embed testdata/operators.json
var everyOperator string

var since = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// asked returns a subject with an attribute for every operator of everyOperator. Its attributes are
// on the caller's stack only if it is inlined, so tests that need this write the subject out.
func asked() Subject {
	return NewSubject("user-42-with-a-rather-long-key", String("country", "DE"), String("email", "ann@example.com"),
		Int("age", 31),
		Float("score", 0.5), Bool("paying", true), Strings("groups", "alpha", "beta"), Time("since", since),
		String("born", "1995-02-03T04:05:06Z"), String("version", "2.9.4-beta.1"), String("ip", "10.1.2.3"),
		String("ip6", "2001:db8::1"))
}

func newAllocClient(t *testing.T, options ...Option) *Client {
	t.Helper()
	return newTestClient(t, Bytes([]byte(everyOperator)),
		append(options, WithBootstrap([]byte(everyOperator)), WithPollInterval(time.Hour))...)
}

// requireNoAllocation runs f often. Other code in the process may allocate meanwhile, so the best
// of three runs counts.
func requireNoAllocation(t *testing.T, f func()) {
	t.Helper()
	f() // values that are decoded once are decoded here
	least := math.Inf(1)
	for range 3 {
		if least = min(least, testing.AllocsPerRun(100, f)); least == 0 {
			return
		}
	}
	if raceDetector {
		require.LessOrEqual(t, least, 1.0)
		return
	}
	require.Zero(t, least)
}

func TestNoOperatorAllocates(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	client := newAllocClient(t)
	require.NoError(t, client.Wait(t.Context()))
	prebuilt := client.For(asked())
	for info := range client.Flags() {
		if info.Kind != KindBool {
			continue
		}
		key := info.Key
		t.Run(key, func(t *testing.T) {
			want := key != "killed" && key != "stale"
			require.Equal(t, want, prebuilt.Enabled(key), "the operator must be reached: %s",
				client.Explain(key, asked()))
			requireNoAllocation(t, func() { prebuilt.Enabled(key) })
			requireNoAllocation(t, func() { prebuilt.BoolDetail(key, false) })
			requireNoAllocation(t, func() {
				client.For(NewSubject("user-42-with-a-rather-long-key", String("country", "DE"),
					String("email", "ann@example.com"), Int("age", 31),
					Float("score", 0.5), Bool("paying", true), Strings("groups", "alpha", "beta"), Time("since", since),
					String("born", "1995-02-03T04:05:06Z"), String("version", "2.9.4-beta.1"), String("ip", "10.1.2.3"),
					String("ip6", "2001:db8::1"))).Enabled(key)
			})
		})
	}
}

type allocLimits struct {
	RPS  int      `json:"rps"`
	Tags []string `json:"tags"`
}

// entryPoints are all functions that evaluate a flag. Each returns whether the result is right,
// which shows that it was evaluated.
var entryPoints = []struct {
	name string
	ask  func(View) bool
	// the same with the subject made in the call: a View passed to a function value would be on the
	// heap
	made func(*Client) bool
}{
	{
		"Enabled",
		func(v View) bool { return v.Enabled("in") },
		func(c *Client) bool { return c.For(NewSubject("user-1", String("country", "DE"))).Enabled("in") },
	},
	{
		"Bool",
		func(v View) bool { return v.Bool("in", false) },
		func(c *Client) bool { return c.For(NewSubject("user-1", String("country", "DE"))).Bool("in", false) },
	},
	{
		"String",
		func(v View) bool { return v.String("text", "") == "A" },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).String("text", "") == "A"
		},
	},
	{
		"Int",
		func(v View) bool { return v.Int("integer", 0) == 25 },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).Int("integer", 0) == 25
		},
	},
	{
		"Float",
		func(v View) bool { return v.Float("float", 0) == 0.5 },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).Float("float", 0) == 0.5
		},
	},
	{
		"Float of an integer",
		func(v View) bool { return v.Float("integer", 0) == 25 },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).Float("integer", 0) == 25
		},
	},
	{
		"JSON",
		func(v View) bool { return JSON(v, "object", allocLimits{}).RPS == 100 },
		func(c *Client) bool {
			return JSON(c.For(NewSubject("user-1", String("country", "DE"))), "object", allocLimits{}).RPS == 100
		},
	},
	{
		"BoolDetail",
		func(v View) bool { return v.BoolDetail("in", false).Value },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).BoolDetail("in", false).Value
		},
	},
	{
		"StringDetail",
		func(v View) bool { return v.StringDetail("text", "").Value == "A" },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).StringDetail("text", "").Value == "A"
		},
	},
	{
		"IntDetail",
		func(v View) bool { return v.IntDetail("integer", 0).Value == 25 },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).IntDetail("integer", 0).Value == 25
		},
	},
	{
		"FloatDetail",
		func(v View) bool { return v.FloatDetail("float", 0).Value == 0.5 },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).FloatDetail("float", 0).Value == 0.5
		},
	},
	{
		"JSONDetail",
		func(v View) bool { return JSONDetail(v, "object", allocLimits{}).Value.RPS == 100 },
		func(c *Client) bool {
			return JSONDetail(c.For(NewSubject("user-1", String("country", "DE"))), "object",
				allocLimits{}).Value.RPS == 100
		},
	},
	{
		"BoolFlag",
		func(v View) bool { return BoolFlag{Key: "in"}.On(v) },
		func(c *Client) bool {
			return BoolFlag{Key: "in"}.On(c.For(NewSubject("user-1", String("country", "DE"))))
		},
	},
	{
		"StringFlag",
		func(v View) bool { return StringFlag{Key: "text"}.In(v) == "A" },
		func(c *Client) bool {
			return StringFlag{Key: "text"}.In(c.For(NewSubject("user-1", String("country", "DE")))) == "A"
		},
	},
	{
		"IntFlag",
		func(v View) bool { return IntFlag{Key: "integer"}.In(v) == 25 },
		func(c *Client) bool {
			return IntFlag{Key: "integer"}.In(c.For(NewSubject("user-1", String("country", "DE")))) == 25
		},
	},
	{
		"FloatFlag",
		func(v View) bool { return FloatFlag{Key: "float"}.In(v) == 0.5 },
		func(c *Client) bool {
			return FloatFlag{Key: "float"}.In(c.For(NewSubject("user-1", String("country", "DE")))) == 0.5
		},
	},
	{
		"JSONFlag",
		func(v View) bool { return JSONFlag[allocLimits]{Key: "object"}.In(v).RPS == 100 },
		func(c *Client) bool {
			return JSONFlag[allocLimits]{Key: "object"}.In(c.For(NewSubject("user-1",
				String("country", "DE")))).RPS == 100
		},
	},
	{
		"a handle's detail",
		func(v View) bool { return BoolFlag{Key: "in"}.Detail(v).Value },
		func(c *Client) bool {
			return BoolFlag{Key: "in"}.Detail(c.For(NewSubject("user-1", String("country", "DE")))).Value
		},
	},
	{
		"an unknown flag",
		func(v View) bool { return v.BoolDetail("unknown", true).Err != nil },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).BoolDetail("unknown", true).Err != nil
		},
	},
	{
		"an unknown flag, the value alone",
		func(v View) bool { return v.Bool("unknown", true) },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).Bool("unknown", true)
		},
	},
	{
		"another type",
		func(v View) bool { return v.BoolDetail("text", true).Err != nil },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).BoolDetail("text", true).Err != nil
		},
	},
	{
		"another type, the value alone",
		func(v View) bool { return v.String("in", "x") == "x" },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).String("in", "x") == "x"
		},
	},
	{
		"an object of another type",
		func(v View) bool { return JSONDetail(v, "object", []int(nil)).Err != nil },
		func(c *Client) bool {
			return JSONDetail(c.For(NewSubject("user-1", String("country", "DE"))), "object", []int(nil)).Err != nil
		},
	},
	{
		"a flag that could not be read",
		func(v View) bool { return v.BoolDetail("broken", true).Err != nil },
		func(c *Client) bool {
			return c.For(NewSubject("user-1", String("country", "DE"))).BoolDetail("broken", true).Err != nil
		},
	},
	{
		"a split without a key",
		func(v View) bool { return keyless(v).BoolDetail("split", true).Err != nil },
		func(c *Client) bool {
			return keyless(c.For(NewSubject("user-1", String("country", "DE")))).BoolDetail("split", true).Err != nil
		},
	},
	{
		"the zero view",
		func(View) bool { return View{}.BoolDetail("in", true).Err != nil },
		func(*Client) bool { return View{}.BoolDetail("in", true).Err != nil },
	},
}

func keyless(v View) View {
	v.subject = Subject{}
	return v
}

func TestNoEntryPointAllocates(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	seen := Sink(func(context.Context, []Exposure) error { return nil })
	for name, client := range map[string]*Client{
		"plain":                    newAllocClient(t),
		"with exposures, repeated": newAllocClient(t, WithExposures(seen)),
		"with overrides":           newAllocClient(t, WithOverrides(writeOverrides(t, `{"elsewhere":true}`))),
		"with hooks and private": newAllocClient(t, WithHooks(Hooks{OnError: func(error) {}}),
			WithPrivateAttributes("email")),
		"by the interface of Rules": newAllocClient(t, WithFormat(plainFormat{})),
	} {
		prebuilt := client.For(asked())
		for _, entry := range entryPoints {
			t.Run(name+"/"+entry.name, func(t *testing.T) {
				require.True(t, entry.ask(prebuilt))
				requireNoAllocation(t, func() { entry.ask(prebuilt) })
				require.True(t, entry.made(client))
				requireNoAllocation(t, func() { entry.made(client) })
			})
		}
	}
}

func TestASubjectOfTextsOnTheStackIsNotCopied(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	client := newAllocClient(t, WithExposures(Sink(func(context.Context, []Exposure) error { return nil })))
	number := 42
	requireNoAllocation(t, func() {
		buffer := [32]byte{'u', 's', 'e', 'r', '-'}
		key := textOf(buffer[:6+number%2])
		if !client.For(NewSubject(key, String("country", textOf(buffer[:2])))).Enabled("percent") {
			t.Error("off")
		}
	})
}

func TestAnEvaluationTooLongForTheStackIsStillRight(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	client := newAllocClient(t)
	long := strings.Repeat("x", 1000) + "@EXAMPLE.com"
	v := client.For(NewSubject("user-1", String("email", long)))
	assert.True(t, v.Enabled("ends"), "a text that is longer than the buffer must be folded, too")
}
