// Package redis keeps a document in a hash of Redis or Valkey, and tells clients of a new one at
// once, by a message on a channel.
//
// [Source] reads the document and subscribes to the channel. [Publish] replaces the document, if
// the new one has a higher revision, and sends the message in the same step. [Signal] subscribes to
// a channel for clients whose documents come from elsewhere. docs/redis.md has a set-up with the
// rights of both sides.
package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// Errors of this package, for errors.Is.
var (
	// ErrNoDocument reports that the key does not exist. Somebody may have deleted it, or the
	// server may have been restarted without its data.
	ErrNoDocument = errors.New("becket: redis: the key does not exist, so there is no document")

	// ErrWrongType reports that the key has something else than a document that Publish wrote.
	ErrWrongType = errors.New("becket: redis: the key does not have a document that redis.Publish wrote")

	// ErrDamaged reports that the document is not the one that the hash in its ETag belongs to. It
	// may be cut, or somebody may have changed it without Publish.
	ErrDamaged = errors.New("becket: redis: the document does not fit its ETag, which is a hash of it")

	// ErrNotHigher reports that a document was not published because its revision is not higher
	// than the live one.
	ErrNotHigher = errors.New("becket: redis: the revision is not higher than the live one")

	// ErrLost reports that a subscription was lost because the server did not answer two pings.
	ErrLost = errors.New("becket: redis: the server has not answered two pings")
)

// The fields of the hash that a source reads. publish.lua writes them.
const (
	fieldETag      = "etag"
	fieldBody      = "body"
	fieldSignature = "signature"
)

// maxSignature is the greatest size of a signature in bytes, as in the library's other sources.
const maxSignature = 16 << 10

// etagOf returns the ETag of a document, which is its SHA-256 hash in hexadecimal digits.
func etagOf(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}

// Channel returns the channel on which [Publish] announces the document of a key, unless another
// one is set. It is the key in braces with ":hints" after it, so that a cluster has both on one
// node. If the key has braces itself, it is the key with ":hints" after it.
func Channel(key string) string {
	const suffix = ":hints"
	if strings.ContainsAny(key, "{}") {
		return key + suffix
	}
	return "{" + key + "}" + suffix
}

// explained adds the package's prefix to an error of the server or of go-redis, and the meaning if
// it is known.
func explained(err error) error {
	switch {
	case err == nil:
		return nil
	case goredis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("%w: %w", ErrWrongType, err)
	default:
		return fmt.Errorf("becket: redis: %w", err)
	}
}

// fields returns the values of fields of a hash, "" for those that do not exist.
func fields(ctx context.Context, client goredis.UniversalClient, key string, names ...string) ([]string, error) {
	values, err := client.HMGet(ctx, key, names...).Result()
	if err != nil {
		return nil, explained(err)
	}
	if len(values) != len(names) {
		return nil, fmt.Errorf("becket: redis: the server answered %d values for %d fields", len(values), len(names))
	}
	texts := make([]string, len(names))
	for i, value := range values {
		texts[i], _ = value.(string)
	}
	return texts, nil
}

// askAgain makes the client of a cluster ask again which node has which keys. By itself, go-redis
// may go on asking a node that is silent for a minute, although another one has taken over.
func askAgain(ctx context.Context, client goredis.UniversalClient) {
	if cluster, ok := client.(*goredis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// abandonable calls do, and returns without its result when ctx is done. go-redis stops to wait for
// an answer only when its own time limit is over. A panic of do is a panic of abandonable, as long
// as it waits.
func abandonable[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type outcome struct {
		result T
		err    error
		panic  any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panic = recover()
			done <- o
		}()
		o.result, o.err = do()
	}()
	select {
	case o := <-done:
		if o.panic != nil {
			panic(o.panic)
		}
		return o.result, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
