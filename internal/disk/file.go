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

// What the files of a disk copy are called: <hash>.becket, beside it at most one that was set
// aside, and temporary ones.
const (
	suffix       = ".becket"
	asideSuffix  = ".bad"   // could not be used; the next one replaces it
	newerSuffix  = ".newer" // of a newer version, moved out of the way of a write
	tempMark     = ".tmp-"
	tempLifetime = time.Hour // longer than any write takes: what is older, a crash left
	maxTemps     = 16        // more than processes write at once: what is beyond, crashes left
)

// Store is what the client needs of a [File]. Tests put in one whose file system hangs.
type Store interface {
	Clean(now time.Time)
	Read() (*Copy, error)
	Writable() error
	Write(c *Copy) error
	SetAside(why error) error
}

// File is the copy of one source's document in a folder. Several processes may share the folder:
// every write renames a whole file, so that a reader sees the one or the other. Only one goroutine
// at a time may use a File.
type File struct {
	// ByTime says that lower revisions are allowed, so that of two documents the one that was
	// fetched later is the later one. It is set before the File is used.
	ByTime bool

	// Trusted returns an error if a copy that another process wrote must not stay. If it is nil,
	// every whole copy may stay. It is set before the File is used.
	Trusted func(*Copy) error

	folder   string
	name     string // of the file
	identity string // SHA-256 of the source's identity and the format's name: secrets in an URL are not written
	newer    bool   // there is a file of a newer version, to be kept when we write
	create   func(folder, pattern string) (tempFile, error)
}

// tempFile is what writing needs of a file; tests put in ones that fail.
type tempFile interface {
	io.WriteCloser
	Sync() error
	Name() string
}

// New returns the copy of a source's document in a folder. Copies of sources with different
// identities, or of different formats, do not meet. Nothing is read or written yet.
func New(folder, identity, format string) *File {
	sum := sha256.Sum256([]byte(identity + "\x00" + format))
	hash := hex.EncodeToString(sum[:])
	return &File{folder: folder, name: hash[:32] + suffix, identity: hash, create: createTemp}
}

func createTemp(folder, pattern string) (tempFile, error) { return os.CreateTemp(folder, pattern) }

func (d *File) path() string { return filepath.Join(d.folder, d.name) }

// Read returns the copy, nil where there is none. A copy that cannot be used is set aside, so that
// it is reported once and can be looked at.
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
		return nil, nil //nolint:nilnil // no copy is no error
	case errors.Is(err, errNewer):
		d.newer = true
	case errors.Is(err, ErrDamaged), errors.Is(err, errForeign),
		errors.Is(err, errNotRegular), errors.Is(err, errExposed):
		err = d.SetAside(err)
	}
	return nil, err
}

// load reads the copy and checks that it is whole. Its size is bounded before a byte of it is read.
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

// SetAside renames the copy, so that the next start does not stumble over it again, and returns why
// with what was done.
func (d *File) SetAside(why error) error {
	if err := os.Rename(d.path(), d.path()+asideSuffix); err != nil {
		return fmt.Errorf("%w; it could not be set aside: %w", why, err)
	}
	return fmt.Errorf("%w; it is set aside as %s", why, d.name+asideSuffix)
}

// Write replaces the copy, unless another process has written a later one: a temporary file,
// synced, renamed, the folder synced. A crash at any point leaves the old copy or the new one, and
// perhaps a temporary file, which a later start removes.
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
		if stays = d.overtakes(c); stays { // again, since writing may have taken long
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

// replace puts the temporary file into the copy's place. A copy of a newer version is moved out of
// the way, not overwritten.
func (d *File) replace(temp string) error {
	if d.newer {
		if err := os.Rename(d.path(), d.path()+newerSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		d.newer = false
	}
	return os.Rename(temp, d.path())
}

// overtakes reports whether the copy that is there must stay: another process wrote it, and its
// document is later than c, or it is the same one and was confirmed later. A claim of a file's head
// counts only if the whole file holds.
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

// head reads the beginning of the copy that is there.
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
	name, err := d.writeTemp(nil, nil)
	if err != nil {
		return located(err)
	}
	return located(os.Remove(name))
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

// Clean removes temporary files that crashes left. Those of other sources are theirs to remove, and
// young ones may be another process's at work, as long as they are few: a program that crashes in a
// loop must not fill the disk.
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

// located says that an error is the disk copy's; the system's own text names the file.
func located(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("becket: disk copy: %w", err)
}
