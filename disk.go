package becket

import (
	"context"
	"errors"
	"time"

	"github.com/becketflags/becket/internal/disk"
)

// How long the file system may take before it counts as hanging. A grace of one second is added to
// each.
const (
	diskPatience = 9 * time.Second // time for a write
	// time for every other call in New; but reading the copy has startPatience if there is no
	// bootstrap
	bootstrapPatience = time.Second
)

var errDiskHangs = errors.New("becket: disk copy: the file system hangs: it has not answered in time")

// guardedDisk calls a disk whose file system may hang, such as a network file system whose server
// is down.
type guardedDisk struct {
	store disk.Store
	guard guard
}

func newGuardedDisk(c *config, own *goroutines) *guardedDisk {
	open := openDisk
	if c.openDisk != nil {
		open = c.openDisk
	}
	return &guardedDisk{open(c), guard{own: own, name: "disk copy", hangs: errDiskHangs}}
}

// open cleans up the folder and reads the copy. It returns nil if there is no copy. It waits longer
// if there is no bootstrap that could be served instead.
func (d *guardedDisk) open(bootstrapped bool) (*disk.Copy, error) {
	limit := startPatience
	if bootstrapped {
		limit = bootstrapPatience
	}
	return guarded(context.Background(), &d.guard, limit, func(context.Context) (*disk.Copy, error) {
		d.store.Clean(time.Now())
		return d.store.Read()
	})
}

// keep replaces the copy. Close does not interrupt the write.
func (d *guardedDisk) keep(c *disk.Copy) error {
	return d.call(diskPatience, func() error { return d.store.Write(c) })
}

// writable returns an error if no copy can be written.
func (d *guardedDisk) writable() error { return d.call(bootstrapPatience, d.store.Writable) }

func (d *guardedDisk) moveAway(why error) error {
	return d.call(bootstrapPatience, func() error { return d.store.MoveAway(why) })
}

func (d *guardedDisk) call(limit time.Duration, work func() error) error {
	_, err := guarded(context.Background(), &d.guard, limit, func(context.Context) (struct{}, error) {
		return struct{}{}, work()
	})
	return err
}

func openDisk(c *config) disk.Store {
	file := disk.New(c.diskFolder, c.identity, c.formatName)
	file.ByTime, file.Trusted = c.lowerRevisionAllowed, c.trusts
	return file
}
