// Package disk keeps the last accepted document of a source in a folder: one file, with one
// checksum, that is replaced by one rename.
package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/limit"
)

// Names of the files of a disk copy: <hash>.becket is the copy. There may be one unusable copy, one
// copy of a newer version, and temporary files.
const (
	suffix      = ".becket"
	asideSuffix = ".bad"   // an unusable copy; the next unusable one replaces it
	newerSuffix = ".newer" // a copy of a newer version, which was moved before a write
	tempMark    = ".tmp-"
	// longer than any write takes; an older temporary file was left by a crash
	tempLifetime = time.Hour
	// more than processes write at once; further temporary files were left by crashes
	maxTemps = 16
)

// Store has the methods of [File] that the client uses. Tests use another implementation, whose
// file system hangs.
type Store interface {
	Clean(now time.Time)
	Read() (*Copy, error)
	Writable() error
	Write(c *Copy) error
	MoveAway(why error) error
}

// File is the copy of one source's document in a folder. Several processes may share the folder:
// every write renames a whole file, so that a reader sees either the old or the new copy. Only one
// goroutine at a time may use a File.
type File struct {
	// ByTime says that lower revisions are allowed. Then the later one of two documents is the one
	// that was fetched later, whatever the revisions are. It is set before the File is used.
	ByTime bool

	// Trusted returns an error if a copy that another process wrote must not stay. If it is nil,
	// every whole copy may stay. It is set before the File is used.
	Trusted func(*Copy) error

	folder string
	name   string // the name of the file
	// SHA-256 of the source's identity and the format's name; a hash, since a URL may contain
	// secrets
	identity string
	newer    bool // there is a copy of a newer version, which a write must not overwrite
	create   func(folder, pattern string) (tempFile, error)
}

// tempFile has the methods of a file that writing uses. Tests use files that fail.
type tempFile interface {
	io.WriteCloser
	Sync() error
	Name() string
}

// New returns the copy of a source's document in a folder. Sources with different identities have
// different files, and documents of different formats too. New reads and writes nothing.
func New(folder, identity, format string) *File {
	sum := sha256.Sum256([]byte(identity + "\x00" + format))
	hash := hex.EncodeToString(sum[:])
	return &File{folder: folder, name: hash[:32] + suffix, identity: hash, create: createTemp}
}

func createTemp(folder, pattern string) (tempFile, error) { return os.CreateTemp(folder, pattern) }

func (d *File) path() string { return filepath.Join(d.folder, d.name) }

