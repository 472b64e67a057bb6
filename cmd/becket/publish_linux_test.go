package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/target"
)

func TestADocumentIsPublishedToEngines(t *testing.T) {
	publishFolder(t)
	for name, start := range map[string]func(*testing.T) *engine{
		"nats": startNATS, "redis": startRedis, "postgres": startPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			engine := start(t)
			t.Run("clients learn of it at once", func(t *testing.T) { clientsLearn(t, engine) })
			t.Run("a lower revision is refused", func(t *testing.T) { lowerIsRefused(t, engine) })
			t.Run("another publisher is first", func(t *testing.T) { overtakenBy(t, engine) })
			t.Run("a format without revisions", func(t *testing.T) { withoutRevisions(t, engine) })
			t.Run("the password is wrong", func(t *testing.T) { passwordIsWrong(t, engine) })
			t.Run("the server does not answer", func(t *testing.T) { serverIsStopped(t, engine) })
		})
	}
}

// clientsLearn publishes twice for a client that polls once a day, so that only the signal tells
// it.
func clientsLearn(t *testing.T, engine *engine) {
	t.Helper()
	assert.Equal(t, "flags.json is live at "+engine.name+": revision 42, 1,342 bytes, "+
		"signed by the key CC5C0445DB23D2F1, the first document there\n",
		good(t, "publish", "flags.json", "--to", engine.to, "--key", "becket.key"))
	public, err := os.ReadFile("becket.pub")
	require.NoError(t, err)
	client, err := becket.New(engine.source, becket.WithPublicKey(string(public)),
		becket.WithPollInterval(24*time.Hour))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	assert.EqualValues(t, 42, client.Status().Revision)
	require.Eventually(t, func() bool {
		signals := client.Status().Signals
		return len(signals) == 1 && signals[0].Connected
	}, time.Minute, 10*time.Millisecond)

	hints := hintsOf(t, engine.source)
	next := []string{"publish", "next.json", "--to", engine.to, "--key", "becket.key", "--spread", "100ms"}
	stdout := good(t, append(next, "--dry-run", "--subjects", "1000")...)
	assert.Contains(t, stdout, engine.name+" (revision 42) → next.json (revision 43)")
	assert.Contains(t, good(t, next...), "next.json is live at "+engine.name+": revision 42 → 43, ",
		"the dry run has published nothing")
	require.Eventually(t, func() bool { return client.Status().Revision == 43 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, "CC5C0445DB23D2F1", client.Status().SignedBy)
	var spread becket.Hint
	for h := range hints { // a source may pass on one of its own before it
		if spread = h; h.Spread > 0 {
			break
		}
	}
	assert.Equal(t, 100*time.Millisecond, spread.Spread)
	assert.EqualValues(t, 43, spread.Revision)
	assert.Contains(t, good(t, next...), "already")
}

// hintsOf watches a source and returns its hints, for a minute at most.
func hintsOf(t *testing.T, source becket.Source) <-chan becket.Hint {
	t.Helper()
	signal, ok := source.(becket.Signal)
	require.True(t, ok)
	hints, connected := make(chan becket.Hint, 100), make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var once sync.Once
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(hints)
		_ = signal.Watch(ctx, func(h becket.Hint) {
			once.Do(func() { close(connected) })
			hints <- h
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-connected
	return hints
}

func lowerIsRefused(t *testing.T, engine *engine) {
	t.Helper()
	code, _, stderr := command(t, nil, "publish", "flags.json", "--to", engine.to, "--key", "becket.key")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "the revision falls from 43 to 42")
	assert.EqualValues(t, 43, revisionOf(t, engine.source))
}

// overtakenBy lets another publisher publish between the reading and the writing.
func overtakenBy(t *testing.T, engine *engine) {
	t.Helper()
	to, err := target.Open(t.Context(), engine.to, target.Options{})
	require.NoError(t, err)
	defer to.Close()
	live, err := to.Live(t.Context())
	require.NoError(t, err)
	document := string(live.Body)
	require.Contains(t, document, `"revision": 43`)
	good(t, "publish", "next.json", "--to", engine.to, "--key", "becket.key", "--revision", "60")
	put := func(revision string) error {
		return to.Put(t.Context(), &target.Publication{
			Body:      []byte(strings.Replace(document, `"revision": 43`, `"revision": `+revision, 1)),
			Signature: live.Signature, Format: becket.Native, Live: &live,
		})
	}
	require.ErrorIs(t, put("59"), target.ErrOvertaken)
	require.ErrorIs(t, put("61"), target.ErrOvertaken, "it would undo the other publication")
	assert.EqualValues(t, 60, revisionOf(t, engine.source))
}

func withoutRevisions(t *testing.T, engine *engine) {
	t.Helper()
	code, _, stderr := command(t, nil, "publish", "flagd.json", "--to", engine.to, "--unsigned")
	if strings.HasPrefix(engine.to, "nats:") {
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, stderr, "NATS takes only native documents: those of flagd")
		return
	}
	assert.Equal(t, exitFinding, code, "the live document is native")
	assert.Contains(t, stderr, "the format changes from native")
	to := strings.Replace(engine.to, "shop", "other", 1)
	assert.Contains(t, good(t, "publish", "flagd.json", "--to", to), "244 bytes, the first document there")
	assert.Contains(t, good(t, "publish", "flagd-next.json", "--to", to), "other: 245 bytes\n")
}

func passwordIsWrong(t *testing.T, engine *engine) {
	t.Helper()
	to := strings.Replace(engine.to, enginePassword, "hush-not", 1)
	code, stdout, stderr := command(t, nil, "publish", "next.json", "--to", to)
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, engine.name)
	assert.Regexp(t, "(?i)authorization|WRONGPASS|password authentication failed", stderr)
	assert.NotContains(t, stderr, "hush")
}

// serverIsStopped comes last, because some servers do not recover at once.
func serverIsStopped(t *testing.T, engine *engine) {
	t.Helper()
	require.NoError(t, engine.process.Signal(syscall.SIGSTOP))
	code, _, stderr := command(t, nil, "publish", "next.json", "--to", engine.to, "--timeout", "1s")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, engine.name)
	assert.NotContains(t, stderr, "hush")
}
