// Package target publishes documents to the places where clients find them: an entry of NATS, a key
// of Redis, a table of PostgreSQL, a file, or a URL that takes PUT.
package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/web"
)

// Errors of targets, for errors.Is.
var (
	// ErrNothing reports that no document is live.
	ErrNothing = errors.New("no document is live")

	// ErrOvertaken reports that nothing was published, because another document became live after
	// the one that Live returned.
	ErrOvertaken = errors.New("another document became live meanwhile")

	// ErrNoHint reports that the document is published, but clients were not told.
	ErrNoHint = errors.New("the document is published, but the hint was not sent, " +
		"so clients learn of it at their next poll")
)

// Publication is a document to publish.
type Publication struct {
	Body      []byte
	Signature []byte // the text of the .minisig file; empty if the document is not signed
	Format    becket.Format
	Spread    time.Duration // of the hint; 0 for the clients' own
	Author    string        // for a history
	Message   string        // for a history
	Live      *becket.Document
}

// Options control how Open reads an address.
type Options struct {
	Name      string   // the name of a file in a folder
	Headers   []string // "Name: value", for URLs
	LiveURL   string   // the URL at which clients find the document; "" for the address
	Signature string   // the URL of the signature; "" for the document's with .minisig

	Transport http.RoundTripper // sends requests to URLs; nil for the library's own
}

// place is a kind of target. Its errors may contain secrets.
type place interface {
	live(ctx context.Context) (becket.Document, error)
	put(ctx context.Context, p *Publication) error
	close()
}

// Target is a place where clients find a document. No name and no error of it contains a password
// or a query.
type Target struct {
	// Name is the address without secrets.
	Name string
	// Signals says that clients learn of a publication by a hint, which may have a spread.
	Signals bool
	// Keeps says that authors and messages are kept.
	Keeps bool
	// NeedsRevision says that only formats with revisions can be published.
	NeedsRevision bool

	place   place
	secrets *web.Redactor // nil if there are none
}

// Open returns the target of an address. It does not connect to it yet, except to NATS.
func Open(ctx context.Context, text string, o Options) (*Target, error) {
	a, err := parse(text)
	if err != nil {
		return nil, err
	}
	header, err := headers(o.Headers)
	if err != nil {
		return nil, err
	}
	t := &Target{Name: a.name(), secrets: a.redactor(header)}
	switch a.scheme {
	case "nats", "tls":
		t.Signals, t.NeedsRevision = true, true
		t.place, err = openNATS(ctx, a)
	case "redis", "rediss":
		t.Signals = true
		t.place, err = openRedis(a)
	case "postgres", "postgresql":
		t.Signals, t.Keeps = true, true
		t.place, err = openPostgres(ctx, a)
	case "dir":
		var f *folder
		if f, err = openFolder(a.path, o.Name); err == nil {
			t.Name, t.place = "dir:"+f.Name(), f
		}
	case "https", "http":
		t.place, err = openWeb(a, header, o)
	default:
		err = errScheme
	}
	if err != nil {
		return nil, t.plain(err)
	}
	return t, nil
}

var errScheme = errors.New("--to takes nats://HOST/BUCKET/KEY, redis://HOST/0?key=KEY, " +
	"postgres://HOST/DATABASE?name=NAME, dir:PATH or https://HOST/PATH")

// Live returns the document that is live, with its signature. The error is ErrNothing if there is
// none.
func (t *Target) Live(ctx context.Context) (becket.Document, error) {
	document, err := t.place.live(ctx)
	return document, t.plain(err)
}

// Put replaces the live document, and tells the clients where it can. The error is ErrOvertaken if
// another document than p.Live is live. NATS, Redis, PostgreSQL and servers with ETags also refuse
// it if that happens while it is written. The error is ErrNoHint if the document is published and
// the clients were not told. After other errors, the document may be live all the same.
func (t *Target) Put(ctx context.Context, p *Publication) error {
	err := t.unchanged(ctx, p.Live)
	if err == nil {
		err = t.place.put(ctx, p)
	}
	return t.plain(err)
}

// unchanged returns an error if another document is live than the one that Live has returned.
func (t *Target) unchanged(ctx context.Context, before *becket.Document) error {
	now, err := t.place.live(ctx)
	switch missing := errors.Is(err, ErrNothing); {
	case missing && before == nil:
		return nil
	case missing:
		return overtaken(errors.New("the live document was removed"))
	case err != nil:
		return err
	case before == nil || !bytes.Equal(now.Body, before.Body) || !bytes.Equal(now.Signature, before.Signature):
		return overtaken(errors.New("the live document is not the one that was read"))
	}
	return nil
}

// Close closes connections.
func (t *Target) Close() { t.place.close() }

// plain removes secrets from an error's text.
func (t *Target) plain(err error) error {
	if err == nil {
		return nil
	}
	if t.secrets == nil {
		return err
	}
	text := strings.NewReplacer("\n\t", " ", "\n", "; ").Replace(report.Plain(err))
	return web.Redacted(t.secrets.Text(text), err)
}

// overtaken adds the reason to ErrOvertaken.
func overtaken(reason error) error { return fmt.Errorf("%w: %w", ErrOvertaken, reason) }
