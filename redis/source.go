package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// fetchTimeout is the time limit for a fetch with all its attempts.
const fetchTimeout = 10 * time.Second

// Source returns a source whose document [Publish] wrote to a key. It is a [becket.Signal] too: it
// holds a connection of its own, on which it hears of each publication. A fetch uses the client's
// pool, has ten seconds, and reads the document only if its ETag has changed. The ETag is a hash of
// the document, and the signature comes with the document. The source does not close the client.
//
// The client may be that of a server, of a cluster, or of Sentinel. A client that reads from
// replicas may get an older document than the one that was announced; the library then asks again.
// A mistake in the arguments or options is an error of [becket.New].
func Source(client goredis.UniversalClient, key string, options ...Option) becket.Source {
	return &source{subscription{newConfig(client, Channel(key), options)}, key}
}

type source struct {
	subscription
	key string
}

var (
	_ becket.SignedSource = (*source)(nil)
	_ becket.Checker      = (*source)(nil)
	_ becket.Signal       = (*source)(nil)
)

// Check returns the mistakes in the arguments and the options.
func (s *source) Check() error {
	if s.key == "" {
		return errors.Join(errEmptyKey, s.config.Check())
	}
	return s.config.Check()
}

var errEmptyKey = errors.New("becket: redis: the key is empty")

// Identity names the servers, the database and the key.
func (s *source) Identity() string {
	switch client := s.client.(type) {
	case *goredis.Client:
		if client != nil {
			return fmt.Sprintf("redis:%q:%d:%q", client.Options().Addr, client.Options().DB, s.key)
		}
	case *goredis.ClusterClient:
		if client != nil {
			return fmt.Sprintf("redis:%q:%q", client.Options().Addrs, s.key)
		}
	}
	return fmt.Sprintf("redis:%q", s.key)
}

// Fetch reads the document, or only its ETag if that is the one of last.
func (s *source) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	return s.asked(ctx, func(ctx context.Context) (becket.Document, error) {
		etag, err := s.etag(ctx)
		if err != nil {
			return becket.Document{}, err
		}
		if etag == last.ETag {
			return becket.Document{NotModified: true, Validator: becket.Validator{ETag: etag}}, nil
		}
		size, err := s.client.HStrLen(ctx, s.key, fieldBody).Result()
		if err != nil {
			return becket.Document{}, explained(err)
		}
		if size > limit.Document {
			return becket.Document{}, fmt.Errorf("%w of %d bytes: it has %d", limit.ErrTooLarge, limit.Document, size)
		}
		if _, err := s.signatureSize(ctx); err != nil {
			return becket.Document{}, err
		}
		return s.read(ctx)
	})
}

func tooLongSignature(size int64) error {
	return fmt.Errorf("%w of %d bytes for signatures: it has %d", limit.ErrTooLarge, maxSignature, size)
}

// FetchSignature reads the signature. The client calls it if Fetch returned none.
func (s *source) FetchSignature(ctx context.Context) ([]byte, error) {
	document, err := s.asked(ctx, func(ctx context.Context) (becket.Document, error) {
		if _, err := s.etag(ctx); err != nil {
			return becket.Document{}, err
		}
		switch size, err := s.signatureSize(ctx); {
		case err != nil:
			return becket.Document{}, err
		case size == 0:
			return becket.Document{}, errors.New("becket: redis: the document has no signature")
		}
		return s.read(ctx)
	})
	return document.Signature, err
}

// asked calls do with the time limit of a fetch.
func (s *source) asked(
	ctx context.Context, do func(context.Context) (becket.Document, error),
) (becket.Document, error) {
	if err := s.Check(); err != nil {
		return becket.Document{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	document, err := abandonable(ctx, func() (becket.Document, error) { return do(ctx) })
	if err != nil {
		askAgain(ctx, s.client)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return document, fmt.Errorf("becket: redis: the server did not answer in time: %w", err)
	}
	return document, err
}

// etag reads the ETag. The commands are sent one by one, because go-redis keeps a second pool with
// large buffers for pipelines.
func (s *source) etag(ctx context.Context) (string, error) {
	live, err := fields(ctx, s.client, s.key, fieldETag)
	if err != nil {
		return "", err
	}
	if live[0] != "" {
		return live[0], nil
	}
	exists, err := s.client.Exists(ctx, s.key).Result()
	switch {
	case err != nil:
		return "", explained(err)
	case exists == 0:
		return "", ErrNoDocument
	default:
		return "", fmt.Errorf("%w: the hash has no field %s", ErrWrongType, fieldETag)
	}
}

// signatureSize returns the size of the signature in bytes, or an error if it is over the limit.
func (s *source) signatureSize(ctx context.Context) (int64, error) {
	size, err := s.client.HStrLen(ctx, s.key, fieldSignature).Result()
	if err != nil {
		return 0, explained(err)
	}
	if size > maxSignature {
		return 0, tooLongSignature(size)
	}
	return size, nil
}

// read reads the document with its ETag and signature in one step, so that they belong together.
func (s *source) read(ctx context.Context) (becket.Document, error) {
	live, err := fields(ctx, s.client, s.key, fieldETag, fieldBody, fieldSignature)
	if err != nil {
		return becket.Document{}, err
	}
	document := becket.Document{Body: []byte(live[1]), Validator: becket.Validator{ETag: live[0]}}
	if etagOf(document.Body) != live[0] {
		return becket.Document{}, ErrDamaged
	}
	if live[2] != "" {
		document.Signature = []byte(live[2])
	}
	return document, nil
}
