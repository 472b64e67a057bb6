package nats

import (
	"bytes"
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

// PublishOption changes how [Publish] works.
type PublishOption func(*publishing)

type publishing struct {
	place
	format    becket.Format
	signature []byte
	spread    time.Duration
	hints     string
}

// WithSignature adds the document's minisign signature to the entry. By default, there is none, and
// clients with public keys refuse the document.
func WithSignature(signature []byte) PublishOption {
	return func(p *publishing) { p.signature = bytes.Clone(signature) }
}

// WithSpread sets the time over which the clients should distribute their fetches, at most ten
// minutes. By default, it is 0, and clients use their own.
func WithSpread(spread time.Duration) PublishOption { return func(p *publishing) { p.spread = spread } }

// WithFormat sets the format of the document, of which Publish needs the revision. By default, it
// is [becket.Native].
func WithFormat(format becket.Format) PublishOption {
	return func(p *publishing) { p.format = format }
}

// WithHintsTo sets the subject on which Publish sends the hint. By default, it is that of a
// [Source]: becket.hints.BUCKET.KEY.
func WithHintsTo(subject string) PublishOption { return func(p *publishing) { p.hints = subject } }

// Publication is the result of [Publish].
type Publication struct {
	Revision int64  // the document's revision
	Before   int64  // the revision of the document that it replaced; 0 if there was none
	Entry    uint64 // the entry's revision in the bucket
	ETag     string // the ETag that sources have for it
	Object   string // the name of the object with the document; "" if the entry holds it itself
	// HintError says why the hint was not sent, or nil. Sources still see the new entry, because
	// they watch the bucket.
	HintError error
	// TidyError says why objects of earlier documents were not deleted, or nil.
	TidyError error
}

// overhead is the room for the headers of an entry, in bytes.
const overhead = 8 << 10

// Publish writes a document and its signature to the entry as one message, and then sends a hint.
// The document must be valid, and its revision must be higher than that of the document in the
// entry, or Publish returns [ErrRevision]. It returns [ErrConflict] if another publisher writes the
// entry at the same time. If it returns another error after its context is done, it is not known
// whether the document was published: a second call with the same document returns ErrRevision if
// it was. A document that is too large for a message of the server becomes an object in the object
// store of the same name, which Publish makes if there is none, and the entry names the object. The
// object of the document before it is kept, and earlier ones are deleted. The bucket must exist.
func Publish(ctx context.Context, js jetstream.JetStream, bucket, key string, document []byte,
	options ...PublishOption) (Publication, error) {
	p := &publishing{place: place{js, bucket, key}, format: becket.Native}
	p.hints = p.place.hints()
	for _, option := range options {
		if option != nil {
			option(p)
		}
	}
	if err := errors.Join(p.place.check()...); err != nil {
		return Publication{}, err
	}
	result, err := p.publish(ctx, document)
	if err != nil {
		return Publication{}, p.located(err)
	}
	return result, nil
}

func (p *publishing) publish(ctx context.Context, document []byte) (Publication, error) {
	if err := limit.Check(document); err != nil {
		return Publication{}, err
	}
	rules, err := p.format.Decode(document)
	if err != nil {
		return Publication{}, err
	}
	result := Publication{Revision: rules.Info().Revision}
	stream, err := p.js.Stream(ctx, p.stream())
	if err != nil {
		return Publication{}, explained(err)
	}
	live, err := p.live(ctx)
	if err != nil {
		return Publication{}, err
	}
	result.Before = live.revision
	if result.Revision <= live.revision {
		return Publication{}, fmt.Errorf("%w: it is %d, and %d is published", ErrRevision, result.Revision,
			live.revision)
	}
	if err := p.write(ctx, document, live.sequence, stream.CachedInfo(), &result); err != nil {
		return Publication{}, err
	}
	result.HintError = p.hint(ctx, push.Hint{Revision: result.Revision, ETag: result.ETag, Spread: p.spread})
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
	if errors.Is(err, ErrNoEntry) {
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
	rules, err := p.format.Decode(m.Data)
	if err != nil {
		return live{}, fmt.Errorf("the published document, which this one would replace, cannot be read; "+
			"delete the entry to publish in any case: %w", within{err})
	}
	now.revision = rules.Info().Revision
	return now, nil
}

// write writes the entry if it still has the given sequence.
func (p *publishing) write(ctx context.Context, document []byte, sequence uint64, bucket *jetstream.StreamInfo,
	result *Publication) error {
	room := p.js.Conn().MaxPayload() - overhead
	if own := int64(bucket.Config.MaxMsgSize); own > 0 {
		room = min(room, own-overhead)
	}
	value := document
	if int64(len(document)) > room {
		at, err := p.put(ctx, document, result.Revision, bucket)
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
	m.Header.Set(headerHint, string(push.Hint{Revision: result.Revision, Spread: p.spread}.Text()))
	if len(p.signature) > 0 {
		m.Header.Set(headerSignature, strings.ReplaceAll(string(p.signature), "\n", `\n`))
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
	if err := conn.Publish(p.hints, h.Text()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	return conn.FlushWithContext(ctx)
}
