package becket

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
)

// What the files of a disk copy are called: <hash>.becket, beside it at most one that was set
// aside, and temporary ones.
const (
	diskSuffix   = ".becket"
	asideSuffix  = ".bad"   // could not be used; the next one replaces it
	newerSuffix  = ".newer" // of a newer version, moved out of the way of a write
	tempMark     = ".tmp-"
	tempLifetime = time.Hour // longer than any write takes: what is older, a crash left
	maxTemps     = 16        // more than processes write at once: what is beyond, crashes left
)

// disk keeps one source's last accepted document in a folder. Several processes may share the
// folder: every write is a rename of a whole file, so a reader sees the one or the other. Only the
// refresher uses it once New has returned.
type disk struct {
	folder   string
	name     string // of the file
	identity string // SHA-256 of the source's identity and the format's name: secrets in an URL are not written
	newer    bool   // there is a file of a newer version, to be kept when we write
	create   func(folder, pattern string) (tempFile, error)

	byTime  bool                  // lower revisions are allowed: the document that was fetched later is the later one
	trusted func(*diskCopy) error // whether a copy that another process wrote may stay; nil: every whole one
}

// tempFile is what writing needs of a file; tests put in ones that fail.
type tempFile interface {
	io.WriteCloser
	Sync() error
	Name() string
}

func newDisk(folder, identity, format string) *disk {
	sum := sha256.Sum256([]byte(identity + "\x00" + format))
	hash := hex.EncodeToString(sum[:])
	return &disk{folder: folder, name: hash[:32] + diskSuffix, identity: hash, create: createTemp}
}

func createTemp(folder, pattern string) (tempFile, error) { return os.CreateTemp(folder, pattern) }

func (d *disk) path() string { return filepath.Join(d.folder, d.name) }

// read returns the copy, nil where there is none. A copy that cannot be used is set aside, so that
// it is reported once and can be looked at.
func (d *disk) read() (*diskCopy, error) {
	err := checkFolder(d.folder)
	if err == nil {
		var c *diskCopy
		if c, err = d.load(); err == nil {
			return c, nil
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // no copy is no error
	case errors.Is(err, errDiskNewer):
		d.newer = true
	case errors.Is(err, errDiskDamaged), errors.Is(err, errDiskForeign),
		errors.Is(err, errNotRegular), errors.Is(err, errExposed):
		err = d.setAside(err)
	}
	return nil, err
}

// load reads the copy and checks that it is whole. Its size is bounded before a byte of it is read.
func (d *disk) load() (*diskCopy, error) {
	file, size, err := openRegular(d.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	const limit = maxDiskHead + maxDocument
	if size > limit {
		return nil, fmt.Errorf("%w: it is too large", errDiskDamaged)
	}
	content, err := readLimited(file, limit, size)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, fmt.Errorf("%w: it is too large", errDiskDamaged)
	case err != nil:
		return nil, diskError(err)
	}
	return decodeDisk(d.identity, content)
}

// setAside renames the copy, so that the next start does not stumble over it again, and returns why
// with what was done.
func (d *disk) setAside(why error) error {
	if err := os.Rename(d.path(), d.path()+asideSuffix); err != nil {
		return fmt.Errorf("%w; it could not be set aside: %w", why, err)
	}
	return fmt.Errorf("%w; it is set aside as %s", why, d.name+asideSuffix)
}

// write replaces the copy, unless another process has written a later one: a temporary file,
// synced, renamed, the folder synced. A crash at any point leaves the old copy or the new one, and
// perhaps a temporary file, which a later start removes.
func (d *disk) write(c *diskCopy) error {
	head, err := encodeDisk(d.identity, c)
	if err != nil {
		return err
	}
	if err := makeFolder(d.folder); err != nil {
		return err
	}
	if d.overtakes(c) {
		return nil
	}
	temp, err := d.writeTemp(head, c.body)
	if err != nil {
		return diskError(err)
	}
	if d.overtakes(c) { // again, since writing may have taken long
		return diskError(os.Remove(temp))
	}
	if err := d.replace(temp); err != nil {
		_ = os.Remove(temp)
		return diskError(err)
	}
	return diskError(syncFolder(d.folder))
}

// replace puts the temporary file into the copy's place. A copy of a newer version is moved out of
// the way, not overwritten.
func (d *disk) replace(temp string) error {
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
func (d *disk) overtakes(c *diskCopy) bool {
	head, err := d.head()
	if errors.Is(err, errDiskNewer) {
		d.newer = true
	}
	if err != nil || head.Identity != d.identity || !head.after(c, d.byTime) {
		return false
	}
	kept, err := d.load()
	return err == nil && (d.trusted == nil || d.trusted(kept) == nil)
}

// head reads the beginning of the copy that is there.
func (d *disk) head() (*diskHead, error) {
	file, size, err := openRegular(d.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	begin := make([]byte, min(size, maxDiskHead))
	if _, err := io.ReadFull(file, begin); err != nil {
		return nil, diskError(err)
	}
	lines, err := splitDisk(begin)
	if err != nil {
		return nil, err
	}
	return decodeDiskHead(lines.head)
}

func (d *disk) writeTemp(head, body []byte) (name string, err error) {
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

// clean removes temporary files that crashes left. Those of other sources are theirs to remove, and
// young ones may be another process's at work, as long as they are few: who crashes in a loop must
// not fill the disk.
func (d *disk) clean(now time.Time) {
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

// diskError says that an error is the disk copy's; the system's own text names the file.
func diskError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("becket: disk copy: %w", err)
}
