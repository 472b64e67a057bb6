package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFiles are the two files of a key pair. Either both files are written or neither is, and no
// existing file is lost.
type keyFiles struct {
	secret, public string
	// os.Rename; tests replace it by a function that fails
	rename func(from, to string) error
}

// check refuses paths that would destroy a file: two paths of one file, existing files without
// --force, folders and links.
func (k *keyFiles) check(force bool) error {
	if sameFile(k.secret, k.public) {
		return fmt.Errorf("%q and %q are one file: the secret key and the public key need two", k.secret, k.public)
	}
	for _, path := range []string{k.secret, k.public} {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !force:
			return fmt.Errorf("%q already exists; --force replaces it", path)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%q is a link, a folder or a device; --force replaces only files", path)
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one file, or would after a write: with any spelling,
// through links to folders or files, and also where the file system ignores case.
func sameFile(a, b string) bool {
	if one, err := os.Stat(a); err == nil {
		if other, err := os.Stat(b); err == nil && os.SameFile(one, other) {
			return true
		}
	}
	a, b = resolved(a), resolved(b)
	return strings.EqualFold(a, b)
}

// resolved follows the links of a path as far as files exist, and follows the last link even if its
// target does not exist.
func resolved(path string) string {
	for range 16 { // chains of links; a circle of links is not a file
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		folder = filepath.Dir(path)
	}
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	return filepath.Join(folder, filepath.Base(path))
}

// create writes new files. They do not exist before with other permissions, so nobody can have
// opened them.
func (k *keyFiles) create(secret, public []byte) error {
	if err := createFile(k.secret, secret, 0o600); err != nil {
		return err
	}
	if err := createFile(k.public, public, 0o644); err != nil {
		// a secret key without its public key is of no use
		return errors.Join(err, os.Remove(k.secret))
	}
	return nil
}

func createFile(path string, text []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// replace writes both new files completely, beside the old ones, before it touches an old one. It
// moves the old secret key aside and restores it after any failure. After a crash, the old key is
// found under the other name.
func (k *keyFiles) replace(secret, public []byte) (err error) {
	newSecret, err := writeBeside(k.secret, secret, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(newSecret) }()
	newPublic, err := writeBeside(k.public, public, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(newPublic) }()
	aside := newSecret + ".old"
	err = k.rename(k.secret, aside)
	if errors.Is(err, fs.ErrNotExist) {
		aside = ""
	} else if err != nil {
		return err
	}
	if err = k.rename(newSecret, k.secret); err == nil {
		err = k.rename(newPublic, k.public)
	}
	switch {
	case err != nil && aside != "":
		return errors.Join(err, os.Rename(aside, k.secret)) // overwrites the new one
	case err != nil:
		_ = os.Remove(k.secret)
		return err
	case aside != "":
		return os.Remove(aside)
	}
	return nil
}

// writeBeside writes a file into the folder of another file and returns its name.
func writeBeside(path string, text []byte, mode fs.FileMode) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}
