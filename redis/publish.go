package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/push"
)

// Publication is a document to publish.
type Publication struct {
	Body      []byte // the document; at most 64 MiB
	Signature []byte // the text of its .minisig file, at most 16 KiB; empty if it is not signed
	// the time over which a fleet should distribute its fetches, at most ten minutes; 0 or less for
	// the time that each client has set
	Spread  time.Duration
	Format  becket.Format // the document's format; nil for becket.Native
	Channel string        // the channel of WithChannel; "" for the Channel of the key
}

// Published is the result of [Publish].
type Published struct {
	Revision int64  // the revision that is live now
	Previous int64  // the revision that was live before; 0 if there was none, or if it is not known
	ETag     string // the hash of the document
	// the number of subscribers to which the server sent the hint, without those of its replicas
	// and of the other nodes of a cluster; 0 if it is not known
	Receivers int64
}

// script replaces the document and announces it in one step of the server. It is sent as a hash,
// and as a text only if the server does not know it yet.
var script = goredis.NewScript(scriptText)

//go:embed publish.lua
var scriptText string

// Publish replaces the document of a key and announces it to the clients, if its revision is higher
// than the live one. The server does both in one step, which either happens or not. Its settings
// say when the document is on disk and on replicas.
//
// A document that its format cannot decode is refused. The revision is the document's own, which a
// native document must have; for a format without revisions, it is one more than the live one. The
// error is [ErrNotHigher] if the revision is not higher than the live one, and [ErrWrongType] if
// the key has something else than a document. After any other error, the document may be live all
// the same; a second call then returns ErrNotHigher. Publishers may run at the same time.
func Publish(ctx context.Context, client goredis.UniversalClient, key string, p Publication) (Published, error) {
	stated, err := p.check(client, key)
	if err != nil {
		return Published{}, err
	}
	if p.Channel == "" {
		p.Channel = Channel(key)
	}
	result := Published{ETag: etagOf(p.Body)}
	hint := push.Hint{Revision: stated, ETag: result.ETag, Spread: max(0, p.Spread)}
	// go-redis repeats a call that gets no answer. The random text shows the server that it is one.
	answer, err := abandonable(ctx, func() ([]any, error) {
		return script.Run(ctx, client, []string{key}, p.Body, result.ETag, stated, p.Signature,
			rand.Text(), p.Channel, hint.Text()).Slice()
	})
	if err != nil {
		askAgain(ctx, client)
		return Published{}, explained(err)
	}
	if err := result.read(answer, stated); err != nil {
		return Published{}, err
	}
	return result, nil
}

// read reads the answer of the script.
func (r *Published) read(answer []any, stated int64) error {
	if len(answer) != 5 {
		return fmt.Errorf("becket: redis: the server answered %d values, and 5 were expected", len(answer))
	}
	status, _ := answer[0].(string)
	r.Revision, _ = answer[1].(int64)
	r.Previous, _ = answer[2].(int64)
	etag, _ := answer[3].(string)
	r.Receivers, _ = answer[4].(int64)
	switch {
	case status == "published", status == "repeated":
		return nil
	case status == "refused" && etag == r.ETag:
		return fmt.Errorf("%w: %d is live, with this very document", ErrNotHigher, r.Previous)
	case status == "refused":
		return fmt.Errorf("%w: %d after %d", ErrNotHigher, stated, r.Previous)
	default:
		return fmt.Errorf("%w: delete it, or choose another key", ErrWrongType)
	}
}

// check returns the document's own revision, or 0 if it has none.
func (p *Publication) check(client goredis.UniversalClient, key string) (revision int64, err error) {
	var errs []error
	if isNil(client) {
		errs = append(errs, errNilClient)
	}
	if key == "" {
		errs = append(errs, errEmptyKey)
	}
	if len(p.Signature) > maxSignature {
		errs = append(errs, tooLongSignature(int64(len(p.Signature))))
	}
	if err := limit.Check(p.Body); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return 0, errors.Join(errs...)
	}
	format := p.Format
	if format == nil {
		format = becket.Native
	}
	rules, err := format.Decode(p.Body)
	if err != nil {
		return 0, fmt.Errorf("becket: redis: the document cannot be decoded: %w", err)
	}
	revision = rules.Info().Revision
	if revision <= 0 && format == becket.Native {
		return 0, errors.New("becket: redis: the document has no revision; clients could not tell it from an older one")
	}
	return max(0, revision), nil
}
