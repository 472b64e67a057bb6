package becket

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/becketflags/becket/internal/watch"
)

// watchedFile is a source of a file whose changes the operating system reports.
type watchedFile struct {
	*fileSource
	path string
}

// Name returns the name of the file without its folder.
func (s *watchedFile) Name() string { return "file " + filepath.Base(s.path) }

// pollsOn makes the client poll as often as without events. Network file systems deliver none, and
// reading a local file costs little.
func (s *watchedFile) pollsOn() bool { return true }

// Watch waits for changes of the file and its signature. Its hints have the shortest spread,
// because a fleet does not share a file.
func (s *watchedFile) Watch(ctx context.Context, changed func(Hint)) error {
	if s.mistake != nil {
		return s.mistake
	}
	if changed == nil {
		changed = func(Hint) {}
	}
	hint := Hint{} // the first one says that the file is watched
	path, err := filepath.Abs(s.path)
	if err == nil {
		err = watch.Files(ctx, []string{path, path + signatureSuffix}, func() {
			changed(hint)
			hint.Spread = 1
		})
	}
	if err != nil {
		return fmt.Errorf("becket: %s cannot be watched: %w", filepath.Base(s.path), err)
	}
	return nil
}

// folderOf returns the folder of a file system that comes from os.DirFS.
func folderOf(fsys fs.FS) (folder string, ok bool) {
	value := reflect.ValueOf(fsys)
	if fsys == nil || value.Type() != reflect.TypeOf(os.DirFS("")) || value.Kind() != reflect.String {
		return "", false
	}
	return value.String(), true
}
