package push

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

const interval = 30 * time.Second

// waits follows a pursuit until the schedule decides, or for the given number of fetches.
func waits(p *Pursuit, held Held, most int) (all []time.Duration) {
	for range most {
		wait := p.Next(held)
		if wait == 0 {
			return all
		}
		all = append(all, wait)
		time.Sleep(wait)
	}
	return all
}

func TestAnOlderDocumentThanHintedIsFetchedAgainForTenSecondsAndThenPolled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPursuit(interval)
		p.Hint(Hint{Revision: 8})
		assert.False(t, p.Hurries(), "the first fetch may be answered by a cache")
		for _, want := range []time.Duration{200, 400, 800, 1600, 3200} {
			assert.Equal(t, want*time.Millisecond, p.Next(Held{Revision: 7}))
			assert.True(t, p.Hurries())
			time.Sleep(want * time.Millisecond)
		}
		polls := waits(p, Held{Revision: 7}, 100)
		assert.False(t, p.Hurries())
		assert.InDelta(t, 10, len(polls), 2)
		for _, wait := range polls {
			assert.InDelta(t, interval.Seconds(), wait.Seconds(), interval.Seconds()/10)
		}
		assert.Zero(t, p.Next(Held{Revision: 7}), "the hint is forgotten")
	})
}

func TestAPursuitEndsWithTheDocumentOfTheHint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hint    Hint
		held    Held
		pursued bool
	}{
		"no hint":                            {Hint{}, Held{Revision: 7}, false},
		"nothing known":                      {Hint{Spread: time.Second}, Held{Revision: 7}, false},
		"a lower revision":                   {Hint{Revision: 8}, Held{Revision: 7, Changed: true}, true},
		"the revision":                       {Hint{Revision: 8, ETag: "b"}, Held{Revision: 8, ETag: "c"}, false},
		"a higher one":                       {Hint{Revision: 8}, Held{Revision: 9}, false},
		"no revisions":                       {Hint{Revision: 8}, Held{ETag: "a"}, false},
		"the ETag before":                    {Hint{ETag: "b"}, Held{Revision: 7, ETag: "a"}, true},
		"the ETag before, and no revision":   {Hint{Revision: 8, ETag: "b"}, Held{ETag: "a"}, true},
		"the ETag":                           {Hint{ETag: `"b"`}, Held{ETag: `W/"b"`}, false},
		"the ETag of the compressed one":     {Hint{ETag: `"b"`}, Held{ETag: `"b-gzip"`}, false},
		"the same of another server":         {Hint{ETag: `"b"`}, Held{ETag: `W/"b;gzip"`}, false},
		"the ETag of another compressed one": {Hint{ETag: `"b"`}, Held{ETag: `"c-gzip"`}, true},
		"another ETag with a new document":   {Hint{ETag: "b"}, Held{ETag: "c", Changed: true}, false},
		"no ETag":                            {Hint{ETag: "b"}, Held{Revision: 7}, false},
		"a negative revision means nothing":  {Hint{Revision: -8}, Held{Revision: 7}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewPursuit(interval)
			p.Hint(test.hint)
			assert.Equal(t, test.pursued, p.Next(test.held) > 0)
			assert.Equal(t, test.pursued, p.Hurries())
		})
	}
}

func TestALowerHintDoesNotReplaceAHigherOne(t *testing.T) {
	t.Parallel()
	p := NewPursuit(interval)
	p.Hint(Hint{Revision: 9})
	p.Hint(Hint{Revision: 8})
	p.Hint(Hint{})
	assert.Positive(t, p.Next(Held{Revision: 8}))
	assert.Zero(t, p.Next(Held{Revision: 9}))
	p.Hint(Hint{Revision: 8})
	assert.Zero(t, p.Next(Held{Revision: 9}), "it is an old hint")
}

func TestForgedHintsCauseOneHurriedPursuitAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPursuit(interval)
		hurried := 0
		began := time.Now()
		for revision := int64(100); time.Since(began) < time.Hour; revision++ {
			p.Hint(Hint{Revision: revision})
			if p.Next(Held{Revision: 7}) < interval/2 {
				hurried++
			}
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, hurried, 60*12)
		assert.Positive(t, hurried)
	})
}

func TestAFreshContextIsRecognised(t *testing.T) {
	t.Parallel()
	assert.False(t, IsFresh(t.Context()))
	assert.True(t, IsFresh(Fresh(t.Context())))
	assert.Zero(t, Interval(t.Context()))
	assert.Equal(t, time.Minute, Interval(Polling(Fresh(t.Context()), time.Minute)))
}

func TestAPaceRestsForEightMinutesAtMostIfTheDocumentHasNoETag(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]time.Duration{
		30 * time.Second: 5 * time.Minute, 2 * time.Minute: 8 * time.Minute, time.Hour: time.Hour,
	} {
		set := time.Duration(0)
		p := NewPace(interval, func(interval time.Duration) { set = interval })
		p.Weak(true)
		assert.Equal(t, interval, p.Mean())
		assert.Zero(t, set)
		p.Rest(true)
		assert.Equal(t, want, set)
		assert.Equal(t, want, p.Mean())
		p.Weak(false)
		assert.Equal(t, 10*interval, set)
		p.Weak(true)
		assert.Equal(t, want, set)
		p.Rest(false)
		assert.Equal(t, interval, set)
	}
}

func TestAPaceIsTenTimesSlowerWhileItRestsUnlessFlagsBecomeStale(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ maxAge, want time.Duration }{
		"no max_age":     {0, 10 * interval},
		"a long max_age": {time.Hour, 10 * interval},
		"a short one":    {4 * time.Minute, 2 * time.Minute},
		"a tiny one":     {time.Second, interval},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var set []time.Duration
			p := NewPace(interval, func(interval time.Duration) { set = append(set, interval) })
			p.KeepFresh(time.Hour)
			assert.Empty(t, set)
			p.Rest(true)
			p.KeepFresh(test.maxAge)
			p.Rest(false)
			assert.Equal(t, []time.Duration{10 * interval, test.want, interval}, set)
		})
	}
}
