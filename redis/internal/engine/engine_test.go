//go:build unix

package engine_test

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/redis/internal/engine"
)

// says returns the server's answer to a ping, or "" if there is none.
func says(t *testing.T, server *engine.Server, wait time.Duration) string {
	t.Helper()
	connection, err := net.DialTimeout("tcp", server.Address(), wait)
	if err != nil {
		return ""
	}
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(wait)))
	_, err = connection.Write([]byte("PING\r\n"))
	require.NoError(t, err)
	answer := make([]byte, 64)
	n, _ := connection.Read(answer)
	return string(answer[:n])
}

func TestAServerStopsAndStartsAgainOnItsPort(t *testing.T) {
	t.Parallel()
	server, err := engine.Start(t.TempDir())
	if inCI, _ := strconv.ParseBool(os.Getenv("CI")); errors.Is(err, engine.ErrMissing) && !inCI {
		t.Skip(err)
	}
	require.NoError(t, err)
	defer server.Kill()
	address := server.Address()
	assert.Equal(t, "+PONG\r\n", says(t, server, 10*time.Second))
	require.NoError(t, server.Freeze())
	assert.Empty(t, says(t, server, 200*time.Millisecond))
	require.NoError(t, server.Thaw())
	assert.Equal(t, "+PONG\r\n", says(t, server, 10*time.Second))
	server.Kill()
	server.Kill()
	assert.Empty(t, says(t, server, 200*time.Millisecond))
	require.NoError(t, server.Restart())
	assert.Equal(t, address, server.Address())
	assert.Equal(t, "+PONG\r\n", says(t, server, 10*time.Second))
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := engine.Start(t.TempDir(), "--no-such-setting", "x")
	if errors.Is(err, engine.ErrMissing) {
		t.Skip(err)
	}
	require.ErrorContains(t, err, "no-such-setting")
}
