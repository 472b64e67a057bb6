package recent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAClockIsLateByAtMostAStepUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewClock(time.Second)
		assert.Zero(t, clock.Now())
		time.Sleep(999 * time.Millisecond)
		assert.Zero(t, clock.Now())
		time.Sleep(2501 * time.Millisecond)
		assert.Equal(t, 3*time.Second, clock.Now())
		clock.Stop()
		clock.Stop()
		time.Sleep(time.Minute)
		assert.Equal(t, 3*time.Second, clock.Now())
	})
}
