package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless is an input that never ends. It closes asked when a test reads it.
type endless struct {
	asked chan struct{}
	once  sync.Once
}

func newEndless() *endless { return &endless{asked: make(chan struct{})} }

func (e *endless) wait() {
	e.once.Do(func() { close(e.asked) })
	select {}
}

func (e *endless) Read([]byte) (int, error) { e.wait(); return 0, io.EOF }

func (e *endless) password(context.Context, string) (string, error) { e.wait(); return "", nil }

// interrupted runs a verb, interrupts it when begun is closed, and returns its exit code and its
// output.
func interrupted(t *testing.T, change func(*env), begun <-chan struct{}, args ...string) (code int, output string) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	type result struct {
		code   int
		output string
	}
	ended := make(chan result, 1)
	go func() {
		code, stdout, stderr := command(t, func(e *env) { e.ctx = ctx; change(e) }, args...)
		ended <- result{code, stdout + stderr}
	}()
	select {
	case <-begun:
	case r := <-ended:
		require.Fail(t, "the verb ended before it was interrupted", r.output)
	}
	interrupt()
	select {
	case r := <-ended:
		return r.code, r.output
	case <-time.After(time.Minute):
		require.Fail(t, "the verb goes on")
		return 0, ""
	}
}

func TestAnInterruptionEndsEveryVerbThatWaitsForInput(t *testing.T) {
	const flags = "flags.json"
	for name, args := range map[string][]string{
		"check":                    {"check", "-"},
		"fmt":                      {"fmt", "-"},
		"build":                    {"build", "-"},
		"eval":                     {"eval", "banner", "-r", "-"},
		"explain":                  {"explain", "banner", "-r", "-"},
		"simulate":                 {"simulate", "banner", "-r", "-"},
		"simulate's population":    {"simulate", "banner", "-r", flags, "-p", "-"},
		"diff, the old document":   {"diff", "-", flags},
		"diff, the new document":   {"diff", flags, "-"},
		"diff's population":        {"diff", flags, flags, "-p", "-"},
		"gen":                      {"gen", "go", "-"},
		"usage":                    {"usage", "-r", "-"},
		"keygen's prompt":          {"keygen", "-s", "x.key", "-p", "x.pub"},
		"verify on standard input": {"verify", "-", "-p", "becket.pub"},
	} {
		t.Run(name, func(t *testing.T) {
			input := newEndless()
			t.Chdir(copyOf(t, "testdata/rules"))
			code, output := interrupted(t, func(e *env) { e.stdin, e.password = input, input.password }, input.asked,
				args...)
			assert.Equal(t, exitInterrupted, code)
			assert.Empty(t, output)
			assert.NoFileExists(t, "x.key")
		})
	}
}

// copyOf copies a folder to a new one.
func copyOf(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(filepath.FromSlash(folder))))
	return to
}

func TestAnInterruptionEndsAWaitForAServer(t *testing.T) {
	for _, verb := range []string{"check", "live"} {
		asked, ended := make(chan struct{}), make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(asked)
			<-r.Context().Done()
			close(ended)
		}))
		t.Cleanup(server.Close)
		code, output := interrupted(t, func(*env) {}, asked, verb, server.URL)
		assert.Equal(t, exitInterrupted, code, verb)
		assert.Empty(t, output)
		<-ended
	}
}

// reported is a stderr that closes began at the first write.
type reported struct {
	began chan struct{}
	once  sync.Once
}

func (r *reported) Write(text []byte) (int, error) {
	r.once.Do(func() { close(r.began) })
	return len(text), nil
}

func TestAnInterruptionEndsABillionSubjects(t *testing.T) {
	flags, next := rulesFile("flags.json"), rulesFile("next.json")
	for name, args := range map[string][]string{
		"simulate": {"simulate", "new-checkout", "-r", flags, "--subjects", "1000000000"},
		"diff":     {"diff", flags, next, "--subjects", "1000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			bar := &reported{began: make(chan struct{})}
			code, output := interrupted(t, func(e *env) { e.progress, e.stderr = true, bar }, bar.began, args...)
			assert.Equal(t, exitInterrupted, code)
			assert.Empty(t, output, "no half of a result")
		})
	}
}

// Some work cannot be ended, such as the decryption of a secret key.
func TestAnInterruptionLeavesWorkBehindThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		e := &env{ctx: ctx, files: make(chan struct{}, 1)}
		release, late := make(chan struct{}), make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			ended <- e.interruptible(func() error {
				<-release
				close(late)
				return e.writing(func() error { panic("an interrupted command writes nothing") })
			})
		}()
		synctest.Wait()
		began := time.Now()
		interrupt()
		require.ErrorIs(t, <-ended, context.Canceled)
		assert.Equal(t, patience, time.Since(began))
		close(release)
		<-late
		<-e.files // the test may not leave goroutines behind
		synctest.Wait()
	})
}

func TestAnInterruptionWaitsForAFileThatIsBeingWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		e := &env{ctx: ctx, files: make(chan struct{}, 1)}
		written := 0
		ended := make(chan error, 1)
		go func() {
			ended <- e.interruptible(func() error {
				write := func() error {
					time.Sleep(time.Hour)
					written++
					return nil
				}
				if err := e.writing(write); err != nil {
					return err
				}
				return e.writing(write)
			})
		}()
		synctest.Wait()
		interrupt()
		require.ErrorIs(t, <-ended, context.Canceled)
		assert.Equal(t, 1, written, "the first file is whole, and the second is not begun")
		<-e.files // the test may not leave goroutines behind
		synctest.Wait()
	})
}

func TestAnInterruptedCommandReplacesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	e := &env{ctx: ctx, files: make(chan struct{}, 1)}
	require.ErrorIs(t, e.writeFile(path, []byte("new")), context.Canceled)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(text))
}
