package becket

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFileIsASignalAndSoIsOneOfDirFS(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(filepath.Dir(folder))
	name := filepath.Base(folder)
	path := filepath.Join(folder, "flags.json")
	for what, source := range map[string]Source{
		"a file":                      File(path),
		"a file of a relative path":   File(filepath.Join(name, "flags.json")),
		"a file of a folder":          FS(os.DirFS(folder), "flags.json"),
		"a file of a relative folder": FS(os.DirFS("."), name+"/flags.json"),
	} {
		t.Run(what, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(path))
			w := watchOf(t, source)
			require.Equal(t, Hint{}, w.next(t), "it is watched")
			require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
			assert.Equal(t, Hint{Spread: 1}, w.next(t), "and read at once")
			require.NoError(t, os.WriteFile(path+".minisig", []byte("signature"), 0o600))
			assert.Equal(t, Hint{Spread: 1}, w.next(t), "the signature has changed")
			file, ok := source.(interface {
				Name() string
				pollsOn() bool
			})
			require.True(t, ok)
			assert.Equal(t, "file flags.json", file.Name())
			assert.True(t, file.pollsOn())
			w.cancel()
			require.NoError(t, w.err(t))
		})
	}
}

func TestOtherFileSystemsAreNoSignals(t *testing.T) {
	t.Parallel()
	sub, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer sub.Close()
	for _, source := range []Source{
		FS(fstest.MapFS{}, "f"), FS(sub.FS(), "f"), FS(nil, "f"), FS((*fstest.MapFS)(nil), "f"), Bytes(nil),
	} {
		assert.NotImplements(t, (*Signal)(nil), source)
	}
	require.Error(t, watchOf(t, File("")).err(t))
	require.Error(t, watchOf(t, FS(os.DirFS("."), "../f")).err(t))
}

func TestALoopOfLinksIsWatchedLikeAMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.Symlink("flags.json", path))
	w := watchOf(t, File(path))
	require.Equal(t, Hint{}, w.next(t))
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	assert.Equal(t, Hint{Spread: 1}, w.next(t))
}

func TestAFileThatCannotBeWatchedIsNamedWithoutItsFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a folder in use cannot be removed")
	}
	folder := filepath.Join(t.TempDir(), "private")
	require.NoError(t, os.Mkdir(folder, 0o700))
	t.Chdir(folder)
	require.NoError(t, os.Remove(folder))
	err := watchOf(t, FS(os.DirFS("."), "flags.json")).err(t)
	require.ErrorContains(t, err, "becket: flags.json cannot be watched: ")
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NotContains(t, err.Error(), "private")
}

func TestAClientHasAPublishedFileLongBeforeTheNextPoll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte(flagsDocument(1, "a")), 0o600))
	client := newTestClient(t, File(path), WithPollInterval(24*time.Hour), WithSignalSpread(0))
	require.NoError(t, client.Wait(t.Context()))
	require.Eventually(t, func() bool { return client.Status().Signals[0].Connected }, patient, time.Millisecond)
	for revision := int64(2); revision < 5; revision++ {
		require.NoError(t, os.WriteFile(path+".new", []byte(flagsDocument(int(revision), "a")), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
		require.Eventually(t, func() bool { return client.Status().Revision == revision }, patient, time.Millisecond)
	}
	require.NoError(t, os.WriteFile(path, []byte(flagsDocument(5, "a"))[:20], 0o600))
	require.Eventually(t, func() bool { return client.Status().Failures > 0 }, patient, time.Millisecond)
	require.NoError(t, os.WriteFile(path, []byte(flagsDocument(5, "a")), 0o600))
	require.Eventually(t, func() bool { return client.Status().Revision == 5 }, patient, time.Millisecond,
		"a document that could not be read is read again at the next change")
	assert.Equal(t, "file flags.json", client.Status().Signals[0].Name)
}
