//go:build unix

package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

const (
	root     = "../.."
	patience = 40 * time.Second
)

// output is what a program has written so far.
type output struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.String()
}

// page is docs/redis.md, whose commands run with another port and a program that is built once.
type page struct {
	blocks []string // the blocks of shell commands
	server string   // the server's address
}

func newPage(t *testing.T) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "redis.md"))
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	require.NoError(t, listener.Close())
	program := filepath.Join(t.TempDir(), "example")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", built)
	p := &page{server: "127.0.0.1:" + port}
	for _, block := range strings.Split(string(text), "```sh\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		block = strings.NewReplacer("6379", port, "go run ./example", "exec "+program).Replace(block)
		p.blocks = append(p.blocks, block)
	}
	require.Len(t, p.blocks, 3)
	return p
}

// command returns the shell that runs a block in a folder.
func (p *page) command(t *testing.T, block int, folder string) (*exec.Cmd, *output) {
	t.Helper()
	said := &output{}
	command := exec.CommandContext(t.Context(), "bash", "-euc", p.blocks[block])
	command.Dir, command.Stdout, command.Stderr = folder, said, said
	return command, said
}

// startServer runs the set-up of the page.
func (p *page) startServer(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	setUp, said := p.command(t, 0, folder)
	require.NoError(t, setUp.Run(), "%v", said)
	t.Cleanup(func() {
		pid, err := os.ReadFile(filepath.Join(folder, "becket-redis", "redis.pid"))
		require.NoError(t, err)
		number, err := strconv.Atoi(strings.TrimSpace(string(pid)))
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(number, syscall.SIGKILL))
	})
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", p.server)
		return err == nil && connection.Close() == nil
	}, patience, 10*time.Millisecond)
}

// as returns a client of a user of the page.
func (p *page) as(t *testing.T, user string) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{
		Addr: p.server, Username: "becket-" + user, Password: user + "-password",
	})
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

func TestTheCommandsOfThePageWork(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); !inCI {
			t.Skip("redis-server is not installed")
		}
		require.NoError(t, err)
	}
	p := newPage(t)
	p.startServer(t)

	publish, said := p.command(t, 1, root)
	require.NoError(t, publish.Run(), "%v", said)
	assert.Equal(t, "revision 7 is live after 0\n", said.String())
	again, said := p.command(t, 1, root)
	require.Error(t, again.Run())
	assert.Contains(t, said.String(), "7 is live, with this very document")

	follow, said := p.command(t, 2, root)
	require.NoError(t, follow.Start())
	ended := make(chan error, 1)
	go func() { ended <- follow.Wait() }()
	says := func(text string) {
		require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Contains(c, said.String(), text) },
			patience, 10*time.Millisecond)
	}
	says("revision 7 is in use")
	next := redis.Publication{Body: []byte(`{"schema": 1, "revision": 8, "flags": {"a": {}}}`)}
	_, err := redis.Publish(t.Context(), p.as(t, "publisher"), key, next)
	require.NoError(t, err)
	says("revision 8 is in use")
	require.NoError(t, follow.Process.Signal(os.Interrupt))
	select {
	case err := <-ended:
		require.NoError(t, err, "%v", said)
	case <-time.After(patience):
		require.Fail(t, "the program does not end")
	}
	p.checkRights(t)
}

// checkRights checks that the users of the page can do nothing else.
func (p *page) checkRights(t *testing.T) {
	t.Helper()
	reader, publisher := p.as(t, "reader"), p.as(t, "publisher")
	next := redis.Publication{Body: []byte(`{"schema": 1, "revision": 9, "flags": {"a": {}}}`)}
	_, err := redis.Publish(t.Context(), reader, key, next)
	require.ErrorContains(t, err, "NOPERM")
	_, err = redis.Publish(t.Context(), publisher, "other", next)
	require.ErrorContains(t, err, "NOPERM")
	next.Channel = "other"
	_, err = redis.Publish(t.Context(), publisher, key, next)
	require.ErrorContains(t, err, "can't publish to the channel")
	_, err = redis.Source(publisher, key).Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err, "becket publish reads the live document")
	for _, command := range [][]any{
		{"HSET", key, "body", "x"}, {"DEL", key}, {"GET", "other"}, {"PUBLISH", "{flags}:hints", "x"}, {"FLUSHALL"},
	} {
		require.ErrorContains(t, reader.Do(t.Context(), command...).Err(), "NOPERM", "%v", command)
	}
	for _, command := range [][]any{{"DEL", key}, {"SET", "other", "x"}, {"FLUSHALL"}, {"CONFIG", "GET", "*"}} {
		require.ErrorContains(t, publisher.Do(t.Context(), command...).Err(), "NOPERM", "%v", command)
	}
}

func TestMistakesOnTheCommandLineAreNamed(t *testing.T) { //nolint:paralleltest // it sets the environment
	t.Setenv("REDIS_URL", "no URL")
	require.ErrorContains(t, run(t.Context(), []string{"follow"}, &output{}), "REDIS_URL")
	t.Setenv("REDIS_URL", "redis://127.0.0.1:1")
	for _, arguments := range [][]string{nil, {"publish"}, {"follow", "x"}, {"x"}} {
		require.ErrorContains(t, run(t.Context(), arguments, &output{}), "usage")
	}
	missing := filepath.Join(t.TempDir(), "flags.json")
	require.ErrorIs(t, run(t.Context(), []string{"publish", missing}, &output{}), os.ErrNotExist)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, run(ctx, []string{"follow"}, &output{}), "Ctrl-C is no error")
	require.NoError(t, os.WriteFile(missing, []byte(`{"schema": 1, "revision": 1, "flags": {}}`), 0o600))
	err := run(ctx, []string{"publish", missing}, &output{})
	assert.ErrorIs(t, err, context.Canceled)
}
