package becket

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/becketflags/becket/internal/disk"
)

// start publishes the disk copy or the bootstrap: the one with the higher revision, or the disk
// copy if the revisions are equal. If there is neither, it publishes a snapshot without rules.
func (f *fetcher) start(bootstrap *heldRuleset) {
	f.current = &heldRuleset{snapshot: f.newSnapshot(nil, TierDefaults)}
	if bootstrap != nil {
		bootstrap.snapshot = f.newSnapshot(bootstrap.snapshot.rules, TierBootstrap)
		bootstrap.snapshot.sum = bootstrap.sum
		f.current = bootstrap
		f.least.raise(bootstrap.info.Revision, TierBootstrap)
	}
	if f.config.disk {
		f.disk = newGuardedDisk(f.config, f.notifier.own)
		f.startFromDisk()
	}
	if f.disk == nil {
		f.current.body = nil
	}
	f.pace.KeepFresh(leastMaxAge(f.current.snapshot.rules))
	f.publication.store(f.current.snapshot)
	f.status.served(f.current)
	f.handover.offer(f.current)
	if f.current.snapshot.rules != nil {
		f.notifier.notify(&event{start: &f.current.snapshot.served})
	}
	f.reportBad()
}

// startFromDisk makes the disk copy the current ruleset, if there is a usable copy and the
// bootstrap does not have a higher revision.
func (f *fetcher) startFromDisk() {
	kept, err := f.disk.open(f.current.snapshot.rules != nil)
	if err == nil && kept == nil {
		f.checkDisk()
		return
	}
	var h *heldRuleset
	if err == nil {
		if h, err = f.fromDisk(kept); err != nil {
			err = f.disk.moveAway(err)
		}
	}
	if err != nil {
		f.diskFailed(err, true)
		return
	}
	f.checkDisk()
	f.least.raise(h.info.Revision, TierDisk)
	if f.current.snapshot.rules == nil || h.info.Revision >= f.current.info.Revision {
		f.current = h
	}
}

// checkDisk reports at the start that no disk copy can be written, and not only when the next one
// is due.
func (f *fetcher) checkDisk() {
	if err := f.disk.writable(); err != nil {
		f.diskFailed(err, false)
	}
}

// fromDisk decodes a disk copy and checks it like a fetched document, except for its revision.
func (f *fetcher) fromDisk(c *disk.Copy) (*heldRuleset, error) {
	h := &heldRuleset{
		sum: sha256.Sum256(c.Body), body: c.Body, signature: c.Signature, fetchedAt: c.FetchedAt,
		validator: Validator{ETag: c.ETag, LastModified: c.LastModified},
	}
	if len(f.config.keys) > 0 {
		var err error
		if h.signedBy, err = verify(f.config.keys, c.Body, c.Signature); err != nil {
			return nil, fmt.Errorf("becket: the disk copy is refused: %w", within{err})
		}
		// The signature covers the document, but not the validator that is stored with it. A forged
		// validator would make the source confirm an old document forever.
		h.validator = Validator{}
	}
	rules, err := f.decoder.decode(context.Background(), c.Body, nil)
	if err != nil {
		return nil, fmt.Errorf("becket: the disk copy is refused: %w", within{err})
	}
	h.info = rules.Info()
	if c.Sum != h.sum || c.Revision != h.info.Revision {
		return nil, fmt.Errorf("%w: its header belongs to another document", disk.ErrDamaged)
	}
	err = errors.Join(f.config.rightEnvironment(h.info), f.config.notEmptied(h.info, f.current.info))
	if err != nil {
		return nil, fmt.Errorf("becket: the disk copy is refused: %w", within{err})
	}
	h.snapshot = f.newSnapshot(rules, TierDisk)
	h.snapshot.sum = h.sum
	now := f.config.clock()
	if age := now.Sub(c.ConfirmedAt); !c.ConfirmedAt.IsZero() && age >= 0 {
		h.snapshot.confirm(now.Add(-age))
	}
	return h, nil
}

// checkBytes decodes the document of a source that is a [Bytes]: if it cannot be used, no later
// fetch can ever succeed, so New returns the error.
func (c *config) checkBytes(d *decoder) error {
	source, ok := c.source.(*bytesSource)
	if !ok {
		return nil
	}
	rules, err := d.decode(context.Background(), source.body, nil)
	if err == nil {
		err = c.rightEnvironment(rules.Info())
	}
	if err != nil {
		return fmt.Errorf("becket: Bytes: %w", within{err})
	}
	d.keep(source.body, rules)
	return nil
}

// decodeBootstrap returns the ruleset of the bootstrap, or nil if there is no bootstrap. Its errors
// are mistakes in the program, so New returns them.
func (c *config) decodeBootstrap(d *decoder) (*heldRuleset, error) {
	if !c.hasBootstrap {
		return nil, nil //nolint:nilnil // having no bootstrap is not an error
	}
	rules, err := d.decode(context.Background(), c.bootstrap, nil)
	if err != nil {
		return nil, fmt.Errorf("becket: WithBootstrap: %w", within{err})
	}
	h := &heldRuleset{info: rules.Info(), sum: sha256.Sum256(c.bootstrap), body: c.bootstrap}
	if err := c.rightEnvironment(h.info); err != nil {
		return nil, fmt.Errorf("becket: WithBootstrap: %w", within{err})
	}
	h.snapshot = &snapshot{served: served{rules: rules}}
	return h, nil
}
