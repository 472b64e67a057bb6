package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// full is a file on a disk with room for a given number of bytes.
type full struct {
	*os.File
	room *int
	sync error
}

func (f full) Write(p []byte) (int, error) {
	if len(p) > *f.room {
		n, _ := f.File.Write(p[:*f.room])
		*f.room = 0
		return n, errors.New("no space left on device")
	}
	*f.room -= len(p)
	return f.File.Write(p)
}

func (f full) Sync() error { return f.sync }

func TestAFullDiskKeepsTheOldCopy(t *testing.T) {
	old := &Copy{Body: document(1, "a"), ConfirmedAt: time.Unix(1, 0)}
	next := &Copy{Body: document(2, "b"), ConfirmedAt: time.Unix(2, 0)}
	head, err := encode(New("", "source", "format").identity, next)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		room int
		sync error
	}{
		"no room at all":         {0, nil},
		"room for one byte":      {1, nil},
		"room for half the head": {len(head) / 2, nil},
		"room for the head":      {len(head), nil},
		"room for all but one":   {len(head) + len(next.Body) - 1, nil},
		"a sync that fails":      {1 << 20, errors.New("input/output error")},
	} {
		t.Run(name, func(t *testing.T) {
			d := New(t.TempDir(), "source", "format")
			require.NoError(t, d.Write(old))
			room := test.room
			d.create = func(folder, pattern string) (tempFile, error) {
				file, err := os.CreateTemp(folder, pattern)
				return full{file, &room, test.sync}, err
			}
			require.Error(t, d.Write(next))
			kept, err := d.Read()
			require.NoError(t, err)
			assert.Equal(t, old.Body, kept.Body)
			files, err := os.ReadDir(d.folder)
			require.NoError(t, err)
			assert.Len(t, files, 1, "nothing is left beside the copy")
			d.create = createTemp
			require.NoError(t, d.Write(next))
		})
	}
}

func TestOnlyOldTemporaryFilesOfThisDiskCopyAreRemoved(t *testing.T) {
	d := New(t.TempDir(), "source", "format")
	now := time.Now()
	for name, age := range map[string]time.Duration{
		d.name + tempMark + "old":   2 * time.Hour,
		d.name + tempMark + "young": time.Minute,
		"other" + tempMark + "old":  2 * time.Hour,
		d.name:                      2 * time.Hour,
	} {
		path := filepath.Join(d.folder, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
	}
	d.Clean(now)
	assert.NoFileExists(t, filepath.Join(d.folder, d.name+tempMark+"old"))
	for _, name := range []string{d.name + tempMark + "young", "other" + tempMark + "old", d.name} {
		assert.FileExists(t, filepath.Join(d.folder, name))
	}
}

func TestCrashesInALoopDoNotFillTheDisk(t *testing.T) {
	d := New(t.TempDir(), "source", "format")
	for i := range 3 * maxTemps {
		path := filepath.Join(d.folder, d.name+tempMark+strconv.Itoa(i))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		stamp := time.Now().Add(time.Duration(i-1000) * time.Second)
		require.NoError(t, os.Chtimes(path, stamp, stamp))
	}
	d.Clean(time.Now())
	files, err := os.ReadDir(d.folder)
	require.NoError(t, err)
	assert.Len(t, files, maxTemps)
	assert.FileExists(t, filepath.Join(d.folder, d.name+tempMark+strconv.Itoa(3*maxTemps-1)), "the youngest stay")
}

func TestAWriteReplacesNoLaterCopyOfAnotherProcess(t *testing.T) {
	at := func(seconds int64) time.Time { return time.Unix(1_000_000+seconds, 0) }
	p, q := func(revision int, fetched, confirmed int64) *Copy {
		return copyOf(revision, "p", at(fetched), at(confirmed))
	}, func(revision int, fetched, confirmed int64) *Copy {
		return copyOf(revision, "q", at(fetched), at(confirmed))
	}
	for name, test := range map[string]struct {
		there, written *Copy
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
			other, own := New(folder, "source", "format"), New(folder, "source", "format")
			own.ByTime = test.byTime
			require.NoError(t, other.Write(test.there))
			require.NoError(t, own.Write(test.written))
			want := test.there
			if test.replaced {
				want = test.written
			}
			kept, err := own.Read()
			require.NoError(t, err)
			assert.Equal(t, string(want.Body), string(kept.Body))
			assert.True(t, want.ConfirmedAt.Equal(kept.ConfirmedAt), "%v, want %v", kept.ConfirmedAt, want.ConfirmedAt)
			files, err := os.ReadDir(folder)
			require.NoError(t, err)
			assert.Len(t, files, 1, "no temporary file is left")
		})
	}
}

func TestACopyThatAppearsDuringAWriteIsNotReplacedByAnOlderOne(t *testing.T) {
	folder := t.TempDir()
	other, own := New(folder, "source", "format"), New(folder, "source", "format")
	now := time.Unix(1_000_000, 0)
	own.create = func(folder, pattern string) (tempFile, error) {
		require.NoError(t, other.Write(copyOf(20, "q", now, now)))
		return createTemp(folder, pattern)
	}
	require.NoError(t, own.Write(copyOf(10, "p", now, now)))
	kept, err := own.Read()
	require.NoError(t, err)
	assert.EqualValues(t, 20, kept.Revision)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 1, "no temporary file is left")
}
