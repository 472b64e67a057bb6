package becket

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/timing"
)

// timedDocument has every kind of definition that depends on the time.
const timedDocument = `{"schema": 1, "revision": 7, "segments": {
	"staff": {"if": {"attribute": "team", "in": ["core"]}},
	"asked": {"if": {"flag": "below", "in": ["on"]}}}, "flags": {
	"plain":   {"rules": [{"if": {"segment": "staff"}, "serve": "on"}]},
	"window":  {"rules": [{"from": "2026-03-10T00:00:00.5Z", "until": "2026-03-20T12:00:00Z", "serve": "on"}]},
	"hours":   {"rules": [{"every": {"from": "01:30", "until": "02:30", "zone": "Europe/Berlin"}, "serve": "on"}]},
	"steps":   {"rules": [{"ramp": {"steps": [{"at": "2026-03-12T00:00:00Z", "percent": 20},
		{"at": "2026-03-25T00:00:00Z", "percent": 70}]}, "serve": "on"}]},
	"slope":   {"rules": [{"ramp": {"linear": true, "steps": [{"at": "2026-03-12T00:00:00Z", "percent": 20},
		{"at": "2026-03-13T00:00:00Z", "percent": 100}]}, "serve": "on"}]},
	"fresh":   {"max_age": "1h", "default": "on"},
	"below":   {"rules": [{"from": "2026-03-15T00:00:00Z", "serve": "on"}]},
	"above":   {"requires": [{"flag": "below", "in": ["on"]}], "default": "on"},
	"through": {"rules": [{"if": {"segment": "asked"}, "serve": "on"}]},
	"off":     {"enabled": false, "rules": [{"from": "2026-03-15T00:00:00Z", "serve": "on"}]}
}}`

// timedClock is a clock that a test sets.
type timedClock struct{ nanoseconds atomic.Int64 }

func (c *timedClock) read() time.Time  { return time.Unix(0, c.nanoseconds.Load()) }
func (c *timedClock) set(at time.Time) { c.nanoseconds.Store(at.UnixNano()) }

// timedClient returns a client of a document and its clock.
func timedClient(t *testing.T, document string, options ...Option) (*Client, *timedClock) {
	t.Helper()
	clock := &timedClock{}
	clock.set(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	client, err := New(Bytes([]byte(document)), append(options, WithClock(clock.read))...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Wait(t.Context()))
	return client, clock
}

func definitionsOf(t *testing.T, document string, flags ...string) timing.Answers {
	t.Helper()
	client, _ := timedClient(t, document)
	return timing.Of(client.For(Subject{}), flags)
}

func TestTheDigestOfAnswersCoversEverythingThatTheyDependOn(t *testing.T) {
	t.Parallel()
	change := func(old, replacement string) string {
		require.Contains(t, timedDocument, old)
		return strings.Replace(timedDocument, old, replacement, 1)
	}
	for _, c := range []struct {
		name, flag, document string
		same                 bool
	}{
		{"the flag itself", "window", change("2026-03-20T12", "2026-03-20T13"), false},
		{"another flag", "plain", change("2026-03-20T12", "2026-03-20T13"), true},
		{"a segment of the flag", "plain", change(`["core"]`, `["core", "web"]`), false},
		{"a segment of another flag", "window", change(`["core"]`, `["core", "web"]`), true},
		{"a required flag", "above", change(`"below":   {`, `"below":   {"enabled": false, `), false},
		{"a flag of a segment", "through", change(`"below":   {`, `"below":   {"enabled": false, `), false},
		{"an owner", "window", change(`"window":  {`, `"window":  {"owner": "web", `), true},
		{"a flag that is removed", "off", change(`"off":`, `"new":`), false},
		{"a flag that becomes invalid", "off", change(`"enabled": false`, `"enabled": 7`), false},
		{"a flag that is added", "new", change(`"off":`, `"new":`), false},
		{"the revision", "window", change(`"revision": 7`, `"revision": 8`), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after := definitionsOf(t, timedDocument, c.flag), definitionsOf(t, c.document, c.flag)
			assert.Equal(t, c.same, before.Definitions == after.Definitions)
			assert.NotEqual(t, before.Document, after.Document)
			assert.False(t, after.Local)
		})
	}
}

