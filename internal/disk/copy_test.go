package disk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDamageAtAnyByteOrLengthIsDetected(t *testing.T) {
	identity := strings.Repeat("0", 64)
	body := document(3, "a")
	head, err := encode(identity,
		&Copy{Body: body, ETag: "v1", ConfirmedAt: time.Unix(1, 0), FetchedAt: time.Unix(1, 0)})
	require.NoError(t, err)
	whole := append(head, body...)
	good, err := decode(identity, whole)
	require.NoError(t, err)
	require.Equal(t, body, good.Body)
	for i := range whole {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			damaged := append([]byte(nil), whole...)
			damaged[i] ^= flip
			_, err := decode(identity, damaged)
			require.Error(t, err, "byte %d", i)
		}
		_, err := decode(identity, whole[:i])
		require.Error(t, err, "cut at %d", i)
	}
}

func FuzzCopy(f *testing.F) {
	identity := strings.Repeat("0", 64)
	body := document(3, "a")
	head, err := encode(identity, &Copy{Body: body, ETag: "v1"})
	require.NoError(f, err)
	f.Add(append(head, body...))
	f.Add([]byte(magic + "1 x\n{}\n"))
	f.Add([]byte(magic + "2 x\n{}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := decode(identity, file)
		if err != nil {
			assert.Nil(t, c)
			return
		}
		head, err := encode(identity, c)
		require.NoError(t, err)
		again, err := decode(identity, append(head, c.Body...))
		require.NoError(t, err)
		assert.Equal(t, c.Body, again.Body)
	})
}
