//go:build unix

package becket

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
)

// The umask determines the mode of a test's temporary folder, and a copy in a folder that a group
// can write to is refused.
func init() { syscall.Umask(0o022) }

func TestAFolderThatOthersCouldWriteToIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, folder string) string // returns the folder to name
		want  string
	}{
		"writable by all": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Chmod(folder, 0o777))
			return folder
		}, "is writable by others (its mode is 0777)"},
		"writable by all and sticky, as /tmp": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Chmod(folder, 0o777|os.ModeSticky))
			return folder
		}, "is writable by others"},
		"writable by its group": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Chmod(folder, 0o720))
			return folder
		}, "is writable by others (its mode is 0720)"},
		"a link": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Symlink(folder, folder+".link"))
			return folder + ".link"
		}, "is a symbolic link"},
		"a link with a slash behind it": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Symlink(folder, folder+".link"))
			return folder + ".link/"
		}, "is a symbolic link"},
		"a link that leads nowhere": {func(t *testing.T, folder string) string {
			t.Helper()
			require.NoError(t, os.Symlink(folder+".gone", folder+".link"))
			return folder + ".link"
		}, "is a symbolic link"},
		"another user's": {func(t *testing.T, folder string) string {
			t.Helper()
			if os.Geteuid() != 0 {
				t.Skip("only root can give a folder away")
			}
			require.NoError(t, os.Chown(folder, 12345, -1))
			return folder
		}, "belongs to another user (12345)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "cache")
				path := leaveCopy(t, folder, flagsDocument(3, "old"))
				before, err := os.ReadFile(path)
				require.NoError(t, err)
				named := test.spoil(t, folder)

				source := newScript(failing(errDown))
				client := newTestClient(t, source, WithDiskCache(named))
				assert.Equal(t, TierDefaults, client.Status().Tier, "nothing is read from it")
				require.ErrorIs(t, client.Status().DiskError, disk.ErrFolder)
				require.ErrorContains(t, client.Status().DiskError, test.want)

				source.set(serving("v4", flagsDocument(4, "new")))
				require.NoError(t, client.Refresh(t.Context()))
				assert.True(t, client.For(Subject{}).Enabled("new"), "the ruleset is served from memory")
				require.ErrorIs(t, client.Status().DiskError, disk.ErrFolder)
				after, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, before, after, "nothing is written to it")
				files, err := os.ReadDir(folder)
				require.NoError(t, err)
				assert.Len(t, files, 1)
			})
		})
	}
}

func TestAFolderThatIsRepairedIsUsedWithoutARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		require.NoError(t, os.Chmod(folder, 0o777))
		client := newTestClient(t, newScript(serving("v1", flagsDocument(1, "a"))), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		require.ErrorIs(t, client.Status().DiskError, disk.ErrFolder)
		require.NoError(t, os.Chmod(folder, 0o755))
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Status().DiskError)
		kept, err := diskOf(folder).Read()
		require.NoError(t, err)
		assert.NotNil(t, kept)
	})
}

func TestAFolderThatOthersCanOnlyReadIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "cache")
		require.NoError(t, os.Mkdir(folder, 0o755))
		path := leaveCopy(t, folder, flagsDocument(1, "a"))
		for file, want := range map[string]os.FileMode{folder: 0o755, path: 0o600} {
			info, err := os.Stat(file)
			require.NoError(t, err)
			assert.Equal(t, want, info.Mode().Perm(), "%s", file)
		}
		client := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
		assert.Equal(t, TierDisk, client.Status().Tier)
	})
}

func TestForeignIrregularAndHugeDiskCopiesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		plant func(t *testing.T, path string)
		want  string
	}{
		"writable by others": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Chmod(path, 0o606))
		}, "is writable by others"},
		"another user's": {func(t *testing.T, path string) {
			t.Helper()
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			require.NoError(t, os.Chown(path, 12345, -1))
		}, "belongs to another user"},
		"of one GiB": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Truncate(path, 1<<30))
		}, "too large"},
		"a pipe": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
			require.NoError(t, syscall.Mkfifo(path, 0o600))
		}, "not a regular file"},
		"a device": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
			if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|5); err != nil { // /dev/zero
				t.Skipf("no devices can be made here: %v", err)
			}
		}, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				path := leaveCopy(t, folder, flagsDocument(3, "a"))
				test.plant(t, path)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				client := newTestClient(t, newScript(failing(errDown)), WithDiskCache(folder))
				runtime.ReadMemStats(&after)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "no file of another user is read")
				assert.Equal(t, TierDefaults, client.Status().Tier)
				require.ErrorContains(t, client.Status().DiskError, test.want)
				require.NoFileExists(t, path)
				require.NoError(t, client.Close())

				leaveCopy(t, folder, flagsDocument(4, "b"))
			})
		})
	}
}
