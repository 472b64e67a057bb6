package becket

import (
	"context"
	"fmt"
	"time"

	"aead.dev/minisign"

	"github.com/becketflags/becket/internal/disk"
	"github.com/becketflags/becket/internal/match"
)

// revisionBar is the lowest revision that the next document may have, and the tier of the document
// that has this revision. The zero revisionBar allows every revision.
type revisionBar struct {
	revision int64
	tier     Tier
}

// raise raises the bar to the revision of a document that the client has. A lower revision does not
// change the bar.
func (b *revisionBar) raise(revision int64, tier Tier) {
	if revision > b.revision {
		*b = revisionBar{revision, tier}
	}
}

// acceptable checks whether a valid document may replace the ruleset in use, by the rules of
// docs/ruleset.md.
func (c *config) acceptable(info, before RulesInfo, least revisionBar) error {
	if err := c.rightEnvironment(info); err != nil {
		return err
	}
	if info.Revision < least.revision && !c.lowerRevisionAllowed {
		from := ""
		if least.tier == TierBootstrap {
			from = ", the revision of the bootstrap"
		}
		return fmt.Errorf("%w: %d after %d%s; publish a higher one, or use WithLowerRevisionAllowed",
			ErrLowerRevision, info.Revision, least.revision, from)
	}
	return c.notEmptied(info, before)
}

// notEmptied refuses a ruleset without flags if the ruleset in use has some.
func (c *config) notEmptied(info, before RulesInfo) error {
	if info.Flags == 0 && before.Flags > 0 && !c.emptyAllowed {
		return fmt.Errorf("%w, and the ruleset in use has %d; use WithEmptyAllowed if this is intended",
			ErrEmpty, before.Flags)
	}
	return nil
}

func (c *config) rightEnvironment(info RulesInfo) error {
	if c.environment == "" || info.Environment == c.environment {
		return nil
	}
	if info.Environment == "" {
		return fmt.Errorf("%w: it names no environment, and %q is expected", ErrEnvironment, c.environment)
	}
	return fmt.Errorf("%w: %q, and %q is expected", ErrEnvironment, match.Brief(info.Environment), c.environment)
}

// trusts returns an error if a disk copy that another process wrote must be replaced. It checks the
// signature only, because the copy has not been decoded.
func (c *config) trusts(kept *disk.Copy) error {
	if len(c.keys) == 0 {
		return nil
	}
	_, err := verify(c.keys, kept.Body, kept.Signature)
	return err
}

// verify checks a document's signature and returns the ID of the key that made it. It accepts both
// kinds of minisign signatures: Ed signs the document, ED signs its hash.
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
		return "", fmt.Errorf("%w: it was made with the key %s, which is not trusted",
			ErrSignature, keyID(parsed.KeyID))
	}
	return "", fmt.Errorf("%w: the key %s did not sign this document", ErrSignature, keyID(parsed.KeyID))
}

// keyID writes a key's ID as the minisign program does: without leading zeros.
func keyID(id uint64) string { return fmt.Sprintf("%X", id) }

// A document and its signature are two files, which cannot be published at the same instant. If
// they do not fit each other, both are fetched again before the document is refused.
const (
	signTries = 3
	signWait  = 500 * time.Millisecond
)

// sleep waits and reports whether the whole time passed before ctx was done.
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
