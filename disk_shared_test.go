package becket

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeDoesNotGoBackThroughASharedFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		old := serving("v10", flagsDocument(10, "old"))
		behind, ahead := newScript(old), newScript(old)
		p := newTestClient(t, behind, WithDiskCache(folder), WithPollInterval(10*time.Second))
		q := newTestClient(t, ahead, WithDiskCache(folder), WithPollInterval(10*time.Second))
		require.NoError(t, p.Wait(t.Context()))
		require.NoError(t, q.Wait(t.Context()))
		ahead.set(serving("v20", flagsDocument(20, "new")))
		require.NoError(t, q.Refresh(t.Context()))
		for range 30 { // ten minutes, in which the server behind p says "not modified"
			time.Sleep(20 * time.Second)
			start := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
			assert.EqualValues(t, 20, start.Status().Revision)
			assert.Less(t, time.Since(start.Status().ConfirmedAt), 2*time.Minute, "the later document stays fresh")
			require.NoError(t, start.Close())
		}
		assert.EqualValues(t, 10, p.Status().Revision)
		assert.NoError(t, p.Status().DiskError)
		require.NoError(t, q.Close())

		behind.set(serving("v30", flagsDocument(30, "newest")))
		require.NoError(t, p.Refresh(t.Context()))
		start := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
		assert.EqualValues(t, 30, start.Status().Revision)
	})
}

func TestADiskCopyWithTheHeaderOfAnotherDocumentIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		leaveCopy(t, folder, flagsDocument(3, "a"))
		d := diskOf(folder)
		kept, err := d.Read()
		require.NoError(t, err)
		kept.Revision = 1 << 50 // it would keep every process from writing
		require.NoError(t, d.Write(kept))
		client := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
		assert.ErrorContains(t, client.Status().DiskError, "its header belongs to another document")
		require.NoError(t, client.Close())
		leaveCopy(t, folder, flagsDocument(4, "b"))
	})
}

func TestADamagedCopyIsWrittenAgainEvenIfNothingHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, body := t.TempDir(), flagsDocument(3, "a")
		path := leaveCopy(t, folder, body)
		damaged, err := os.ReadFile(path)
		require.NoError(t, err)
		damaged[len(damaged)-9] ^= 1
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		source := newScript(failing(errDown))
		client := newTestClient(t, source, WithDiskCache(folder), WithBootstrap([]byte(body)))
		require.Error(t, client.Refresh(t.Context()))
		require.NoFileExists(t, path)
		source.set(serving("", body)) // the bootstrap's bytes
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, uint64(1), client.Status().NotModified)
		assert.FileExists(t, path)
		assert.NoError(t, client.Status().DiskError)
	})
}
