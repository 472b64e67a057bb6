package becket

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errDown = errors.New("down")

// leaveCopy runs a client once, so that it leaves a disk copy of a document, and returns the copy's
// path.
func leaveCopy(t *testing.T, folder, body string, options ...Option) string {
	t.Helper()
	client := newTestClient(t, newScript(serving("v1", body)), append(options, WithDiskCache(folder))...)
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Close())
	files, err := filepath.Glob(filepath.Join(folder, "*.becket"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0]
}

func TestADiskCopyServesTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "a", "b")
		path := leaveCopy(t, folder, flagsDocument(3, "a"))
		written := time.Now()
		time.Sleep(time.Hour)
		source := newScript(failing(errDown))
		client := newTestClient(t, source, WithDiskCache(folder), WithBootstrap([]byte(flagsDocument(3, "b"))))
		require.NoError(t, client.Wait(t.Context()))
		status := client.Status()
		assert.Equal(t, TierDisk, status.Tier, "equal revisions: the disk copy")
		assert.Equal(t, "v1", status.ETag)
		assert.True(t, written.Equal(status.ConfirmedAt.Round(0)), "%v %v", written, status.ConfirmedAt)
		assert.True(t, client.For(Subject{}).Enabled("a"))

		source.set(serving("v1", "must not be asked for"))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "v1", source.last().ETag)
		assert.Equal(t, TierNetwork, client.Status().Tier, "a 304 for the disk copy's ETag counts")
		assert.Equal(t, time.Now(), client.Status().ConfirmedAt)

		if runtime.GOOS == "windows" {
			return // it has no such permissions
		}
		for file, want := range map[string]fs.FileMode{
			folder: 0o700 | fs.ModeDir, filepath.Dir(folder): 0o700 | fs.ModeDir, path: 0o600,
		} {
			info, err := os.Stat(file)
			require.NoError(t, err)
			assert.Equal(t, want, info.Mode(), file)
		}
	})
}

func TestTheHigherRevisionOfDiskAndBootstrapIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		leaveCopy(t, folder, flagsDocument(3, "disk"))
		source := newScript(failing(errDown))
		client := newTestClient(t, source, WithDiskCache(folder), WithBootstrap([]byte(flagsDocument(4, "bootstrap"))))
		assert.Equal(t, TierBootstrap, client.Status().Tier)
		assert.True(t, client.For(Subject{}).Enabled("bootstrap"))
		source.set(serving("v3", flagsDocument(3, "a")))
		require.ErrorIs(t, client.Refresh(t.Context()), ErrLowerRevision)
		source.set(serving("v4", flagsDocument(4, "a")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Zero(t, source.last(), "the disk copy's validator belongs to a body that is not in use")
	})
}

