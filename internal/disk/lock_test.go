package disk

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWriteWaitsWhileAnotherProcessReplacesTheCopy(t *testing.T) {
	folder := t.TempDir()
	unlock := lockOrSkip(t, folder)
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		written := make(chan error, 1)
		go func() { written <- New(folder, "source", "format").Write(copyOf(10, "old", now, now)) }()
		synctest.Wait() // the write sleeps until the lock is free
		other := New(folder, "source", "format")
		kept, err := other.Read()
		require.NoError(t, err)
		assert.Nil(t, kept, "nothing is replaced while another process holds the lock")

		newer := copyOf(20, "new", now, now)
		head, err := encode(other.identity, newer)
		require.NoError(t, err)
		temp, err := other.writeTemp(head, newer.Body)
		require.NoError(t, err)
		require.NoError(t, other.replace(temp))
		unlock()
		require.NoError(t, <-written)
		kept, err = other.Read()
		require.NoError(t, err)
		assert.EqualValues(t, 20, kept.Revision, "the write saw the newer copy before it would have replaced it")
	})
}

func TestAWriteGivesUpOnALockThatIsNeverReleased(t *testing.T) {
	folder := t.TempDir()
	unlock := lockOrSkip(t, folder)
	defer unlock()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		require.ErrorIs(t, New(folder, "source", "format").Write(copyOf(1, "a", began, began)), errLocked)
		assert.LessOrEqual(t, time.Since(began), lockPatience+lockStep)
	})
	unlock()
	require.NoError(t, New(folder, "source", "format").Write(copyOf(1, "a", time.Now(), time.Now())))
}

func lockOrSkip(t *testing.T, folder string) (unlock func()) {
	t.Helper()
	unlock, err := lockFolder(folder)
	if err != nil {
		t.Skip("this file system has no locks:", err)
	}
	return unlock
}

func TestTheHigherRevisionStaysWhenTwoWriteAtOnce(t *testing.T) {
	t.Parallel()
	lockOrSkip(t, t.TempDir())()
	for range 300 {
		folder, now := t.TempDir(), time.Now()
		var group sync.WaitGroup
		for _, c := range []*Copy{copyOf(10, "old", now, now), copyOf(20, "new", now, now)} {
			group.Go(func() { assert.NoError(t, New(folder, "source", "format").Write(c)) })
		}
		group.Wait()
		kept, err := New(folder, "source", "format").Read()
		require.NoError(t, err)
		require.EqualValues(t, 20, kept.Revision)
	}
}
