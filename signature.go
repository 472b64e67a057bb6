package becket

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aead.dev/minisign"
)

// parsePublicKey reads the text of a .pub file or the key alone. The key is public, but what was
// given by mistake in its place may not be, so it is not quoted.
func parsePublicKey(text string) (minisign.PublicKey, error) {
	var key minisign.PublicKey
	if err := key.UnmarshalText([]byte(strings.TrimSpace(text))); err != nil {
		return key, errors.New("becket: WithPublicKey: this is not a minisign public key: 56 characters of base64, or the text of a .pub file")
	}
	return key, nil
}

// verify checks a document's signature, of either of minisign's kinds (Ed over the document, ED
// over its hash), and returns the ID of the key.
func verify(keys []minisign.PublicKey, body, signature []byte) (string, error) {
	if len(signature) == 0 {
		return "", ErrUnsigned
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
