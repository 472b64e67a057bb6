package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folderLink is the link by which Kubernetes publishes all files of a mounted ConfigMap at once:
// ..data leads to a folder with a time in its name, and each name beside it leads to a file or a
// folder in ..data.
const folderLink = "..data"

// Files lists the files below a folder whose extension is one of the given ones. It leaves out
// hidden files and folders, and the locks and backups of editors. It follows links, and visits
// every folder once.
func Files(folder string, extensions ...string) ([]string, error) {
	found, err := walk(folder, folder, extensions, publications{})
	shown := make([]string, len(found))
	for i := range found {
		shown[i] = found[i].shown
	}
	return shown, err
}

// found is a file in a folder.
type found struct {
	shown string // its name below the folder, as the user knows it
	path  string // the path to read it from
}

// walk lists the files below path. Their shown names lie below shown.
func walk(shown, path string, extensions []string, seen publications) ([]found, error) {
	w := walker{extensions: extensions, seen: seen, visited: map[string]bool{}}
	err := w.folder(shown, path)
	return w.found, err
}

type walker struct {
	extensions []string
	seen       publications
	visited    map[string]bool // resolved paths of folders
	found      []found
}

// folder lists the files of a folder and of the folders in it.
func (w *walker) folder(shown, path string) error {
	path, err := w.seen.published(path)
	if err != nil || w.visited[path] {
		return err
	}
	w.visited[path] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if isLeftOut(entry.Name()) {
			continue
		}
		if err := w.entry(filepath.Join(shown, entry.Name()), filepath.Join(path, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(shown, path string) error {
	info, err := os.Stat(path)
	isDocument := hasExtension(path, w.extensions)
	switch {
	case err != nil && !isDocument:
		return nil // a link to nothing, which is not a document
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is a link to a file that does not exist: %w", shown, fs.ErrNotExist)
	case err != nil:
		return err
	case info.IsDir():
		return w.folder(shown, path)
	case isDocument && !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", shown)
	case isDocument:
		w.found = append(w.found, found{shown, path})
	}
	return nil
}

// publications holds the folders that were read, and the path that each of them led to.
type publications map[string]string

// published returns where a folder leads to, and remembers it.
func (p publications) published(folder string) (string, error) {
	path, err := published(folder)
	p[folder] = path
	return path, err
}

// changed reports whether a folder leads to another path by now.
func (p publications) changed() bool {
	for folder, path := range p {
		if now, _ := published(folder); now != path {
			return true
		}
	}
	return false
}

// published returns the path of a folder without links. For a mounted ConfigMap, it returns the
// folder of the present publication, so that all files are read from the same one.
func published(folder string) (string, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return "", err
	}
	data, err := filepath.EvalSymlinks(filepath.Join(real, folderLink))
	if err != nil {
		return real, nil //nolint:nilerr // it is no ConfigMap
	}
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return real, nil //nolint:nilerr // it is no ConfigMap
	}
	return data, nil
}

// isLeftOut reports whether a name is hidden, or an editor's lock or backup.
func isLeftOut(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~") ||
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#")
}

func hasExtension(name string, extensions []string) bool {
	return slices.Contains(extensions, filepath.Ext(name))
}
