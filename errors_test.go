package becket

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/match"
)

func TestEveryErrorHasThePrefixOnce(t *testing.T) {
	good := []byte(flagsDocument(1, "a"))
	key, _ := newKey(t)
	for name, provoke := range map[string]func(t *testing.T) error{
		"a bootstrap that cannot be decoded": func(*testing.T) error {
			_, err := New(Bytes(good), WithBootstrap([]byte(`{`)))
			return err
		},
		"a bootstrap that is a web page": func(*testing.T) error {
			_, err := New(Bytes(good), WithBootstrap([]byte("<html>")))
			return err
		},
		"a bootstrap of another environment": func(*testing.T) error {
			_, err := New(Bytes(good), WithBootstrap(good), WithEnvironment("production"))
			return err
		},
		"overrides that are not there": func(t *testing.T) error {
			_, err := New(Bytes(good), WithOverrides(filepath.Join(t.TempDir(), "none.json")))
			return err
		},
		"overrides that cannot be decoded": func(t *testing.T) error {
			_, err := New(Bytes(good), WithOverrides(fileOf(t, `{"a":null}`)))
			return err
		},
		"overrides that are too large": func(t *testing.T) error {
			_, err := New(Bytes(good), WithOverrides(fileOf(t, strings.Repeat(" ", maxOverrides+1))))
			return err
		},
		"waiting for a source that answers with nonsense": func(t *testing.T) error {
			client := newTestClient(t, newScript(serving("", "nonsense")))
			require.Error(t, client.Refresh(t.Context()))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return client.Wait(ctx)
		},
		"waiting for a client that is closed": func(t *testing.T) error {
			client := newTestClient(t, newScript(serving("", "nonsense")))
			require.Error(t, client.Refresh(t.Context()))
			require.NoError(t, client.Close())
			return client.Wait(t.Context())
		},
		"a signature that is not there": func(t *testing.T) error {
			files := fstest.MapFS{"flags.json": {Data: good}}
			return newTestClient(t, FS(files, "flags.json"), WithPublicKey(key)).Refresh(t.Context())
		},
		"a disk copy of another environment": func(t *testing.T) error {
			folder := t.TempDir()
			differs := newScript(serving("", string(good)))
			first := newTestClient(t, differs, WithDiskCache(folder))
			require.NoError(t, first.Refresh(t.Context()))
			require.NoError(t, first.Close())
			client := newTestClient(t, differs, WithDiskCache(folder), WithEnvironment("production"))
			require.NoError(t, client.Close())
			return client.Status().DiskError
		},
		"a handle of a flag that cannot be read": func(t *testing.T) error {
			client := newTestClient(t, Bytes([]byte(`{"schema":1,"flags":{"a":{"rulez":[]}}}`)))
			require.NoError(t, client.Refresh(t.Context()))
			_, err := client.Verify(BoolFlag{Key: "a"})
			return err
		},
		"a file that is too large": func(t *testing.T) error {
			path := filepath.Join(t.TempDir(), "flags.json")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			require.NoError(t, os.Truncate(path, maxDocument+1))
			return newTestClient(t, File(path)).Refresh(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := provoke(t)
			require.Error(t, err)
			for line := range strings.Lines(err.Error()) {
				assert.True(t, strings.HasPrefix(line, "becket: "), line)
				assert.Equal(t, 1, strings.Count(line, "becket: "), line)
			}
		})
	}
}

func TestWrappedErrorsAreFoundByIsAndAs(t *testing.T) {
	_, err := New(Bytes(nil), WithBootstrap([]byte(flagsDocument(1, "a"))), WithEnvironment("production"))
	assert.ErrorIs(t, err, ErrEnvironment)
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLongTextsAreQuotedShort(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", match.Brief("short"))
	assert.Equal(t, strings.Repeat("a", 40)+"…", match.Brief(strings.Repeat("a", 41)))
	assert.Equal(t, strings.Repeat("a", 39)+"…", match.Brief(strings.Repeat("a", 39)+"ü"), "no letter is cut")
}

func TestEvaluationErrorsAreTheSameByTheirCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("becket: at 1:2: bad")
	err := &EvaluationError{Code: CodeParseError, Message: "could not be read", Cause: cause}
	require.ErrorIs(t, err, ErrParse)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, errRulesPanicked)
	require.EqualError(t, err, "becket: could not be read: at 1:2: bad")
	require.EqualError(t, TypeMismatch(KindBool, KindString), "becket: the flag is of type string, not boolean")
	first := TypeMismatch(KindInt, KindFloat)
	assert.Same(t, first, TypeMismatch(KindInt, KindFloat), "the error is made only once")
	assert.Same(t, ErrTypeMismatch, TypeMismatch(KindList, KindBool))
	assert.Same(t, ErrTypeMismatch, TypeMismatch(KindBool, Kind(99)))
	bad := Bad{Section: inFlags, Key: "a", Err: cause}
	require.ErrorIs(t, bad, cause)
	require.EqualError(t, bad, cause.Error())
}
