package becket

import (
	"crypto/sha256"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// copyOf returns a disk copy of a document with one flag.
func copyOf(revision int, flag string, fetched, confirmed time.Time) *diskCopy {
	body := []byte(flagsDocument(revision, flag))
	return &diskCopy{
		body: body, sum: sha256.Sum256(body), revision: int64(revision), fetchedAt: fetched, confirmedAt: confirmed,
	}
}

func TestAWriteReplacesNoLaterCopyOfAnotherProcess(t *testing.T) {
	at := func(seconds int64) time.Time { return time.Unix(1_000_000+seconds, 0) }
	p, q := func(revision int, fetched, confirmed int64) *diskCopy {
		return copyOf(revision, "p", at(fetched), at(confirmed))
	}, func(revision int, fetched, confirmed int64) *diskCopy {
		return copyOf(revision, "q", at(fetched), at(confirmed))
	}
	for name, test := range map[string]struct {
		there, written *diskCopy
		byTime         bool
		replaced       bool
	}{
		"a higher revision stays":                                {q(20, 10, 10), p(10, 0, 60), false, false},
		"a lower revision goes":                                  {p(10, 10, 90), q(20, 0, 60), false, true},
		"a later confirmation stays":                             {p(10, 0, 61), p(10, 0, 60), false, false},
		"an earlier confirmation goes":                           {p(10, 30, 30), p(10, 0, 60), false, true},
		"a confirmation far ahead goes":                          {p(10, 0, 600), p(10, 0, 60), false, true},
		"of one revision, the later one stays":                   {q(0, 10, 10), p(0, 0, 60), false, false},
		"of one revision, the earlier one goes":                  {q(0, 0, 60), p(0, 10, 60), false, true},
		"of one revision, one far ahead goes":                    {q(0, 600, 600), p(0, 0, 60), false, true},
		"lower revisions are allowed, and the fetch was later":   {q(20, 0, 30), p(5, 10, 60), true, true},
		"lower revisions are allowed, and the fetch was earlier": {q(20, 10, 10), p(5, 0, 60), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			other, own := newDisk(folder, "source", "format"), newDisk(folder, "source", "format")
			own.byTime = test.byTime
			require.NoError(t, other.write(test.there))
			require.NoError(t, own.write(test.written))
			want := test.there
			if test.replaced {
				want = test.written
			}
			kept, err := own.read()
			require.NoError(t, err)
			assert.Equal(t, string(want.body), string(kept.body))
			assert.True(t, want.confirmedAt.Equal(kept.confirmedAt), "%v, want %v", kept.confirmedAt, want.confirmedAt)
			files, err := os.ReadDir(folder)
			require.NoError(t, err)
			assert.Len(t, files, 1, "no temporary file is left")
		})
	}
}

func TestACopyThatAppearsDuringAWriteIsNotReplacedByAnOlderOne(t *testing.T) {
	folder := t.TempDir()
	other, own := newDisk(folder, "source", "format"), newDisk(folder, "source", "format")
	now := time.Unix(1_000_000, 0)
	own.create = func(folder, pattern string) (tempFile, error) {
		require.NoError(t, other.write(copyOf(20, "q", now, now)))
		return createTemp(folder, pattern)
	}
	require.NoError(t, own.write(copyOf(10, "p", now, now)))
	kept, err := own.read()
	require.NoError(t, err)
	assert.EqualValues(t, 20, kept.revision)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 1, "no temporary file is left")
}

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
			assert.Less(t, time.Since(start.Status().ConfirmedAt), 2*time.Minute, "the later document is confirmed on")
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

func TestAHeadThatBeliesItsDocumentIsNoCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		leaveCopy(t, folder, flagsDocument(3, "a"))
		d := newDisk(folder, "script", Native.Name())
		kept, err := d.read()
		require.NoError(t, err)
		kept.revision = 1 << 50 // it would keep every process from writing
		require.NoError(t, d.write(kept))
		client := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
		assert.ErrorContains(t, client.Status().DiskError, "its head is of another document")
		require.NoError(t, client.Close())
		leaveCopy(t, folder, flagsDocument(4, "b"))
	})
}
