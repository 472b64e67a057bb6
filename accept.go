package becket

import (
	"errors"
	"fmt"
)

// What documents are refused for though they are sound, for errors.Is.
var (
	// ErrEnvironment is a document of another environment than the client was told to expect.
	ErrEnvironment = errors.New("becket: the document is of another environment")

	// ErrLowerRevision is a document whose revision is below the one before.
	ErrLowerRevision = errors.New("becket: the document's revision is lower than before")

	// ErrEmpty is a document without flags while the ruleset in use has some.
	ErrEmpty = errors.New("becket: the document has no flags")
)

// acceptable holds a sound document against what is in use: docs/ruleset.md. The revision of a bootstrap is no bar.
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
