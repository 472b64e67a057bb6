package becket

import (
	"context"
	"errors"
	"time"
)

// How long the file system may take before it counts as hanging; a second is added to each.
const (
	diskPatience      = 9 * time.Second // for a write
	startPatience     = 4 * time.Second // for all that New reads
	bootstrapPatience = time.Second     // for the same, where there is a bootstrap to serve
)

var errDiskHangs = errors.New("becket: disk copy: the file system hangs: it has not answered in time")

// diskStore is what the client needs of a [disk]; tests put in one that hangs.
type diskStore interface {
	clean(now time.Time)
	read() (*diskCopy, error)
	write(c *diskCopy) error
	setAside(why error) error
}

func openDisk(c *config) diskStore {
	d := newDisk(c.diskFolder, c.identity, c.formatName)
	d.byTime, d.trusted = c.lowerRevisionValid, c.trusts
	return d
}

// guardedDisk calls a disk whose file system may hang, as one on a network does when its server is gone.
type guardedDisk struct {
	store diskStore
	guard guard
}

func newGuardedDisk(c *config, own *goroutines) *guardedDisk {
	store := c.openDisk(c)
	return &guardedDisk{store, guard{own: own, name: "disk copy", hangs: errDiskHangs}}
}

// open cleans the folder up and reads the copy, nil where there is none. It is more patient where
// there is nothing else to serve.
func (d *guardedDisk) open(bootstrapped bool) (*diskCopy, error) {
	limit := startPatience
	if bootstrapped {
		limit = bootstrapPatience
	}
	return guarded(context.Background(), &d.guard, limit, func(context.Context) (*diskCopy, error) {
		d.store.clean(time.Now())
		return d.store.read()
	})
}

// keep replaces the copy. Close does not interrupt it, so that it can finish.
func (d *guardedDisk) keep(c *diskCopy) error {
	return d.call(diskPatience, func() error { return d.store.write(c) })
}

func (d *guardedDisk) setAside(why error) error {
	return d.call(bootstrapPatience, func() error { return d.store.setAside(why) })
}

func (d *guardedDisk) call(limit time.Duration, work func() error) error {
	_, err := guarded(context.Background(), &d.guard, limit, func(context.Context) (struct{}, error) {
		return struct{}{}, work()
	})
	return err
}
