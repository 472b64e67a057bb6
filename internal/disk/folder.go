package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

var (
	// errNotRegular is a link, a folder, a pipe where the copy should be.
	errNotRegular = errors.New("becket: where the disk copy should be is something else than a file")

	// ErrFolder is a folder that the client neither reads from nor writes to.
	ErrFolder = errors.New("becket: the folder of the disk copy is refused")

	// errExposed is a copy that somebody else could have changed although the folder is closed to
	// others.
	errExposed = errors.New("becket: the disk copy is not only this user's")
)

// checkFolder refuses a folder in which others could put a file. A folder that is there may be
// readable by everybody: what is in it is readable by its owner alone.
func checkFolder(folder string) error {
	info, err := os.Lstat(filepath.Clean(folder)) // a slash at the end would follow a link
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

// makeFolder makes the folder if it is not there, and checks it.
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

// openRegular opens a file that nobody else can write to, and returns its size. It follows no
// symbolic link and waits for no pipe: whoever put something into the folder must not choose what
// is read.
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
	opened, err := file.Stat() // another process may have renamed a new copy there meanwhile
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
