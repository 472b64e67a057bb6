package watch

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patient is longer than a test waits on a busy machine.
const patient = 30 * time.Second

// place is a folder of a test, with files that are relative to it.
type place struct {
	t      *testing.T
	folder string
}

func (p place) path(name string) string { return filepath.Join(p.folder, filepath.FromSlash(name)) }

func (p place) write(name, content string) {
	p.t.Helper()
	require.NoError(p.t, os.WriteFile(p.path(name), []byte(content), 0o600))
}

func (p place) move(from, to string) {
	p.t.Helper()
	require.NoError(p.t, os.Rename(p.path(from), p.path(to)))
}

func (p place) mkdir(name string) {
	p.t.Helper()
	require.NoError(p.t, os.MkdirAll(p.path(name), 0o750))
}

func (p place) link(target, name string) {
	p.t.Helper()
	require.NoError(p.t, os.Symlink(filepath.FromSlash(target), p.path(name)))
}

func (p place) remove(name string) {
	p.t.Helper()
	require.NoError(p.t, os.RemoveAll(p.path(name)))
}

// reader reads a file whenever it may have changed, as a client does.
type reader struct {
	mutex    sync.Mutex
	contents []string // "" for a file that cannot be read
	ended    chan error
}

func (r *reader) last() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.contents) == 0 {
		return "not watched yet"
	}
	return r.contents[len(r.contents)-1]
}

func (r *reader) all() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return append([]string(nil), r.contents...)
}

// read watches a file until the test ends. It returns when the file is watched.
func read(t *testing.T, path string, others ...string) *reader {
	t.Helper()
	r := &reader{ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		r.ended <- Files(ctx, append(others, path), func() {
			content, _ := os.ReadFile(path)
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.contents = append(r.contents, string(content))
		})
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	require.Eventually(t, func() bool { return len(r.all()) > 0 || len(r.ended) > 0 }, patient, time.Millisecond)
	require.Empty(t, r.ended)
	return r
}

func (r *reader) becomes(t *testing.T, want, step string) {
	t.Helper()
	require.Eventually(t, func() bool { return r.last() == want }, patient, time.Millisecond, step)
}

func TestEachWayToChangeAFileIsNoticed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		begin func(place)
		step  func(p place, content string) // changes the file; it is called several times
	}{
		"a rename over it": {func(p place) { p.write("f", "0") }, func(p place, content string) {
			p.write("f.new", content)
			p.move("f.new", "f")
		}},
		"a write in place": {func(p place) { p.write("f", "0") }, func(p place, content string) {
			p.write("f", content)
		}},
		"an editor that moves the old file away": {func(p place) { p.write("f", "0") }, func(p place, content string) {
			p.write("4913", "")
			p.remove("4913")
			p.move("f", "f~")
			p.write("f", content)
			p.remove("f~")
		}},
		"a file that is removed and written again": {func(p place) { p.write("f", "0") },
			func(p place, content string) {
				p.remove("f")
				time.Sleep(2 * settles)
				p.write("f", content)
			}},
		"a file that does not exist at first": {func(place) {}, func(p place, content string) {
			p.write("f", content)
		}},
		"a ConfigMap of Kubernetes": {func(p place) {
			p.mkdir("..0")
			p.write("..0/f", "0")
			p.link("..0", "..data")
			p.link("..data/f", "f")
		}, func(p place, content string) {
			p.mkdir(".." + content)
			p.write(".."+content+"/f", content)
			p.link(".."+content, "..data_tmp")
			p.move("..data_tmp", "..data")
			entries, err := filepath.Glob(p.path("..[0-9]"))
			require.NoError(p.t, err)
			for _, entry := range entries {
				if filepath.Base(entry) != ".."+content {
					require.NoError(p.t, os.RemoveAll(entry))
				}
			}
		}},
		"a write behind a link of ConfigMaps": {func(p place) {
			p.mkdir("..0")
			p.write("..0/f", "0")
			p.link("..0", "..data")
			p.link("..data/f", "f")
		}, func(p place, content string) { p.write("..0/f", content) }},
		"releases with a link to the current one": {func(p place) {
			p.mkdir("releases/0/etc")
			p.write("releases/0/etc/g", "0")
			p.link("releases/0", "current")
			p.link("current/etc/../etc/g", "f")
		}, func(p place, content string) {
			p.mkdir("releases/" + content + "/etc")
			p.write("releases/"+content+"/etc/g", content)
			p.link(p.path("releases/"+content), "next")
			p.move("next", "current")
		}},
		"a link that points nowhere at first": {func(p place) { p.link("a/b/c", "f") },
			func(p place, content string) {
				p.mkdir("a/b")
				p.write("a/b/c", content)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place{t, t.TempDir()}
			test.begin(p)
			r := read(t, p.path("f"))
			for _, content := range []string{"1", "2", "3"} {
				test.step(p, content)
				r.becomes(t, content, content)
			}
		})
	}
}

