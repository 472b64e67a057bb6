package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTwoPathsOfOneFileAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("real", 0o700))
	require.NoError(t, os.WriteFile("old.key", []byte("precious"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join("real", "old.key"), []byte("precious"), 0o600))
	require.NoError(t, os.Link("old.key", "hard.pub"))
	whole, err := filepath.Abs("a.key")
	require.NoError(t, err)
	tests := map[string][2]string{
		"the same":              {"a.key", "a.key"},
		"spelled otherwise":     {"a.key", "./a.key"},
		"by a detour":           {"a.key", "real/../a.key"},
		"from the root":         {"a.key", whole},
		"in another case":       {"a.key", "A.KEY"},
		"by a hard link":        {"old.key", "hard.pub"},
		"old ones, the same":    {"old.key", "./old.key"},
		"old ones in one place": {"real/old.key", "./real/old.key"},
	}
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("real", "linked"))
		require.NoError(t, os.Symlink("old.key", "soft.pub"))
		require.NoError(t, os.Symlink("new.key", "dangling.pub"))
		tests["by a link"] = [2]string{"old.key", "soft.pub"}
		tests["by a link to where nothing is yet"] = [2]string{"new.key", "dangling.pub"}
		tests["through a linked folder"] = [2]string{"real/a.key", "linked/a.key"}
	}
	for name, paths := range tests {
		t.Run(name, func(t *testing.T) {
			for _, order := range [][2]string{paths, {paths[1], paths[0]}} {
				code, _, stderr := command(t, nil, "keygen", "-W", "-f", "-s", order[0], "-p", order[1])
				assert.Equal(t, exitUsage, code)
				assert.Contains(t, stderr, "are one file")
			}
			assert.NoFileExists(t, "a.key")
			old, err := os.ReadFile("old.key")
			require.NoError(t, err)
			assert.Equal(t, "precious", string(old))
		})
	}
}

func TestForceDestroysNoKeyThatItCannotReplace(t *testing.T) {
	for name, public := range map[string]func(t *testing.T) string{
		"no folder for the public key": func(*testing.T) string { return filepath.Join("nowhere", "new.pub") },
		"a folder in its place": func(t *testing.T) string {
			t.Helper()
			require.NoError(t, os.Mkdir("new.pub", 0o700))
			return "new.pub"
		},
		"a file in place of its folder": func(t *testing.T) string {
			t.Helper()
			require.NoError(t, os.WriteFile("file", nil, 0o600))
			return filepath.Join("file", "new.pub")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("old.key", []byte("precious"), 0o600))
			path := public(t)
			before := listing(t)
			code, _, stderr := command(t, nil, "keygen", "-W", "-f", "-s", "old.key", "-p", path)
			assert.Equal(t, exitUsage, code, stderr)
			assert.Equal(t, before, listing(t))
		})
	}
}

func TestEachRenameThatFailsLeavesTheOldKeys(t *testing.T) {
	for name, old := range map[string]map[string]string{
		"both were there": {"a.key": "secret", "a.pub": "public"},
		"the secret one":  {"a.key": "secret"},
		"the public one":  {"a.pub": "public"},
		"neither":         {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for file, text := range old {
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			}
			for failing := 1; ; failing++ {
				n := 0
				k := keyFiles{secret: "a.key", public: "a.pub", rename: func(from, to string) error {
					if n++; n == failing {
						return errors.New("the disk is gone")
					}
					return os.Rename(from, to)
				}}
				if err := k.replace([]byte("new secret"), []byte("new public")); err == nil {
					require.Greater(t, failing, 2, "some renames were made to fail")
					break
				}
				require.Equal(t, old, listing(t), "rename %d", failing)
			}
			assert.Equal(t, map[string]string{"a.key": "new secret\n", "a.pub": "new public\n"}, listing(t))
		})
	}
}

// listing returns the contents of every file in the folder.
func listing(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range entries {
		if text, err := os.ReadFile(entry.Name()); err == nil {
			files[entry.Name()] = string(text)
		} else {
			files[entry.Name()] = "not a file"
		}
	}
	return files
}
