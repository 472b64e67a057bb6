package becket

import (
	"context"
	"fmt"
	"time"

	"aead.dev/minisign"

	"github.com/becketflags/becket/internal/disk"
	"github.com/becketflags/becket/internal/match"
)

// acceptable holds a sound document against what is in use: docs/ruleset.md. The revision of a
// bootstrap is no bar.
func (c *config) acceptable(info, before RulesInfo, leastRevision int64) error {
	if err := c.rightEnvironment(info); err != nil {
		return err
	}
	if info.Revision < leastRevision && !c.lowerRevisionAllowed {
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
	return fmt.Errorf("%w: %q, and %q is expected", ErrEnvironment, match.Brief(info.Environment), c.environment)
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

// verify checks a document's signature, of either of minisign's kinds (Ed over the document, ED
// over its hash), and returns the ID of the key.
func verify(keys []minisign.PublicKey, body, signature []byte) (string, error) {
	if len(signature) == 0 {
		return "", errUnsigned
	}
	var parsed minisign.Signature
	if err := parsed.UnmarshalText(signature); err != nil {
		return "", fmt.Errorf("%w: it cannot be read", ErrSignature)
	}
	known := false
	for _, key := range keys {
		if key.ID() != parsed.KeyID {
			continue
		}
		known = true
		if minisign.Verify(key, body, signature) {
			return keyID(key.ID()), nil
		}
	}
	if !known {
		return "", fmt.Errorf("%w: it is of the key %s, which is not trusted", ErrSignature, keyID(parsed.KeyID))
	}
	return "", fmt.Errorf("%w: the key %s did not sign this document", ErrSignature, keyID(parsed.KeyID))
}

// keyID writes a key's ID as the minisign program does: without leading zeros.
func keyID(id uint64) string { return fmt.Sprintf("%X", id) }

// A document and its signature are two files, and who publishes cannot replace both at once. One
// that does not fit is therefore fetched again, both parts, before it counts as refused.
const (
	signTries = 3
	signWait  = 500 * time.Millisecond
)

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
