//go:build linux

package postgres_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/postgres"
	"github.com/becketflags/becket/postgres/internal/engine"
)

// reader is a reader of docs/postgres.md who types its commands.
type reader struct {
	server *engine.Server
	folder string
	blocks []string
}

// newReader reads the page. The folder is like a clone of the repository.
func newReader(t *testing.T) *reader {
	t.Helper()
	page, err := os.ReadFile("../docs/postgres.md")
	require.NoError(t, err)
	r := &reader{server: newServer(t), folder: t.TempDir()}
	for _, block := range strings.Split(string(page), "```sh\n")[1:] {
		commands, _, _ := strings.Cut(block, "```")
		r.blocks = append(r.blocks, commands)
	}
	module, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(module, filepath.Join(r.folder, "postgres")))
	return r
}

// command returns the block that has these words.
func (r *reader) command(t *testing.T, words string) *exec.Cmd {
	t.Helper()
	for _, block := range r.blocks {
		if strings.Contains(block, words) {
			command := exec.Command("bash", "-euo", "pipefail", "-c",
				strings.ReplaceAll(block, "localhost:5432", r.server.Host()))
			command.Dir = r.folder
			command.Env = append(os.Environ(), "PATH="+r.server.Programs()+":"+os.Getenv("PATH"), "GOWORK=off",
				"PGHOST=127.0.0.1", "PGPORT="+r.server.Port, "PGUSER=postgres", "PGPASSWORD="+engine.Password)
			return command
		}
	}
	require.Failf(t, "the page has no such block", "%s", words)
	return nil
}

// run runs the block that has these words, and returns what it prints.
func (r *reader) run(t *testing.T, words string) string {
	t.Helper()
	out, err := r.command(t, words).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// url returns the address of the page's database for a role of the page.
func (r *reader) url(t *testing.T, role, password string) string {
	t.Helper()
	return through(t, r.server.URL("flags"), "", role, password)
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

func TestTheCommandsOfThePageWork(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program, and -short was given")
	}
	r := newReader(t)
	r.run(t, "createdb flags")
	assert.Contains(t, r.run(t, "./example publish"), "published revision 1 after 0")

	watching, said := r.command(t, "./example watch"), &lockedBuffer{}
	watching.Stdout, watching.Stderr = said, said
	watching.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, watching.Start())
	ended := false
	t.Cleanup(func() {
		if !ended {
			_ = syscall.Kill(-watching.Process.Pid, syscall.SIGKILL)
			_ = watching.Wait()
		}
	})
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "revision 1: new-checkout is false") },
		3*patience, patience/1000, "%v", said)
	require.NoError(t, os.WriteFile(filepath.Join(r.folder, "flags.json"),
		[]byte(`{"schema": 1, "revision": 2, "flags": {"new-checkout": {"default": "on"}}}`), 0o600))
	r.run(t, "'By hand'")
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "revision 2: new-checkout is true") },
		patience, patience/1000, "%v", said)
	require.NoError(t, syscall.Kill(-watching.Process.Pid, syscall.SIGINT)) // Ctrl-C
	_ = watching.Wait()
	ended = true

	assert.Contains(t, r.run(t, "'By hand'"), "INSERT 0 0", "the revision exists")
	history := r.run(t, "> old.json")
	assert.Contains(t, history, "By hand")
	assert.Regexp(t, `mara@example.com +\| +release +\| +The first ruleset`, history)
	old, err := os.ReadFile(filepath.Join(r.folder, "old.json"))
	require.NoError(t, err)
	assert.Contains(t, string(old), `"revision": 1,`)

	t.Setenv("DATABASE_URL", r.url(t, "shop", "example-reader"))
	t.Setenv("DATABASE_DIRECT_URL", r.url(t, "shop", "example-reader"))
	pool := newPool(t, r.url(t, "release", "example-publisher"))
	revision, err := publish(t.Context(), pool, document(3), nil)
	require.NoError(t, err)
	assert.Equal(t, int64(3), revision)
	use := func(client *becket.Client) error {
		err := client.Wait(t.Context())
		assert.Equal(t, int64(3), client.Status().Revision)
		return err
	}
	require.NoError(t, start(t.Context(), t.TempDir(), use))
	require.NoError(t, startBehindPooler(t.Context(), newPool(t, r.url(t, "shop", "example-reader")), use))

	for revision := 4; revision <= 102; revision++ {
		_, err := publish(t.Context(), pool, document(revision), nil)
		require.NoError(t, err)
	}
	assert.Contains(t, r.run(t, "DELETE FROM"), "DELETE 2")
	list, err := postgres.History(t.Context(), pool, "shop", 0, 1000)
	require.NoError(t, err)
	assert.Len(t, list, 100)
	r.checkRights(t)
}

// checkRights checks that the page's roles may do nothing else.
func (r *reader) checkRights(t *testing.T) {
	t.Helper()
	for _, test := range []struct{ role, password, statement string }{
		{"shop", "example-reader", "SELECT author FROM becket_revisions"},
		{"shop", "example-reader", "DELETE FROM becket_revisions"},
		{
			"shop", "example-reader",
			"INSERT INTO becket_revisions (name, revision, etag, body) VALUES ('shop', 200, encode(sha256(''), 'hex'), '')",
		},
		{"release", "example-publisher", "DELETE FROM becket_revisions"},
		{"release", "example-publisher", "UPDATE becket_revisions SET message = ''"},
		{"release", "example-publisher", "TRUNCATE becket_revisions"},
		{
			"release", "example-publisher",
			"INSERT INTO becket_revisions (name, revision, etag, body, login) " +
				"VALUES ('shop', 200, encode(sha256(''), 'hex'), '', 'mara')",
		},
		{
			"release", "example-publisher",
			"INSERT INTO becket_revisions (name, revision, etag, body, published_at) " +
				"VALUES ('shop', 200, encode(sha256(''), 'hex'), '', now())",
		},
	} {
		_, err := newPool(t, r.url(t, test.role, test.password)).Exec(t.Context(), test.statement)
		require.ErrorContains(t, err, "permission denied", "%s: %s", test.role, test.statement)
	}
}
