//go:build linux

package nats

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/nats/internal/natstest"
)

// typist runs the commands of docs/nats.md in a folder that is like a clone of the repository.
type typist struct {
	folder string
	server string // replaces the address of the page
	blocks map[string][]string
}

func newTypist(t *testing.T) *typist {
	t.Helper()
	page, err := os.ReadFile("../docs/nats.md")
	require.NoError(t, err)
	free, err := natstest.NewNode("unused", t.TempDir())
	require.NoError(t, err)
	p := &typist{folder: t.TempDir(), server: free.Address(), blocks: map[string][]string{}}
	for _, block := range strings.Split(string(page), "\n```")[1:] {
		language, text, _ := strings.Cut(block, "\n")
		p.blocks[language] = append(p.blocks[language], strings.ReplaceAll(text, "localhost:4222", p.server))
	}
	module, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(p.folder, "nats.conf"), []byte(p.blocks["conf"][0]), 0o600))
	require.NoError(t, os.Symlink(module, filepath.Join(p.folder, "nats")))
	return p
}

// command returns a block of the page as a command of the shell.
func (p *typist) command(t *testing.T, number int) *exec.Cmd {
	t.Helper()
	command := exec.Command("bash", "-euo", "pipefail", "-c", p.blocks["sh"][number])
	command.Dir = p.folder
	command.Env = append(os.Environ(), "GOWORK=off", "PATH="+os.Getenv("PATH")+":/usr/sbin")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

func (p *typist) run(t *testing.T, number int) string {
	t.Helper()
	out, err := p.command(t, number).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// begin starts a block that runs until the test ends, and returns its output.
func (p *typist) begin(t *testing.T, number int) *lockedBuffer {
	t.Helper()
	command, said := p.command(t, number), &lockedBuffer{}
	command.Stdout, command.Stderr = said, said
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait() // it was killed, which is an error
	})
	return said
}

// lockedBuffer is a bytes.Buffer that is safe for concurrent use.
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

// The blocks of commands in their order.
const (
	runServer = iota
	buildExample
	publishFirst
	followIt
	publishSecond
)

func TestTheCommandsOfThePageWork(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a program, and -short was given")
	}
	findServer(t)
	p := newTypist(t)
	p.run(t, buildExample)
	server := p.begin(t, runServer)
	require.Eventually(t, func() bool { return strings.Contains(server.String(), "Server is ready") }, nextMessage,
		10*time.Millisecond, "%v", server)
	assert.Equal(t, "published revision 1 after 0\n", p.run(t, publishFirst))
	said := p.begin(t, followIt)
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "revision 1: new-checkout is false\n") },
		nextMessage, 10*time.Millisecond, "%v", said)
	assert.Equal(t, "published revision 2 after 1\n", p.run(t, publishSecond))
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "revision 2: new-checkout is true\n") },
		nextMessage, 10*time.Millisecond, "%v", said)
	p.checkRights(t, server)
}

// checkRights checks that the users of the page may do everything that they need, and nothing else.
func (p *typist) checkRights(t *testing.T, server *lockedBuffer) {
	t.Helper()
	assert.NotContains(t, server.String(), "Violation", "the server refused nothing so far")
	as := func(user string) jetstream.JetStream { return jetStream(t, connect(t, "nats://"+user+"@"+p.server)) }
	publisher, reader := as("publisher:publish-secret"), as("reader:read-secret")
	for revision := int64(3); revision <= 6; revision++ {
		result, err := Publish(t.Context(), publisher, "flags", "production.json", Publication{
			Body: document(revision, 2<<20),
		})
		require.NoError(t, err)
		require.NoError(t, result.TidyError)
		require.NoError(t, result.HintError)
	}
	source := Source(reader, "flags", "production.json")
	all := hints(t, asSignal(t, source))
	next(t, all)
	assert.Equal(t, document(6, 2<<20), fetch(t, source, becket.Validator{}).Body)
	_, err := Publish(t.Context(), publisher, "flags", "production.json", Publication{Body: document(7, 0)})
	require.NoError(t, err)
	assert.Equal(t, int64(7), next(t, all).Revision)
	assert.Equal(t, document(7, 0), fetch(t, source, becket.Validator{}).Body)
	assert.NotContains(t, server.String(), "Violation", "the server refused nothing so far")

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = Publish(ctx, reader, "flags", "production.json", Publication{Body: document(8, 0)})
	require.Error(t, err)
	require.Eventually(t, func() bool {
		return strings.Contains(server.String(),
			`Publish Violation - User "reader", Subject "$KV.flags.production.json"`)
	}, nextMessage, 10*time.Millisecond)
	assert.Equal(t, document(7, 0), fetch(t, source, becket.Validator{}).Body)
}
