package shadow_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/shadow"
)

func Example() {
	client, err := becket.New(becket.Bytes([]byte(`{"schema": 1, "flags": {"new-checkout": {"default": "on"}}}`)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Wait(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	flags := client.For(becket.NewSubject("user-42"))
	compare := shadow.New(1, func(d shadow.Difference) {
		fmt.Printf("%s: the old library says %v, becket %v\n", d.Flag, d.Old, d.Becket)
	})

	oldAnswer := false // the old library's answer
	enabled := shadow.Bool(compare, "new-checkout", oldAnswer, func() bool { return flags.Enabled("new-checkout") })
	fmt.Println(enabled)
	fmt.Println(compare.Total())
	// Output:
	// new-checkout: the old library says false, becket true
	// false
	// all flags: 1 compared, 1 different, 0 panics
}

func TestTheOldAnswerIsAlwaysReturned(t *testing.T) {
	c := shadow.New(1, func(shadow.Difference) { panic("a bad callback") })
	assert.Equal(t, "old", shadow.Value(c, "a", "old", func() string { return "new" }))
	assert.Equal(t, "old", shadow.Value(c, "a", "old", func() string { panic("bad") }))
	assert.Equal(t, 3, shadow.Value(c, "b", 3, func() int { return 3 }))
	assert.Equal(t, []shadow.Count{
		{Flag: "a", Compared: 2, Different: 1, Panics: 1},
		{Flag: "b", Compared: 1},
	}, c.Flags())
	assert.Equal(t, shadow.Count{Compared: 3, Different: 1, Panics: 1}, c.Total())
}

func TestOnlyTheShareIsCompared(t *testing.T) {
	for share, want := range map[float64][2]int64{0: {0, 0}, 1: {10_000, 10_000}, 0.1: {800, 1200}, -1: {0, 0}} {
		c := shadow.New(share, nil)
		asked := int64(0)
		for range 10_000 {
			shadow.Bool(c, "a", true, func() bool { asked++; return true })
		}
		assert.GreaterOrEqual(t, asked, want[0], share)
		assert.LessOrEqual(t, asked, want[1], share)
		assert.Equal(t, asked, c.Total().Compared)
	}
}

func TestANilComparisonComparesNothing(t *testing.T) {
	assert.True(t, shadow.Bool(nil, "a", true, func() bool { t.Error("asked"); return false }))
	var c *shadow.Comparison
	assert.Zero(t, c.Total())
	assert.Empty(t, c.Flags())
}

func TestMadeUpKeysUseBoundedMemory(t *testing.T) {
	c := shadow.New(1, nil)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 10_000 {
				shadow.Value(c, fmt.Sprintf("%d-%d", g, i), 1, func() int { return 2 })
			}
		})
	}
	wait.Wait()
	assert.Len(t, c.Flags(), 10_000)
	assert.Equal(t, int64(40_000), c.Total().Different)
}

func TestMapsAndSlicesAreComparedByContents(t *testing.T) {
	type pair struct{ value any }
	limits := func(rps int) any { return map[string]any{"rps": rps, "hosts": []any{"a"}} }
	for _, test := range []struct {
		name        string
		old, becket any
		differs     bool
	}{
		{"equal maps", limits(1), limits(1), false},
		{"other maps", limits(1), limits(2), true},
		{"equal slices", []any{1, "a"}, []any{1, "a"}, false},
		{"a map and a number", limits(1), 1, true},
		{"a map and nothing", limits(1), nil, true},
		{"nothing and nothing", nil, nil, false},
		{"maps within structs", pair{limits(1)}, pair{limits(1)}, false},
		{"maps within structs that differ", pair{limits(1)}, pair{limits(2)}, true},
		{"functions, which are never equal", func() {}, func() {}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := shadow.New(1, nil)
			assert.NotPanics(t, func() { shadow.Value(c, "a", test.old, func() any { return test.becket }) })
			want := shadow.Count{Compared: 1}
			if test.differs {
				want.Different = 1
			}
			assert.Equal(t, want, c.Total())
		})
	}
}

func TestAShareOfNaNComparesNothing(t *testing.T) {
	c := shadow.New(math.NaN(), nil)
	shadow.Bool(c, "a", true, func() bool { return false })
	assert.Zero(t, c.Total())
}