func TestAFolderThatIsRemovedOrReplacedIsFollowed(t *testing.T) {
	t.Parallel()
	p := place{t, t.TempDir()}
	r := read(t, p.path("a/b/f"))
	p.mkdir("a/b")
	p.write("a/b/f", "1")
	r.becomes(t, "1", "made")
	p.remove("a")
	r.becomes(t, "", "removed")
	p.mkdir("a/b")
	p.write("a/b/f", "2")
	r.becomes(t, "2", "made again")
	p.mkdir("next")
	p.write("next/f", "3")
	p.move("a/b", "a/old")
	p.move("next", "a/b")
	r.becomes(t, "3", "replaced")
	p.write("a/b/f", "4")
	r.becomes(t, "4", "written after that")
	require.NoError(t, os.Remove(p.path("a/b/f")))
	require.NoError(t, os.Remove(p.path("a/b")))
	p.mkdir("a/b")
	p.write("a/b/f", "5")
	r.becomes(t, "5", "removed and made at once")
}

func TestASecondFileIsWatchedToo(t *testing.T) {
	t.Parallel()
	p := place{t, t.TempDir()}
	p.write("f", "0")
	r := read(t, p.path("f"), p.path("f.minisig"))
	p.write("f.minisig", "signature")
	require.Eventually(t, func() bool { return len(r.all()) > 1 }, patient, time.Millisecond)
}

func TestOtherFilesOfTheFolderChangeNothing(t *testing.T) {
	t.Parallel()
	p := place{t, t.TempDir()}
	p.write("f", "0")
	r := read(t, p.path("f"))
	for range 20 {
		p.write("g", "1")
		p.write("f.new", "1")
		p.remove("f.new")
		p.mkdir("d/e")
	}
	p.write("f", "1")
	r.becomes(t, "1", "the file itself")
	assert.Equal(t, "0", r.all()[0])
	for _, content := range r.all()[1:] {
		assert.Equal(t, "1", content, "there was no report for the other files")
	}
}

// A writer that pauses for less than the wait is not disturbed, and one that never stops is read
// nevertheless.
func TestAFileIsReadWhenItsWriterHasStopped(t *testing.T) {
	t.Parallel()
	p := place{t, t.TempDir()}
	p.write("f", "whole")
	r := read(t, p.path("f"))
	file, err := os.Create(p.path("f"))
	require.NoError(t, err)
	defer file.Close()
	began := time.Now()
	for range 300 {
		_, err := file.WriteString("x")
		require.NoError(t, err)
		time.Sleep(settles / 5)
	}
	took := time.Since(began)
	require.NoError(t, file.Close())
	r.becomes(t, string(bytesOf('x', 300)), "all of it")
	reports := len(r.all()) - 1
	assert.GreaterOrEqual(t, reports, 2, "events without end delay a report by a second at most")
	assert.LessOrEqual(t, reports, int(took/settles)+2, "it is not read at each event")
}

