package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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
	Format  becket.Format // the document's format, which must have revisions; nil for becket.Native
	Subject string        // the subject of WithSubject; "" for becket.hints.BUCKET.KEY
}

// Published is the result of [Publish].
type Published struct {
	Revision int64  // the revision that is live now
	Previous int64  // the revision that was live before; 0 if there was none
	ETag     string // the ETag that sources have for the document
	Entry    uint64 // the entry's revision in the bucket
	Object   string // the name of the object with the document; "" if the entry holds it itself
	// HintError says why the hint was not sent, or nil. Sources still see the new entry, because
	// they watch the bucket.
	HintError error
	// TidyError says why objects of earlier documents were not deleted, or nil.
	TidyError error
}

const (
	// overhead is the room for the headers of an entry without its signature, in bytes.
	overhead = 8 << 10
	// maxSignature is the greatest size of a signature in bytes, as in the library's other sources.
	maxSignature = 16 << 10
)

// Publish replaces the document of an entry, if its revision is higher than the live one, and then
// sends a hint. The document and its signature are one message. The bucket must exist.
//
// A document that its format cannot decode is refused, and so is one without a revision. The error
// is [ErrNotHigher] if the revision is not higher than the live one, and [ErrConflict] if another
// publisher writes the entry at the same time. After any other error, the document may be live all
// the same; a second call then returns ErrNotHigher. Publishers may run at the same time.
//
// A document that is too large for a message of the server becomes an object in the object store of
// the same name, which Publish makes if there is none, and the entry names the object. The object
// of the document before it is kept, and earlier ones are deleted.
func Publish(ctx context.Context, js jetstream.JetStream, bucket, key string, p Publication) (Published, error) {
	at := &publishing{place{js, bucket, key}, p}
	if at.Format == nil {
		at.Format = becket.Native
	}
	if at.Subject == "" {
		at.Subject = at.hints()
	}
	if err := at.check(); err != nil {
		return Published{}, err
	}
	result, err := at.publish(ctx)
	if err != nil {
		return Published{}, at.located(err)
	}
	return result, nil
}

// publishing is a publication with its place.
type publishing struct {
	place
	Publication
}

// check reports mistakes in the arguments.
func (p *publishing) check() error {
	errs := p.place.check()
	if size := len(p.Signature); size > maxSignature {
		errs = append(errs, fmt.Errorf("%w of %d bytes for signatures: it has %d", limit.ErrTooLarge, maxSignature,
			size))
	}
	if err := limit.Check(p.Body); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (p *publishing) publish(ctx context.Context) (Published, error) {
	rules, err := p.Format.Decode(p.Body)
	if err != nil {
		return Published{}, fmt.Errorf("the document cannot be decoded: %w", within{err})
	}
	result := Published{Revision: rules.Info().Revision}
	if result.Revision <= 0 {
		return Published{}, errors.New("the document has no revision; clients could not tell it from an older one")
	}
	stream, err := p.js.Stream(ctx, p.stream())
	if err != nil {
		return Published{}, explained(err)
	}
	live, err := p.live(ctx)
	if err != nil {
		return Published{}, err
	}
	result.Previous = live.revision
	if result.Revision <= live.revision {
		return Published{}, fmt.Errorf("%w: %d after %d", ErrNotHigher, result.Revision, live.revision)
	}
	if err := p.write(ctx, live.sequence, stream.CachedInfo(), &result); err != nil {
		return Published{}, err
	}
	result.HintError = p.hint(ctx, push.Hint{Revision: result.Revision, ETag: result.ETag, Spread: max(0, p.Spread)})
	if result.Object != "" || live.object != "" {
		result.TidyError = p.tidy(ctx, result.Object, live.object)
	}
	return result, nil
}

// live is the entry before a publication.
type live struct {
	sequence uint64 // 0 if there is no message, not even the mark of a deleted entry
	revision int64
	object   string
}

func (p *publishing) live(ctx context.Context) (live, error) {
	m, err := p.get(ctx)
	if errors.Is(err, ErrNoDocument) {
		return live{}, nil
	}
	if err != nil {
		return live{}, err
	}
	now := live{sequence: m.Sequence}
	if present(m.Header) != nil {
		return now, nil
	}
	if at := pointerIn(m.Data); at != nil {
		now.revision, now.object = at.Revision, at.Name
		return now, nil
	}
	rules, err := p.Format.Decode(m.Data)
	if err != nil {
		return live{}, fmt.Errorf("the published document, which this one would replace, cannot be read; "+
			"delete the entry to publish in any case: %w", within{err})
	}
	now.revision = rules.Info().Revision
	return now, nil
}

// write writes the entry if it still has the given sequence.
func (p *publishing) write(ctx context.Context, sequence uint64, bucket *jetstream.StreamInfo,
	result *Published) error {
	signature := strings.ReplaceAll(string(p.Signature), "\n", `\n`)
	headers := overhead + int64(len(signature))
	room := p.js.Conn().MaxPayload() - headers
	if own := int64(bucket.Config.MaxMsgSize); own > 0 {
		room = min(room, own-headers)
	}
	value := p.Body
	if int64(len(p.Body)) > room {
		at, err := p.put(ctx, p.Body, result.Revision, bucket)
		if err != nil {
			return err
		}
		result.Object = at.Name
		if value, err = json.Marshal(wrapper{&at}); err != nil {
			return err
		}
	}
	m := nats.NewMsg(p.subject())
	m.Data = value
	m.Header.Set(headerHint, string(push.Hint{Revision: result.Revision, Spread: max(0, p.Spread)}.Text()))
	if signature != "" {
		m.Header.Set(headerSignature, signature)
	}
	written, err := p.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(sequence))
	if isConflict(err) {
		err = fmt.Errorf("%w: %w", ErrConflict, err)
		if result.Object != "" {
			err = errors.Join(err, p.discard(ctx, result.Object))
		}
	}
	if err != nil {
		return explained(err)
	}
	result.Entry = written.Sequence
	result.ETag = version{bucket.Created.UnixNano(), written.Sequence}.etag()
	return nil
}

// isConflict reports whether the server refused a message because of the entry's sequence.
func isConflict(err error) bool {
	refused, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// discard deletes an object that no entry names.
func (p *place) discard(ctx context.Context, object string) error {
	store, err := p.js.ObjectStore(ctx, p.bucket)
	if err != nil {
		return err
	}
	return store.Delete(ctx, object)
}

// hint tells clients of the new document.
func (p *publishing) hint(ctx context.Context, h push.Hint) error {
	conn := p.js.Conn()
	if err := conn.Publish(p.Subject, h.Text()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	return conn.FlushWithContext(ctx)
}
