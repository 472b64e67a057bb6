package becket

import (
	"context"
	"errors"
	"fmt"
	"time"
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

// A document and its signature are two files, and who publishes cannot replace both at once. One that does not fit is
// therefore fetched again, both parts, before it counts as refused.
const (
	signTries = 3
	signWait  = 500 * time.Millisecond
)

// verified returns a document whose signature holds, which may be a newer one than it was given.
func (f *fetcher) verified(ctx context.Context, document Document) (_ Document, signature []byte, signedBy string, err error) {
	for try := 1; ; try++ {
		signature, err = document.Signature, nil
		if signature == nil {
			signature, err = f.source.signature(ctx)
		}
		if err == nil {
			signedBy, err = verify(f.config.keys, document.Body, signature)
		}
		if err == nil {
			return document, signature, signedBy, nil
		}
		if try == signTries || !sleep(ctx, signWait) {
			return document, nil, "", err
		}
		again, fetchErr := f.source.fetch(ctx, Validator{})
		if fetchErr != nil {
			return document, nil, "", fmt.Errorf("%w; fetching it again: %w", err, within{fetchErr})
		}
		if again.NotModified {
			return document, nil, "", ErrUnexpectedNotModified
		}
		document = again
	}
}

// sleep waits and reports whether it could do so to the end.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// acceptable holds a sound document against what is in use: docs/ruleset.md. The revision of a bootstrap is no bar.
func (f *fetcher) acceptable(info RulesInfo) error {
	if err := f.config.rightEnvironment(info); err != nil {
		return err
	}
	if info.Revision < f.bar && !f.config.lowerRevisionValid {
		return fmt.Errorf("%w: %d after %d; publish a higher one, or allow it by WithLowerRevisionAllowed", ErrLowerRevision, info.Revision, f.bar)
	}
	return f.config.notEmptied(info, f.held.info)
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
	return fmt.Errorf("%w: %q, and %q is expected", ErrEnvironment, info.Environment, c.environment)
}
