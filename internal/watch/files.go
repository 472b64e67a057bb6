// Package watch tells when files may have changed, by the events of the operating system.
package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settles is how long there must be no event before a change is reported. A file that is
	// written in place causes an event for each write.
	settles = 50 * time.Millisecond
	// latest is the longest time from an event to the report, if events never stop.
	latest = time.Second
	// renewEvery is how often the watched folders are looked for again, because a folder that is
	// unmounted, or below one that is renamed, causes no event.
	renewEvery = 30 * time.Second
	// tries is how often the folders are looked for at a time, because they may change meanwhile.
	tries = 10
)

var errUnsteady = errors.New("the folders on its path change all the time")

// Files watches files until ctx is done; then it returns nil. It calls changed first when it
// watches, and then after each change that may concern one of the files. It follows symbolic links
// and watches the folder of each. If a file or its folder does not exist, it watches the nearest
// folder above that exists. It returns an error if the system offers no events.
//
// In a bubble of testing/synctest, Files only waits for ctx and calls changed never, because a
// goroutine that waits for the operating system stops the time of a bubble.
func Files(ctx context.Context, paths []string, changed func()) error {
	if inBubble() {
		<-ctx.Done()
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return explained(err)
	}
	defer func() { _ = watcher.Close() }()
	f := &files{watcher: watcher, paths: paths, folders: map[string]fs.FileInfo{}}
	if _, err := f.renew(); err != nil {
		return err
	}
	changed()
	return f.watch(ctx, changed)
}

// explained names the setting of Linux behind an error whose text does not say what is full.
func explained(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w, or more than fs.inotify.max_user_instances watchers", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w for more than fs.inotify.max_user_watches folders", err)
	}
	return err
}

// inBubble reports whether the goroutine is in a bubble of testing/synctest. The stack trace of
// such a goroutine begins with "goroutine 18 [running, synctest bubble 1]:".
func inBubble() bool {
	var head [128]byte
	line, _, _ := bytes.Cut(head[:runtime.Stack(head[:], false)], []byte("\n"))
	return bytes.Contains(line, []byte("synctest bubble"))
}

type files struct {
	watcher *fsnotify.Watcher
	paths   []string
	folders map[string]fs.FileInfo // the watched folders as they were when the watch began
	entries []string               // the paths whose changes concern the files
}

func (f *files) watch(ctx context.Context, changed func()) error {
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	renewal := time.NewTicker(renewEvery)
	defer renewal.Stop()
	var first time.Time // of the events that are not reported yet; zero if there are none
	for {
		renewed := false
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-f.watcher.Events:
			if !open {
				return fsnotify.ErrClosed
			}
			if !f.concerned(event.Name) {
				continue
			}
		case err, open := <-f.watcher.Errors:
			if !open {
				return fsnotify.ErrClosed
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return err
			}
		case <-quiet.C:
			if _, err := f.renew(); err != nil {
				return err
			}
			first = time.Time{}
			changed()
			continue
		case <-renewal.C:
			var err error
			if renewed, err = f.renew(); err != nil {
				return err
			}
			if !renewed {
				continue
			}
		}
		if first.IsZero() {
			first = time.Now()
		}
		quiet.Reset(min(settles, time.Until(first.Add(latest))))
	}
}

// concerned reports whether an event of this path may concern the files. Systems may write a path
// in other cases than the program does.
func (f *files) concerned(path string) bool {
	return slices.ContainsFunc(f.entries, func(entry string) bool { return strings.EqualFold(entry, path) })
}

// renew watches the folders that decide which files the paths name now, and no others. It reports
// whether it has begun to watch a folder.
func (f *files) renew() (begun bool, err error) {
	for range tries {
		s := scope{}
		for _, path := range f.paths {
			s.add(path)
		}
		f.entries = append(s.entries, s.folders...)
		again, err := f.apply(s.folders)
		if err == nil && !again {
			return begun, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return begun, err
		}
		begun = true
	}
	return begun, errUnsteady
}

// apply watches folders and ends the watches of others. It reports whether it has begun to watch a
// folder; before that, the folder may have changed without an event.
func (f *files) apply(folders []string) (begun bool, err error) {
	for folder := range f.folders {
		if !slices.Contains(folders, folder) {
			f.end(folder)
		}
	}
	for _, folder := range folders {
		info, err := os.Stat(folder)
		if err != nil {
			f.end(folder)
			return begun, err
		}
		watched := f.folders[folder]
		if watched != nil && os.SameFile(watched, info) && slices.Contains(f.watcher.WatchList(), folder) {
			continue
		}
		f.end(folder)
		if err := f.watcher.Add(folder); err != nil {
			return begun, fmt.Errorf("%s: %w", filepath.Base(folder), explained(err))
		}
		f.folders[folder], begun = info, true
	}
	return begun, nil
}

// end ends the watch of a folder, if there is one.
func (f *files) end(folder string) {
	if f.folders[folder] != nil {
		_ = f.watcher.Remove(folder) // it fails if the folder no longer exists
		delete(f.folders, folder)
	}
}

// maxLinks is the greatest number of symbolic links on a path, as in Linux.
const maxLinks = 40

// scope is the part of the file system that decides which files some paths name.
type scope struct {
	folders []string // to be watched
	entries []string // in the folders: the file itself, links on the path, and whatever is missing
}

// add adds the folders and entries of a path, which must be absolute.
func (s *scope) add(path string) {
	root := filepath.VolumeName(path) + string(filepath.Separator)
	folder, rest := root, split(path[len(filepath.VolumeName(path)):])
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			folder = filepath.Dir(folder) // no part of folder is a link
			continue
		}
		entry := filepath.Join(folder, name)
		info, err := os.Lstat(entry)
		switch {
		case err == nil && info.IsDir() && len(rest) > 0:
			folder = entry
		case err == nil && info.Mode()&fs.ModeSymlink != 0 && links < maxLinks:
			links++
			s.watch(folder, entry)
			target, err := os.Readlink(entry)
			if err != nil {
				return
			}
			if filepath.IsAbs(target) {
				folder = filepath.VolumeName(target) + string(filepath.Separator)
			}
			rest = append(split(target[len(filepath.VolumeName(target)):]), rest...)
		default:
			s.watch(folder, entry)
			return
		}
	}
}

func (s *scope) watch(folder, entry string) {
	if !slices.Contains(s.folders, folder) {
		s.folders = append(s.folders, folder)
	}
	s.entries = append(s.entries, entry)
}

// split returns the elements of a path.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(filepath.ToSlash(path), "/"),
		func(name string) bool { return name == "" || name == "." })
}
