package faults_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/tests/internal/faults"
)

// nginx is an nginx server on the loopback interface.
type nginx struct {
	folder    string
	port, tls string
	authority *faults.Authority
	child     *exec.Cmd
	said      *lockedBuffer
}

type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

func findNginx(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("nginx is not installed")
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

func newNginx(t *testing.T) *nginx {
	t.Helper()
	program := findNginx(t)
	n := &nginx{folder: t.TempDir(), port: freePort(t), tls: freePort(t)}
	require.NoError(t, os.Chmod(filepath.Dir(n.folder), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(n.folder, "www"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(n.folder, "srv", "flags"), 0o755))
	var err error
	n.authority, err = faults.NewAuthority()
	require.NoError(t, err)
	certificate, key, err := n.authority.PEM(faults.Valid)
	require.NoError(t, err)
	template, err := os.ReadFile("testdata/nginx.conf")
	require.NoError(t, err)
	config := strings.NewReplacer("# HOSTING", hostingBlock(t, n.folder), "PREFIX", n.folder, "TLSPORT", n.tls, "PORT",
		n.port).
		Replace(string(template))
	for name, content := range map[string]string{
		"nginx.conf": config, "server.pem": string(certificate), "server.key": string(key),
		"passwords": "user:{PLAIN}password-secret\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(n.folder, name), []byte(content), 0o644))
	}
	n.start(t, program)
	return n
}

func (n *nginx) start(t *testing.T, program string) {
	t.Helper()
	n.said = &lockedBuffer{}
	n.child = exec.Command(program, "-p", n.folder, "-c", filepath.Join(n.folder, "nginx.conf"), "-e", "stderr")
	n.child.Stderr = n.said
	require.NoError(t, n.child.Start())
	t.Cleanup(n.stop)
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", "127.0.0.1:"+n.port, time.Second)
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, 10*time.Second, 20*time.Millisecond, "nginx does not listen: %v", n.said)
}

func (n *nginx) stop() {
	_ = n.child.Process.Kill()
	_ = n.child.Wait()
}

// publish replaces the file by a rename. nginx derives its ETag from the size and the second of the
// change, which is long enough ago that the client sends the ETag back.
func (n *nginx) publish(t *testing.T, revision int, state string) {
	t.Helper()
	path := filepath.Join(n.folder, "www", "flags.json")
	require.NoError(t, os.WriteFile(path+".new", []byte(faults.Document(revision, state)), 0o644))
	stamp := time.Now().Add(time.Duration(revision)*time.Second - time.Hour)
	require.NoError(t, os.Chtimes(path+".new", stamp, stamp))
	require.NoError(t, os.Rename(path+".new", path))
}

// codes lists the status codes that nginx logged for a path.
func (n *nginx) codes(t *testing.T, path string) []string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(n.folder, "access.log"))
	require.NoError(t, err)
	var codes []string
	for line := range strings.Lines(string(log)) {
		if _, rest, ok := strings.Cut(line, "GET "+path+" HTTP/1.1\" "); ok {
			codes = append(codes, rest[:3])
		}
	}
	return codes
}

func TestJourneysWithNginx(t *testing.T) {
	server := newNginx(t)
	server.publish(t, 1, "first")
	plain := "http://127.0.0.1:" + server.port

	journey := func(t *testing.T, source becket.Source, options ...becket.Option) (*becket.Client, func() string) {
		t.Helper()
		client, err := becket.New(source, options...)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		return client, func() string { return client.For(becket.NewSubject("u")).String("state", "") }
	}
	t.Run("200 and then 304", func(t *testing.T) {
		client, state := journey(t, becket.HTTP(plain+"/flags.json"))
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "first", state())
		assert.NotEmpty(t, client.Status().ETag)
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Equal(c, []string{"200", "304"}, server.codes(t, "/flags.json"))
		}, 5*time.Second, 10*time.Millisecond)
	})
	t.Run("gzip, whose ETag is weak", func(t *testing.T) {
		client, state := journey(t, becket.HTTP(plain+"/gzip/flags.json"))
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "first", state())
		assert.Contains(t, client.Status().ETag, "W/")
		assert.Equal(t, uint64(1), client.Status().NotModified)
	})
	t.Run("authentication", func(t *testing.T) {
		client, _ := journey(t, becket.HTTP(plain+"/private/flags.json"))
		err := client.Refresh(t.Context())
		require.ErrorContains(t, err, "401 Unauthorized")
		client, state := journey(t,
			becket.HTTP("http://user:password-secret@127.0.0.1:"+server.port+"/private/flags.json"))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "first", state())
		client, state = journey(t,
			becket.HTTP("http://user:password-secret@127.0.0.1:"+server.port+"/moved/flags.json"))
		require.NoError(t, client.Refresh(t.Context()), "a redirect within the host carries the password")
		assert.Equal(t, "first", state())
	})
	t.Run("TLS", func(t *testing.T) {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: server.authority.Pool(), MinVersion: tls.VersionTLS12},
		}
		defer transport.CloseIdleConnections()
		address := "https://127.0.0.1:" + server.tls + "/flags.json"
		client, state := journey(t, becket.HTTP(address, becket.WithHTTPClient(&http.Client{Transport: transport})))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "first", state())
		client, _ = journey(t, becket.HTTP(address))
		require.ErrorContains(t, client.Refresh(t.Context()), "certificate")
	})
	t.Run("publication, outage, restart and recovery", func(t *testing.T) {
		folder := t.TempDir()
		options := []becket.Option{becket.WithDiskCache(folder), becket.WithPollInterval(time.Second)}
		client, state := journey(t, becket.HTTP(plain+"/flags.json"), options...)
		require.NoError(t, client.Refresh(t.Context()))
		server.publish(t, 2, "second")
		require.Eventually(t, func() bool { return state() == "second" }, 5*time.Second, 10*time.Millisecond)

		server.stop()
		require.Error(t, client.Refresh(t.Context()))
		assert.Equal(t, "second", state())
		require.NoError(t, client.Close())
		client, state = journey(t, becket.HTTP(plain+"/flags.json"), options...)
		assert.Equal(t, becket.TierDisk, client.Status().Tier)
		assert.Equal(t, "second", state())

		server.start(t, findNginx(t))
		before := len(server.codes(t, "/flags.json"))
		require.Eventually(t, func() bool { return client.Status().Tier == becket.TierNetwork }, 5*time.Second,
			10*time.Millisecond)
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			codes := server.codes(t, "/flags.json")[before:]
			assert.NotEmpty(c, codes)
			assert.NotContains(c, strings.Join(codes, " "), "200",
				"the disk copy's ETag is as good as a running client's")
		}, 5*time.Second, 10*time.Millisecond)
		server.publish(t, 3, "third")
		require.Eventually(t, func() bool { return state() == "third" }, 5*time.Second, 10*time.Millisecond)
		assert.Equal(t, int64(3), client.Status().Revision)
	})
}