func TestAnswersOfOtherFormatsDependOnTheWholeDocument(t *testing.T) {
	t.Parallel()
	answers := func(document string) timing.Answers {
		client, _ := timedClient(t, document, WithFormat(foreignNative{}))
		return timing.Of(client.For(Subject{}), []string{"window"})
	}
	before, after := answers(timedDocument), answers(strings.Replace(timedDocument, `["core"]`, `["web"]`, 1))
	assert.NotEqual(t, before.Definitions, after.Definitions)
	assert.Equal(t, timing.State{}, before.At(0), "their schedules are not known")
}

// foreignNative is a format whose rules hide that they are native.
type foreignNative struct{}

func (foreignNative) Name() string { return "foreign" }

func (foreignNative) Decode(document []byte) (Rules, error) {
	rules, err := Native.Decode(document)
	return struct{ Rules }{rules}, err
}

func TestAnswersWithoutARulesetNeverChange(t *testing.T) {
	t.Parallel()
	client, err := New(newScript(failing(errDown)))
	require.NoError(t, err)
	defer client.Close()
	for _, view := range []any{nil, View{}, client.For(Subject{}), 7} {
		answers := timing.Of(view, []string{"a"})
		assert.Zero(t, answers.Definitions)
		assert.Equal(t, timing.State{}, answers.At(0))
	}
}

func TestAnswersThatOtherProcessesMayNotHaveAreLocal(t *testing.T) {
	t.Parallel()
	source := newScript(serving("1", `{"schema": 1, "flags": {"a": {"default": "on"}, "b": {}}}`))
	client, err := New(source)
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	assert.False(t, timing.Of(client.For(Subject{}), []string{"a"}).Local)
	source.set(serving("2", `{"schema": 1, "flags": {"a": {"default": "onn"}, "b": {}}}`))
	require.NoError(t, client.Refresh(t.Context()))
	assert.True(t, timing.Of(client.For(Subject{}), []string{"a"}).Local, "the definition is kept")
	assert.False(t, timing.Of(client.For(Subject{}), []string{"b"}).Local)

	overridden, err := New(source, WithOverrides(writeOverrides(t, `{"b": true}`)))
	require.NoError(t, err)
	defer overridden.Close()
	require.NoError(t, overridden.Refresh(t.Context()))
	assert.True(t, timing.Of(overridden.For(Subject{}), []string{"b"}).Local)
}

func TestDocumentsHaveTheSameDigestFromAllTiers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	document := []byte(timedDocument)
	want := definitionsOf(t, timedDocument).Document
	first, err := New(Bytes(document), WithDiskCache(folder))
	require.NoError(t, err)
	require.NoError(t, first.Refresh(t.Context()))
	assert.Equal(t, want, timing.Of(first.For(Subject{}), nil).Document)
	require.NoError(t, first.Close())
	down := newScript(func(context.Context, Validator) (Document, error) { return Document{}, errDown })
	down.identity = Bytes(document).Identity()
	second, err := New(down, WithDiskCache(folder))
	require.NoError(t, err)
	defer second.Close()
	require.Equal(t, TierDisk, second.For(Subject{}).Tier())
	assert.Equal(t, want, timing.Of(second.For(Subject{}), nil).Document)
	third, err := New(newScript(failing(errDown)), WithBootstrap(document))
	require.NoError(t, err)
	defer third.Close()
	assert.Equal(t, want, timing.Of(third.For(Subject{}), nil).Document)
}

