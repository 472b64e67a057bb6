package becket

import (
	"fmt"

	"github.com/becketflags/becket/internal/disk"
)

// acceptable holds a sound document against what is in use: docs/ruleset.md. The revision of a
// bootstrap is no bar.
func (c *config) acceptable(info, before RulesInfo, leastRevision int64) error {
	if err := c.rightEnvironment(info); err != nil {
		return err
	}
	if info.Revision < leastRevision && !c.lowerRevisionValid {
		return fmt.Errorf("%w: %d after %d; publish a higher one, or allow it by WithLowerRevisionAllowed", ErrLowerRevision, info.Revision, leastRevision)
	}
	return c.notEmptied(info, before)
}

// notEmptied refuses to replace flags by none.
func (c *config) notEmptied(info, before RulesInfo) error {
	if info.Flags == 0 && before.Flags > 0 && !c.emptyAllowed {
		return fmt.Errorf("%w, and the ruleset in use has %d; WithEmptyAllowed is for who means it", ErrEmpty, before.Flags)
	}
	return nil
}

func (c *config) rightEnvironment(info RulesInfo) error {
	if c.environment == "" || info.Environment == c.environment {
		return nil
	}
	if info.Environment == "" {
		return fmt.Errorf("%w: it names none, and %q is expected", ErrEnvironment, c.environment)
	}
	return fmt.Errorf("%w: %q, and %q is expected", ErrEnvironment, shorten(info.Environment), c.environment)
}

// trusts tells whether a copy that another process wrote may stay, as far as can be told without
// decoding it.
func (c *config) trusts(kept *disk.Copy) error {
	if len(c.keys) == 0 {
		return nil
	}
	_, err := verify(c.keys, kept.Body, kept.Signature)
	return err
}
