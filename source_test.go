package becket

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFileIsReadAgainWhenItsContentChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "flags.json")
		stamp := time.Now()
		write := func(text string) {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			require.NoError(t, os.Chtimes(path, stamp, stamp)) // same size, same time: only the content tells
		}
		write(flagsDocument(1, "a"))
		client := newTestClient(t, File(path), WithPollInterval(time.Second))
		require.NoError(t, client.Wait(t.Context()))
		first := client.For(Subject{})
		time.Sleep(10 * time.Second)
		assert.Equal(t, first, client.For(Subject{}), "unchanged, it is not compiled anew")
		assert.NotZero(t, client.Status().NotModified)
		write(flagsDocument(2, "b"))
		time.Sleep(2 * time.Second)
		assert.True(t, client.For(Subject{}).Enabled("b"))
		require.NoError(t, os.Remove(path))
		require.ErrorIs(t, client.Refresh(t.Context()), os.ErrNotExist)
		assert.True(t, client.For(Subject{}).Enabled("b"))
	})
}

func TestAFileThatIsNoneIsAnError(t *testing.T) {
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

func TestReadingIsBoundedByWhatArrives(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 4096, 1 << 20, 1<<20 + 1, 3 << 20} {
		content := bytes.Repeat([]byte("x"), size)
		for _, expected := range []int64{-1, 0, int64(size), 1 << 40} {
			body, err := readLimited(bytes.NewReader(content), 3<<20, expected)
			require.NoError(t, err)
			assert.Len(t, body, size)
			body, err = readLimited(iotest.HalfReader(iotest.DataErrReader(bytes.NewReader(content))), 3<<20, expected)
			require.NoError(t, err)
			assert.Len(t, body, size)
		}
		_, err := readLimited(bytes.NewReader(content), int64(size)-1, -1)
		if size > 0 {
			require.ErrorIs(t, err, ErrTooLarge)
		}
	}
	_, err := readLimited(iotest.ErrReader(io.ErrUnexpectedEOF), 10, 5)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _ = readLimited(endless{}, 8<<20, 1<<40)
		}
	}).AllocedBytesPerOp()
	assert.Less(t, allocated, int64(24<<20), "about three times the limit over all of its growth")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func FuzzHTTPHeaders(f *testing.F) {
	f.Add(`"v1"`, "Thu, 01 Jan 2026 00:00:00 GMT", "120", "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add("\x00", "yesterday", "-1", "")
	f.Add(`W/"`, "", "Fri, 31 Dec 9999 23:59:59 GMT", "x")
	f.Fuzz(func(t *testing.T, etag, modified, after, date string) {
		header := map[string][]string{"Etag": {etag}, "Last-Modified": {modified}, "Retry-After": {after}, "Date": {date}}
		v := validatorOf(header)
		assert.True(t, printable(v.ETag) && len(v.ETag) <= maxValidator)
		assert.True(t, validHeaderValue(v.LastModified) && len(v.LastModified) <= maxValidator)
		wait := retryAfter(header, time.Unix(0, 0))
		assert.True(t, wait >= 0 && wait <= maxRetryAfter)
	})
}
