package becket

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/web"
)

func TestAFileIsReadAgainWhenItsContentChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "flags.json")
		stamp := time.Now()
		write := func(text string) {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			// the size and the time are the same, so only the content shows the change
			require.NoError(t, os.Chtimes(path, stamp, stamp))
		}
		write(flagsDocument(1, "a"))
		client := newTestClient(t, File(path), WithPollInterval(time.Second))
		require.NoError(t, client.Wait(t.Context()))
		first := client.For(Subject{})
		time.Sleep(10 * time.Second)
		assert.Equal(t, first, client.For(Subject{}), "an unchanged file is not compiled again")
		assert.NotZero(t, client.Status().NotModified)
		write(flagsDocument(2, "b"))
		time.Sleep(2 * time.Second)
		assert.True(t, client.For(Subject{}).Enabled("b"))
		require.NoError(t, os.Remove(path))
		require.ErrorIs(t, client.Refresh(t.Context()), os.ErrNotExist)
		assert.True(t, client.For(Subject{}).Enabled("b"))
	})
}

func TestPathsThatAreNoRegularFilesAreErrors(t *testing.T) {
	folder := t.TempDir()
	_, err := File(folder).Fetch(t.Context(), Validator{})
	require.ErrorContains(t, err, "is not a regular file")
	_, err = FS(fstest.MapFS{"d/f": {}}, "d").Fetch(t.Context(), Validator{})
	require.ErrorContains(t, err, "is not a regular file")
	if runtime.GOOS == "linux" {
		_, err = File("/dev/zero").Fetch(t.Context(), Validator{})
		require.ErrorContains(t, err, "is not a regular file", "it has no end")
	}
}

func TestARelativePathIsKeptIfThereIsNoWorkingDirectory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not remove the folder that a process works in")
	}
	t.Chdir(t.TempDir())
	t.Setenv("PWD", "")
	folder, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Remove(folder))
	source := File("flags.json")
	assert.Equal(t, "file:flags.json", source.Identity())
	_, err = source.Fetch(t.Context(), Validator{})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFileSystemAndBytesAreSources(t *testing.T) {
	body := []byte(flagsDocument(1, "a"))
	for name, source := range map[string]Source{"FS": FS(fstest.MapFS{"f": {Data: body}}, "f"), "Bytes": Bytes(body)} {
		t.Run(name, func(t *testing.T) {
			document, err := source.Fetch(t.Context(), Validator{})
			require.NoError(t, err)
			assert.Equal(t, body, document.Body)
			document, err = source.Fetch(t.Context(), document.Validator)
			require.NoError(t, err)
			assert.True(t, document.NotModified)
		})
	}
}

func FuzzHTTPHeaders(f *testing.F) {
	f.Add(`"v1"`, "Thu, 01 Jan 2026 00:00:00 GMT", "120", "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add("\x00", "yesterday", "-1", "")
	f.Add(`W/"`, "", "Fri, 31 Dec 9999 23:59:59 GMT", "x")
	f.Fuzz(func(t *testing.T, etag, modified, after, date string) {
		header := map[string][]string{
			"Etag": {etag}, "Last-Modified": {modified}, "Retry-After": {after}, "Date": {date},
		}
		v := (&httpSource{secrets: &web.Redactor{}}).validatorOf(header)
		assert.True(t, web.Printable(v.ETag) && len(v.ETag) <= maxValidator)
		assert.True(t, web.ValidHeaderValue(v.LastModified) && len(v.LastModified) <= maxValidator)
		wait := web.RetryAfter(header, time.Unix(0, 0), maxRetryAfter)
		assert.True(t, wait >= 0 && wait <= maxRetryAfter)
	})
}

func TestAPathThatNoFileSystemHasIsAMistake(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/flags.json", "a/../flags.json", "flags/", ""} {
		_, err := New(FS(fstest.MapFS{"flags.json": {}}, name))
		assert.ErrorContains(t, err, "is not a valid path for io/fs", name)
	}
}
