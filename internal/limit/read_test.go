package limit

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadingTakesMemoryOnlyForBytesThatArrive(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 4096, 1 << 20, 1<<20 + 1, 3 << 20} {
		content := bytes.Repeat([]byte("x"), size)
		for _, expected := range []int64{-1, 0, int64(size), 1 << 40} {
			body, err := Read(bytes.NewReader(content), 3<<20, expected)
			require.NoError(t, err)
			assert.Len(t, body, size)
			body, err = Read(iotest.HalfReader(iotest.DataErrReader(bytes.NewReader(content))), 3<<20, expected)
			require.NoError(t, err)
			assert.Len(t, body, size)
		}
		_, err := Read(bytes.NewReader(content), int64(size)-1, -1)
		if size > 0 {
			require.ErrorIs(t, err, ErrTooLarge)
		}
	}
	_, err := Read(iotest.ErrReader(io.ErrUnexpectedEOF), 10, 5)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _ = Read(endless{}, 8<<20, 1<<40)
		}
	}).AllocedBytesPerOp()
	assert.Less(t, allocated, int64(24<<20), "about three times the limit over all of its growth")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
