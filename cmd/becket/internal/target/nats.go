package target

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/nats"
)

// entry is an entry of a key-value bucket.
type entry struct {
	connection  *natsio.Conn
	stream      jetstream.JetStream
	bucket, key string
	subject     string
	source      becket.Source
}

// openNATS connects to the server of nats://HOST:4222/BUCKET/KEY.
func openNATS(ctx context.Context, a *address) (*entry, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(a.path, "/"), "/")
	key, err := url.PathUnescape(key)
	if bucket == "" || key == "" || err != nil {
		return nil, errors.New("the address of NATS is nats://HOST:4222/BUCKET/KEY")
	}
	limit := natsio.DefaultTimeout
	if deadline, has := ctx.Deadline(); has {
		limit = min(limit, time.Until(deadline))
	}
	options := []natsio.Option{
		natsio.Name("becket publish"), natsio.Timeout(limit), natsio.NoReconnect(),
		// the default writes to stderr
		natsio.ErrorHandler(func(*natsio.Conn, *natsio.Subscription, error) {}),
	}
	if file := a.own.Get("creds"); file != "" {
		options = append(options, natsio.UserCredentials(file))
	}
	e := &entry{bucket: bucket, key: key, subject: a.own.Get("subject")}
	if e.connection, err = natsio.Connect(a.engine(""), options...); err != nil {
		return nil, fmt.Errorf("%s: %w", a.name(), err)
	}
	if e.stream, err = jetstream.New(e.connection); err != nil {
		e.close()
		return nil, err
	}
	e.source = nats.Source(e.stream, bucket, key)
	return e, check(e.source)
}

func (e *entry) live(ctx context.Context) (becket.Document, error) {
	return fetched(ctx, e.source, nats.ErrNoDocument)
}

func (e *entry) put(ctx context.Context, p *Publication) error {
	result, err := nats.Publish(ctx, e.stream, e.bucket, e.key, nats.Publication{
		Body: p.Body, Signature: p.Signature, Spread: p.Spread, Format: p.Format, Subject: e.subject,
	})
	if errors.Is(err, nats.ErrNotHigher) || errors.Is(err, nats.ErrConflict) {
		return overtaken(err)
	}
	if err == nil && result.HintError != nil {
		err = fmt.Errorf("%w: %w", ErrNoHint, result.HintError)
	}
	return err
}

func (e *entry) close() { e.connection.Close() }
