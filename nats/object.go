package nats

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket/internal/limit"
)

// pointer is the entry of a document that is too large for a message. It names an object of the
// object store that has the same name as the bucket.
type pointer struct {
	Name     string `json:"name"`
	Size     uint64 `json:"size"`
	Revision int64  `json:"revision"`
}

// wrapper is the JSON text of an entry with a pointer.
type wrapper struct {
	Object *pointer `json:"becket_object"`
}

// maxPointer is the greatest length of the text of a pointer, in bytes.
const maxPointer = 4 << 10

// pointerIn returns the pointer in an entry, or nil if the entry is a document.
func pointerIn(value []byte) *pointer {
	var w wrapper
	if len(value) > maxPointer || !bytes.Contains(value, []byte(`"becket_object"`)) ||
		json.Unmarshal(value, &w) != nil {
		return nil
	}
	return w.Object
}

// body returns the document of an entry.
func (p *place) body(ctx context.Context, m *nats.RawStreamMsg) ([]byte, error) {
	at := pointerIn(m.Data)
	if at == nil {
		return m.Data, nil
	}
	if at.Size > limit.Document {
		return nil, fmt.Errorf("%w of %d bytes: the object has %d", limit.ErrTooLarge, limit.Document, at.Size)
	}
	store, err := p.js.ObjectStore(ctx, p.bucket)
	if err != nil {
		return nil, fmt.Errorf("%w: opening the object store: %w", ErrObject, err)
	}
	object, err := store.Get(ctx, at.Name)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrObject, at.Name, err)
	}
	defer func() { _ = object.Close() }()
	body, err := limit.Read(object, limit.Document, int64(at.Size))
	switch {
	case errors.Is(err, limit.ErrTooLarge):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %q: %w", ErrObject, at.Name, err)
	case uint64(len(body)) != at.Size:
		return nil, fmt.Errorf("%w: %q has %d bytes instead of %d", ErrObject, at.Name, len(body), at.Size)
	}
	return body, nil
}

// put writes a document as a new object and returns the entry that names it. It makes the object
// store if there is none.
func (p *place) put(ctx context.Context, document []byte, revision int64, bucket *jetstream.StreamInfo) (pointer,
	error) {
	store, err := p.js.ObjectStore(ctx, p.bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = p.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: p.bucket, Storage: bucket.Config.Storage, Replicas: bucket.Config.Replicas,
		})
	}
	if err != nil {
		return pointer{}, fmt.Errorf("opening the object store: %w", err)
	}
	at := pointer{
		Name: fmt.Sprintf("%s%d-%s", p.objects(), revision, rand.Text()), Size: uint64(len(document)),
		Revision: revision,
	}
	if _, err := store.PutBytes(ctx, at.Name, document); err != nil {
		return pointer{}, fmt.Errorf("writing the object %q: %w", at.Name, err)
	}
	return at, nil
}

// objects returns the beginning of the names of the entry's objects.
func (p *place) objects() string { return p.key + "@" }

// tidy deletes the objects of earlier documents, except for those with the given names.
func (p *place) tidy(ctx context.Context, keep ...string) error {
	store, err := p.js.ObjectStore(ctx, p.bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := store.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, object := range list {
		kept := false
		for _, name := range keep {
			kept = kept || name == object.Name
		}
		if !kept && strings.HasPrefix(object.Name, p.objects()) {
			errs = append(errs, store.Delete(ctx, object.Name))
		}
	}
	return errors.Join(errs...)
}