func TestADamagedDiskCopyIsRenamedAndReported(t *testing.T) {
	rewrite := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, change(body), 0o600))
		}
	}
	for name, test := range map[string]struct {
		damage  func(*testing.T, string)
		options []Option
		want    string
		stays   bool
	}{
		"a flipped bit in the body": {
			rewrite(func(b []byte) []byte { b[len(b)-9] ^= 1; return b }), nil, "checksum", false,
		},
		"cut short": {rewrite(func(b []byte) []byte { return b[:len(b)-1] }), nil, "checksum", false},
		"longer":    {rewrite(func(b []byte) []byte { return append(b, ' ') }), nil, "checksum", false},
		"empty":     {rewrite(func([]byte) []byte { return nil }), nil, "does not begin like a disk copy", false},
		"something else": {
			rewrite(func([]byte) []byte { return []byte("hello\nworld\n\n") }), nil, "does not begin like a disk copy",
			false,
		},
		"version 0": {
			rewrite(func(b []byte) []byte { b[len("becket-disk ")] = '0'; return b }), nil, "no version", false,
		},
		"a newer version": {
			rewrite(func(b []byte) []byte { b[len("becket-disk ")] = '2'; return b }), nil, "newer version", true,
		},
		"of another environment": {
			func(*testing.T, string) {}, []Option{WithEnvironment("production")}, "another environment", false,
		},
		"without a signature": {
			func(*testing.T, string) {},
			[]Option{WithPublicKey("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")}, "not signed", false,
		},
		"a folder": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		}, nil, "not a regular file", false},
		"a link to a good copy": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Rename(path, path+".elsewhere"))
			if err := os.Symlink(path+".elsewhere", path); err != nil {
				t.Skipf("no links here: %v", err)
			}
		}, nil, "not a regular file", false},
		"of another source": {func(t *testing.T, path string) {
			t.Helper()
			other := &script{answer: serving("x", flagsDocument(9, "other")), identity: "other"}
			client := newTestClient(t, other, WithDiskCache(filepath.Dir(path)))
			require.NoError(t, client.Refresh(t.Context()))
			require.NoError(t, client.Close())
			files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.becket"))
			require.NoError(t, err)
			require.Len(t, files, 2)
			place := slices.IndexFunc(files, func(file string) bool { return file != path })
			require.NoError(t, os.Rename(files[place], path))
		}, nil, "another source", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				path := leaveCopy(t, folder, flagsDocument(3, "a"))
				test.damage(t, path)
				heard := &recorder{}
				source := newScript(failing(errDown))
				options := append(test.options, WithDiskCache(folder), WithHooks(heard.hooks()))
				client := newTestClient(t, source, options...)
				assert.Equal(t, TierDefaults, client.Status().Tier)
				require.ErrorContains(t, client.Status().LastError, test.want)
				require.ErrorContains(t, client.Status().DiskError, test.want)
				synctest.Wait()
				_, errs, _ := heard.seen()
				require.NotEmpty(t, errs)
				require.ErrorContains(t, errs[0], test.want)
				_, err := os.Lstat(path + ".bad")
				assert.Equal(t, test.stays, errors.Is(err, fs.ErrNotExist))
				_, err = os.Lstat(path)
				assert.Equal(t, test.stays, err == nil)
				require.NoError(t, client.Close())

				again := newTestClient(t, newScript(serving("v2", flagsDocument(3, "a"))), WithDiskCache(folder))
				require.NoError(t, again.Refresh(t.Context()))
				assert.NoError(t, again.Status().LastError)
				info, err := os.Lstat(path)
				require.NoError(t, err)
				assert.True(t, info.Mode().IsRegular())
				if test.stays {
					assert.FileExists(t, path+".newer", "the copy of a newer version is kept")
				}
			})
		})
	}
}

func TestAStampFromTheFutureIsStaleAtOnce(t *testing.T) {
	document := `{"schema":1,"revision":1,"flags":{"a":{"default":"on","max_age":"1h"}}}`
	for name, test := range map[string]struct {
		clock time.Duration // of the next start, against the first
		stale bool
	}{
		"the same moment": {0, false},
		"in time":         {59 * time.Minute, false},
		"too late":        {61 * time.Minute, true},
		"a year before":   {-365 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				leaveCopy(t, folder, document)
				clock := func() time.Time { return time.Now().Add(test.clock) }
				client := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder), WithClock(clock))
				want := ReasonStatic
				if test.stale {
					want = ReasonStale
				}
				assert.Equal(t, want, client.For(Subject{}).BoolDetail("a", false).Reason)
				assert.Equal(t, test.clock < 0, client.Status().ConfirmedAt.IsZero())
			})
		})
	}
}

func TestNotModifiedRenewsTheStampOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		client := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder),
			WithPollInterval(time.Second))
		require.NoError(t, client.Refresh(t.Context()))
		d := diskOf(folder)
		stamps := map[time.Time]bool{}
		for range 600 {
			time.Sleep(time.Second)
			kept, err := d.Read()
			require.NoError(t, err)
			stamps[kept.ConfirmedAt] = true
			assert.LessOrEqual(t, time.Since(kept.ConfirmedAt), 62*time.Second)
		}
		assert.InDelta(t, 10, len(stamps), 1)
	})
}

