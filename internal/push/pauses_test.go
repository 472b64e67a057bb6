package push

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPausesDoubleAndAreSpreadByHalf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		random float64
		share  float64
	}{"the shortest": {0, 0.5}, "the mean": {0.5, 1}, "almost the longest": {0.999, 1.499}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewPauses(time.Minute, func() float64 { return test.random })
			first := p.Next()
			for i, mean := 1, 250*time.Millisecond; i < 10; i++ {
				mean = min(2*mean, 30*time.Second)
				assert.InDelta(t, float64(mean)*test.share, float64(p.Next()), float64(time.Microsecond))
			}
			p.Reset()
			assert.Equal(t, first, p.Next())
			assert.InDelta(t, 250*test.share, first.Seconds()*1000, 0.001)
		})
	}
}

func TestPausesAreNotLongerThanThePollInterval(t *testing.T) {
	t.Parallel()
	p := NewPauses(time.Second, func() float64 { return 0.5 })
	for range 5 {
		p.Next()
	}
	assert.Equal(t, time.Second, p.Next())
}
