package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

var (
	// errNotRegular reports that the copy is not a file but a link, a folder or a pipe.
	errNotRegular = errors.New("becket: the disk copy is not a regular file")

	// ErrFolder reports that the client neither reads nor writes in the folder.
	ErrFolder = errors.New("becket: the folder of the disk copy is refused")

	// errExposed reports that another user could have changed the copy, although the folder is
	// closed to other users.
	errExposed = errors.New("becket: other users could have changed the disk copy")
)

// checkFolder refuses a folder in which other users could create a file. An existing folder may be
// readable by all users, because the files in it are readable only by their owner.
func checkFolder(folder string) error {
	// cleaned, because a path that ends with a slash would follow a link
	info, err := os.Lstat(filepath.Clean(folder))
	switch {
	case err != nil:
		return located(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%w: %s is a symbolic link; name the folder that it leads to", ErrFolder, folder)
	case !info.IsDir():
		return fmt.Errorf("%w: %s is not a folder", ErrFolder, folder)
	}
	if why := exposed(info); why != "" {
		return fmt.Errorf("%w: %s %s; name a folder that becket makes itself, with mode 0700", ErrFolder, folder, why)
	}
	return nil
}

// makeFolder creates the folder if it does not exist, and checks it.
func makeFolder(folder string) error {
	err := checkFolder(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return located(err)
	}
	return checkFolder(folder)
}

// openRegular opens a file to which no other user can write, and returns its size. It follows no
// symbolic link and does not wait for a pipe, so that another user who can put a file into the
// folder cannot choose what is read.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, located(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	file, err := openNoFollow(path)
	if err != nil {
		return nil, 0, located(err)
	}
	opened, err := file.Stat() // another process may have renamed a new copy to this path meanwhile
	switch {
	case err != nil:
		err = located(err)
	case !opened.Mode().IsRegular():
		err = errNotRegular
	case exposed(opened) != "":
		err = fmt.Errorf("%w: it %s", errExposed, exposed(opened))
	default:
		return file, opened.Size(), nil
	}
	_ = file.Close()
	return nil, 0, err
}