func TestADiskThatCannotBeWrittenStopsNothing(t *testing.T) {
	for name, folder := range map[string]func(*testing.T) string{
		"a folder that is a file": func(t *testing.T) string {
			t.Helper()
			path := filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			return path
		},
		"a folder below a file": func(t *testing.T) string {
			t.Helper()
			path := filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			return filepath.Join(path, "folder")
		},
		"a read-only folder": func(t *testing.T) string {
			t.Helper()
			if os.Getuid() == 0 || runtime.GOOS == "windows" {
				t.Skip("root may write everywhere, and Windows asks otherwise")
			}
			path := t.TempDir()
			require.NoError(t, os.Chmod(path, 0o500))
			return path
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				heard := &recorder{}
				client := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder(t)),
					WithHooks(heard.hooks()))
				require.NoError(t, client.Refresh(t.Context()), "the ruleset is served")
				assert.True(t, client.For(Subject{}).Enabled("a"))
				status := client.Status()
				require.Error(t, status.DiskError)
				assert.ErrorIs(t, status.LastError, status.DiskError, "Status has the reason")
				assert.Zero(t, status.Failures)
				synctest.Wait()
				_, errs, _ := heard.seen()
				require.NotEmpty(t, errs)
				failure, ok := errors.AsType[*DeliveryError](errs[len(errs)-1])
				require.True(t, ok)
				assert.Equal(t, CauseDisk, failure.Cause)
			})
		})
	}
}

func TestAWriteThatFailedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "folder")
		require.NoError(t, os.WriteFile(folder, nil, 0o600))
		client := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		require.Error(t, client.Status().DiskError)
		require.NoError(t, os.Remove(folder))
		require.NoError(t, client.Refresh(t.Context()), "a 304")
		assert.NoError(t, client.Status().LastError)
		kept, err := diskOf(folder).Read()
		require.NoError(t, err)
		assert.JSONEq(t, flagsDocument(1, "a"), string(kept.Body))
	})
}

func TestTwoSourcesInOneFolderDoNotMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		for _, name := range []string{"staging", "production"} {
			source := &script{
				answer: serving("v1", flagsDocument(1, name)), identity: "https://token@example.com/" + name,
			}
			client := newTestClient(t, source, WithDiskCache(folder))
			require.NoError(t, client.Refresh(t.Context()))
			require.NoError(t, client.Close())
		}
		for _, name := range []string{"staging", "production"} {
			source := &script{answer: failing(errDown), identity: "https://token@example.com/" + name}
			client := newTestClient(t, source, WithDiskCache(folder))
			assert.True(t, client.For(Subject{}).Enabled(name))
			assert.Equal(t, 1, client.Status().Flags)
		}
		files, err := os.ReadDir(folder)
		require.NoError(t, err)
		for _, file := range files {
			body, err := os.ReadFile(filepath.Join(folder, file.Name()))
			require.NoError(t, err)
			assert.NotContains(t, string(body)+file.Name(), "token", "identities are hashed")
			assert.NotContains(t, string(body)+file.Name(), "example.com")
		}
	})
}

func TestCloseLetsTheWriteOfAPublishedRulesetFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithDiskCache(folder))
		require.NoError(t, client.Wait(t.Context()))
		require.NoError(t, client.Close())
		kept, err := diskOf(folder).Read()
		require.NoError(t, err)
		require.NotNil(t, kept)
		assert.JSONEq(t, flagsDocument(1, "a"), string(kept.Body))
	})
}

func TestACustomValidatorOfAnyBytesSurvivesTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		validator := Validator{ETag: "\xff\x00\n", LastModified: "yesterday"}
		source := newScript(func(context.Context, Validator) (Document, error) {
			return Document{Body: []byte(flagsDocument(1, "a")), Validator: validator}, nil
		})
		client := newTestClient(t, source, WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
		kept, err := diskOf(folder).Read()
		require.NoError(t, err)
		assert.Equal(t, validator.ETag, kept.ETag)
		assert.Equal(t, validator.LastModified, kept.LastModified)
	})
}