// Read returns the copy, or nil if there is none. A copy that cannot be used is renamed, so that it
// is reported only once and can be inspected.
func (d *File) Read() (*Copy, error) {
	err := checkFolder(d.folder)
	if err == nil {
		var c *Copy
		if c, err = d.load(); err == nil {
			return c, nil
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // having no copy is not an error
	case errors.Is(err, errNewer):
		d.newer = true
	case errors.Is(err, ErrDamaged), errors.Is(err, errForeign),
		errors.Is(err, errNotRegular), errors.Is(err, errExposed):
		err = d.MoveAway(err)
	}
	return nil, err
}

// load reads the copy and checks that it is complete. It checks the size before it reads anything.
func (d *File) load() (*Copy, error) {
	file, size, err := openRegular(d.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	const most = maxHead + limit.Document
	if size > most {
		return nil, fmt.Errorf("%w: it is too large", ErrDamaged)
	}
	content, err := limit.Read(file, most, size)
	switch {
	case errors.Is(err, limit.ErrTooLarge):
		return nil, fmt.Errorf("%w: it is too large", ErrDamaged)
	case err != nil:
		return nil, located(err)
	}
	return decode(d.identity, content)
}

// MoveAway renames the copy, so that the next start does not try to use it again. It returns why,
// extended by what was done with the copy.
func (d *File) MoveAway(why error) error {
	if err := os.Rename(d.path(), d.path()+asideSuffix); err != nil {
		return fmt.Errorf("%w; it could not be moved away: %w", why, err)
	}
	return fmt.Errorf("%w; it was moved to %s", why, d.name+asideSuffix)
}

// Write replaces the copy, unless another process has written a later one. It writes a temporary
// file, syncs it, renames it and syncs the folder. After a crash at any point there is the old copy
// or the new one, and perhaps a temporary file, which a later start removes.
func (d *File) Write(c *Copy) error {
	head, err := encode(d.identity, c)
	if err != nil {
		return err
	}
	if err := makeFolder(d.folder); err != nil {
		return err
	}
	if d.overtakes(c) {
		return nil
	}
	temp, err := d.writeTemp(head, c.Body)
	if err != nil {
		return located(err)
	}
	stays := false
	err = locked(d.folder, func() error {
		if stays = d.overtakes(c); stays { // checked again, since writing may have taken long
			return os.Remove(temp)
		}
		return d.replace(temp)
	})
	switch {
	case errors.Is(err, errLocked):
		_ = os.Remove(temp)
		return err
	case err != nil:
		_ = os.Remove(temp)
		return located(err)
	case stays:
		return nil
	}
	return located(syncFolder(d.folder))
}

// replace renames the temporary file to the copy's name. A copy of a newer version is renamed first
// and not overwritten.
func (d *File) replace(temp string) error {
	if d.newer {
		if err := os.Rename(d.path(), d.path()+newerSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		d.newer = false
	}
	return os.Rename(temp, d.path())
}

// overtakes reports whether the existing copy must stay: another process wrote it, and it is later
// than c; see [header.after]. The header of a file counts only if the whole file is valid.
func (d *File) overtakes(c *Copy) bool {
	head, err := d.head()
	if errors.Is(err, errNewer) {
		d.newer = true
	}
	if err != nil || head.Identity != d.identity || !head.after(c, d.ByTime) {
		return false
	}
	kept, err := d.load()
	return err == nil && (d.Trusted == nil || d.Trusted(kept) == nil)
}

// head reads the header of the existing copy.
func (d *File) head() (*header, error) {
	file, size, err := openRegular(d.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	begin := make([]byte, min(size, maxHead))
	if _, err := io.ReadFull(file, begin); err != nil {
		return nil, located(err)
	}
	parts, err := split(begin)
	if err != nil {
		return nil, err
	}
	return decodeHeader(parts.head)
}

// Writable returns an error if nothing can be written to the folder, which it makes.
func (d *File) Writable() error {
	if err := makeFolder(d.folder); err != nil {
		return err
	}
	file, err := d.create(d.folder, d.name+tempMark+"*")
	if err != nil {
		return located(err)
	}
	return located(errors.Join(file.Close(), os.Remove(file.Name())))
}

func (d *File) writeTemp(head, body []byte) (name string, err error) {
	file, err := d.create(d.folder, d.name+tempMark+"*")
	if err != nil {
		return "", err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(head); err != nil {
		return "", err
	}
	if _, err := file.Write(body); err != nil {
		return "", err
	}
	return file.Name(), file.Sync()
}

// Clean removes temporary files that crashes left. It does not remove files of other sources. It
// leaves a number of recent files, because other processes may be writing them; the number is
// limited, so that a program that crashes in a loop does not fill the disk.
func (d *File) Clean(now time.Time) {
	if checkFolder(d.folder) != nil {
		return
	}
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return
	}
	var left []fs.FileInfo
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), d.name+tempMark) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil {
			left = append(left, info)
		}
	}
	slices.SortFunc(left, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for i, info := range left {
		if i >= maxTemps || now.Sub(info.ModTime()) > tempLifetime {
			_ = os.Remove(filepath.Join(d.folder, info.Name()))
		}
	}
}

// located adds the words "disk copy" to an error. The system's error text names the file.
func located(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("becket: disk copy: %w", err)
}
