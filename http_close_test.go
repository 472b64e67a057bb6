package becket

import (
	"bufio"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const closesItsConnection = "BECKET_TEST_CLOSES_ITS_CONNECTION"

// The client runs in a process of its own, whose system trusts the certificate of the server.
func TestCloseEndsTheConnectionThatPollsKeep(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the system's certificates come from elsewhere")
	}
	var open atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		say(w, flagsDocument(1, "a"))
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.StartTLS()
	defer server.Close()
	certificate := filepath.Join(t.TempDir(), "certificate.pem")
	require.NoError(t, os.WriteFile(certificate,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))

	program, err := os.Executable()
	require.NoError(t, err)
	process := exec.CommandContext(t.Context(), program, "-test.run=^TestACloseOfAnotherProcess$")
	process.Env = append(os.Environ(), closesItsConnection+"="+server.URL, "SSL_CERT_FILE="+certificate)
	input, err := process.StdinPipe()
	require.NoError(t, err)
	output, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	lines := bufio.NewScanner(output)
	require.True(t, lines.Scan())
	require.Equal(t, "fetched", lines.Text())
	assert.EqualValues(t, 1, open.Load(), "the connection is kept for the next poll")
	_, err = input.Write([]byte("close\n"))
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return open.Load() == 0 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, input.Close())
	for lines.Scan() { // the process writes how its test went
	}
	require.NoError(t, process.Wait())
}

// TestACloseOfAnotherProcess is the process of TestCloseEndsTheConnectionThatPollsKeep. It lives
// until its input ends.
func TestACloseOfAnotherProcess(t *testing.T) {
	address := os.Getenv(closesItsConnection)
	if address == "" {
		t.Skip("another test starts this one with an environment of its own")
	}
	client := newTestClient(t, HTTP(address))
	for range 3 {
		require.NoError(t, client.Refresh(t.Context()))
	}
	_, err := os.Stdout.WriteString("fetched\n")
	require.NoError(t, err)
	orders := bufio.NewScanner(os.Stdin)
	require.True(t, orders.Scan())
	require.NoError(t, client.Close())
	for orders.Scan() {
	}
}