// TestTheStateTellsWhenAnAnswerChanges compares the answers for many subjects at two times: if one
// differs, the states must differ, and none may differ within the wait of a state.
func TestTheStateTellsWhenAnAnswerChanges(t *testing.T) {
	t.Parallel()
	client, clock := timedClient(t, timedDocument, WithPollInterval(24*365*time.Hour))
	require.Empty(t, client.Status().Bad)
	random := rand.New(rand.NewPCG(1, 2))
	subjects := make([]Subject, 200)
	for i := range subjects {
		subjects[i] = NewSubject(fmt.Sprint("user-", i), String("team", []string{"core", "web"}[i%2]))
	}
	answersAt := func(flag string, at time.Time) string {
		clock.set(at)
		var b strings.Builder
		for _, s := range subjects {
			fmt.Fprint(&b, client.For(s).Enabled(flag), " ")
		}
		return b.String()
	}
	bounds := []string{
		"2026-03-01T00:59:59Z", "2026-03-10T00:00:00.5Z", "2026-03-20T12:00:00Z", "2026-03-12T00:00:00Z",
		"2026-03-25T00:00:00Z", "2026-03-15T00:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z",
	}
	for info := range client.Flags() {
		t.Run(info.Key, func(t *testing.T) { //nolint:paralleltest // they share the clock
			answers := timing.Of(client.For(Subject{}), []string{info.Key})
			stateAt := func(at time.Time) timing.State { clock.set(at); return answers.At(0) }
			changes := 0
			for range 300 {
				around, err := time.Parse(time.RFC3339, bounds[random.IntN(len(bounds))])
				require.NoError(t, err)
				one := around.Add(time.Duration(random.Int64N(int64(4*time.Hour))) - 2*time.Hour)
				other := one.Add(time.Duration(random.Int64N(int64(4 * time.Hour))))
				before, after := stateAt(one), stateAt(other)
				same := answersAt(info.Key, one) == answersAt(info.Key, other)
				if !same {
					changes++
				}
				if before.Slopes == after.Slopes && info.Key != "slope" {
					assert.True(t, same || before.Steps != after.Steps, "%s and %s", one, other)
				}
				if before.Wait > 0 && info.Key != "slope" {
					end := one.Add(min(before.Wait, 24*time.Hour) - 1)
					assert.Equal(t, before.Steps, stateAt(end).Steps, "%s until %s", one, end)
				}
			}
			assert.Equal(t, info.Key == "plain" || info.Key == "off", changes == 0)
		})
	}
}

func TestTheStateEndsExactlyAtAnInstant(t *testing.T) {
	t.Parallel()
	client, clock := timedClient(t, timedDocument, WithPollInterval(24*365*time.Hour))
	for flag, instant := range map[string]string{
		"window": "2026-03-10T00:00:00.5Z", "steps": "2026-03-12T00:00:00Z", "above": "2026-03-15T00:00:00Z",
		"through": "2026-03-15T00:00:00Z", "slope": "2026-03-12T00:00:00Z", "fresh": "2026-03-01T01:00:00.000000001Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, instant)
		require.NoError(t, err)
		answers := timing.Of(client.For(Subject{}), []string{flag})
		clock.set(at.Add(-700 * time.Millisecond))
		before := answers.At(0)
		assert.InDelta(t, 700*time.Millisecond, before.Wait, float64(time.Microsecond), flag)
		clock.set(at)
		after := answers.At(0)
		assert.NotEqual(t, before.Steps, after.Steps, flag)
		assert.Equal(t, before.Steps, answers.At(time.Millisecond).Steps, "%s, a while ago", flag)
	}
}

func TestTheStateOfADisabledFlagNeverChanges(t *testing.T) {
	t.Parallel()
	client, _ := timedClient(t, timedDocument)
	assert.Equal(t, timing.State{}, timing.Of(client.For(Subject{}), []string{"off", "plain"}).At(0))
	assert.NotEqual(t, timing.State{}, timing.Of(client.For(Subject{}), []string{"off", "below"}).At(0))
}

func TestALinearRampChangesTheStateAtEachWholePercent(t *testing.T) {
	t.Parallel()
	client, clock := timedClient(t, timedDocument, WithPollInterval(24*365*time.Hour))
	answers := timing.Of(client.For(Subject{}), []string{"slope"})
	seen := map[uint64]bool{}
	steps := map[uint64]bool{}
	day := time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC)
	for minute := range 24 * 60 {
		clock.set(day.Add(time.Duration(minute) * time.Minute))
		state := answers.At(0)
		seen[state.Slopes], steps[state.Steps] = true, true
		assert.LessOrEqual(t, state.Wait, time.Second)
	}
	assert.Len(t, seen, 80, "from 20 to 99 percent")
	assert.Len(t, steps, 1)
	clock.set(day.AddDate(0, 0, 1))
	assert.NotContains(t, steps, answers.At(0).Steps, "the end of the ramp is a step")
}