func bytesOf(c byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = c
	}
	return b
}

func TestAScopeHasTheFolderOfEachLinkAndTheNearestThatExists(t *testing.T) {
	t.Parallel()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	p := place{t, folder}
	p.mkdir("a/b")
	p.write("a/b/f", "")
	p.link("b", "a/c")
	p.link("../c/f", "a/b/l")
	p.link("loop", "loop")
	p.link(p.path("a/b"), "absolute")
	for path, want := range map[string]scope{
		"a/b/f":      {[]string{"a/b"}, []string{"a/b/f"}},
		"a/c/f":      {[]string{"a", "a/b"}, []string{"a/c", "a/b/f"}},
		"a/b/l":      {[]string{"a/b", "a"}, []string{"a/b/l", "a/c", "a/b/f"}},
		"absolute/f": {[]string{"", "a/b"}, []string{"absolute", "a/b/f"}},
		"x/y/z":      {[]string{""}, []string{"x"}},
		"a/b/f/g":    {[]string{"a/b"}, []string{"a/b/f"}},
		"a/b":        {[]string{"a"}, []string{"a/b"}},
	} {
		got := scope{}
		got.add(p.path(path))
		for _, list := range [][]string{want.folders, want.entries} {
			for i := range list {
				list[i] = p.path(list[i])
			}
		}
		assert.Equal(t, want, got, path)
	}
	got := scope{}
	got.add(p.path("loop/f"))
	assert.Equal(t, []string{folder}, got.folders, "a loop of links ends")
}

func TestAWatchThatTheSystemHasEndedIsRenewed(t *testing.T) {
	t.Parallel()
	p := place{t, t.TempDir()}
	p.mkdir("a/b")
	watcher, err := fsnotify.NewWatcher()
	require.NoError(t, err)
	defer watcher.Close()
	go func() {
		for range watcher.Events {
			continue // this only keeps the watcher going
		}
	}()
	f := &files{watcher: watcher, paths: []string{p.path("a/b/f")}, folders: map[string]os.FileInfo{}}
	for _, step := range []struct {
		name  string
		do    func()
		begun bool
	}{
		{"at first", func() {}, true},
		{"nothing has changed", func() {}, false},
		{"the system has ended it, as after an unmount", func() {
			require.NoError(t, watcher.Remove(p.path("a/b")))
		}, true},
		{"nothing has changed after that", func() {}, false},
		{"a folder above was renamed, which causes no event", func() {
			p.move("a", "z")
			p.mkdir("a/b")
		}, true},
	} {
		step.do()
		begun, err := f.renew()
		require.NoError(t, err, step.name)
		assert.Equal(t, step.begun, begun, step.name)
		assert.Equal(t, []string{p.path("a/b")}, watcher.WatchList(), step.name)
	}
}

func TestAWatchThatCannotBeHadIsAnError(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Log("root may read every folder, so only the texts of errors are tested")
	} else {
		p := place{t, t.TempDir()}
		p.mkdir("a")
		require.NoError(t, os.Chmod(p.path("a"), 0o100))
		err := Files(t.Context(), []string{p.path("a/f")}, func() { assert.Fail(t, "it is not watched") })
		require.ErrorIs(t, err, os.ErrPermission)
		require.ErrorContains(t, err, "a: ")
	}
	require.ErrorContains(t, explained(syscall.EMFILE), "fs.inotify.max_user_instances")
	require.ErrorContains(t, explained(syscall.ENOSPC), "fs.inotify.max_user_watches")
	assert.Equal(t, os.ErrExist, explained(os.ErrExist))
}

func TestInABubbleTimeGoesOn(t *testing.T) {
	t.Parallel()
	assert.False(t, inBubble())
	path := filepath.Join(t.TempDir(), "f")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		require.NoError(t, Files(ctx, []string{path}, func() { assert.Fail(t, "it is not watched") }))
		assert.Equal(t, time.Hour, time.Since(began))
	})
}
