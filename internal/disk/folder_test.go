//go:build unix

package disk

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Temporary folders of tests follow the umask, and a copy in a folder that a group can write to is
// refused.
func init() { syscall.Umask(0o022) }

func TestPlantedFilesDoNotPreventWrites(t *testing.T) {
	d := New(t.TempDir(), "source", "format")
	c := copyOf(1, "a", time.Unix(1000, 0), time.Unix(1000, 0))
	require.NoError(t, syscall.Mkfifo(d.path(), 0o600))
	require.NoError(t, d.Write(c))
	for name, content := range map[string]string{
		"nothing":    "",
		"no newline": strings.Repeat("x", 2*maxHead),
		"a head of the highest revision without a document": magic + "1 x\n" +
			`{"identity":"` + d.identity + `","revision":9007199254740991}` + "\n",
	} {
		require.NoError(t, os.WriteFile(d.path(), []byte(content), 0o600))
		require.NoError(t, d.Write(c), name)
		kept, err := d.Read()
		require.NoError(t, err, name)
		assert.Equal(t, c.Body, kept.Body, name)
	}
}
