package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/push"
)

// Publication is a document to publish.
type Publication struct {
	Body      []byte // the document; at most 64 MiB
	Signature []byte // the text of its .minisig file, at most 16 KiB; empty if it is not signed
	Author    string // who publishes it; "" for the name of the role that is logged in
	Message   string // why it is published, for the history
	// the time over which a fleet should distribute its fetches, at most ten minutes; 0 or less for
	// the time that each client has set
	Spread  time.Duration
	Format  becket.Format // the document's format; nil for becket.Native
	Channel string        // the channel of WithChannel; "" for "becket:" with the document's name
}

// Published is the result of [Publish].
type Published struct {
	Revision int64  // the revision in the table
	Previous int64  // the newest revision before; 0 if there was none
	ETag     string // the hash of the body
	// the newest revision was this very document, so that nothing was added; clients are told again
	Repeated bool
}

// Publish adds a revision of a name and notifies the clients in the same transaction: they learn of
// it exactly if it is committed. A document that its format cannot decode is refused. The revision
// is the document's own, which a native document must have; for a format without revisions, it is
// one more than the newest. It returns ErrNotHigher if the revision is not higher than the newest
// one; if that one is the same document with the same signature, the result is Repeated instead. So
// a publisher whose connection broke may try again. Publishers may run at the same time; one waits
// for the other.
func Publish(ctx context.Context, db DB, name string, p Publication) (Published, error) {
	stated, err := p.check(name)
	if err != nil {
		return Published{}, err
	}
	if len(p.Signature) == 0 {
		p.Signature = nil // NULL
	}
	sum := sha256.Sum256(p.Body)
	result := Published{ETag: hex.EncodeToString(sum[:])}
	err = inTransaction(ctx, db, func(tx pgx.Tx) error {
		if err := p.place(ctx, tx, name, stated, &result); err != nil {
			return err
		}
		if !result.Repeated {
			if err := p.insert(ctx, tx, name, result); err != nil {
				return err
			}
		}
		hint := push.Hint{Revision: stated, ETag: result.ETag, Spread: max(0, p.Spread)}
		_, err := tx.Exec(ctx, "SELECT pg_notify($1, $2)", pgx.QueryExecModeExec,
			channelOf(name, p.Channel), string(hint.Text()))
		return explained(err)
	})
	if err != nil {
		return Published{}, err
	}
	return result, nil
}

// check returns the document's own revision, or 0 if it has none.
func (p *Publication) check(name string) (revision int64, err error) {
	errs := checkNames(name, p.Channel)
	if !storable(p.Author) || !storable(p.Message) {
		errs = append(errs, errors.New("becket: postgres: the author or the message is not valid UTF-8 "+
			"or has a byte 0"))
	}
	if len(p.Signature) > maxSignature {
		errs = append(errs, fmt.Errorf("%w of %d bytes for signatures: it has %d",
			limit.ErrTooLarge, maxSignature, len(p.Signature)))
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
		return 0, fmt.Errorf("becket: postgres: the document cannot be decoded: %w", err)
	}
	revision = rules.Info().Revision
	if revision == 0 && format == becket.Native {
		return 0, errors.New("becket: postgres: the document has no revision; " +
			"clients could not tell it from an older one")
	}
	return revision, nil
}

// place finds the revision of the publication, after it has excluded other publishers of the name.
func (p *Publication) place(ctx context.Context, tx pgx.Tx, name string, stated int64, result *Published) error {
	if _, err := tx.Exec(ctx, lockText, pgx.QueryExecModeExec, "becket_revisions/"+name); err != nil {
		return explained(err)
	}
	same := false
	err := tx.QueryRow(ctx, `
		SELECT revision, etag = $2 AND signature IS NOT DISTINCT FROM $3
		FROM becket_revisions WHERE name = $1 ORDER BY revision DESC LIMIT 1`, pgx.QueryExecModeExec,
		name, result.ETag, p.Signature).Scan(&result.Previous, &same)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return explained(err)
	}
	result.Revision = stated
	if stated == 0 {
		result.Revision = result.Previous + 1
	}
	if same {
		result.Revision, result.Repeated = result.Previous, true
		return nil
	}
	if result.Revision <= result.Previous {
		return fmt.Errorf("%w: %d after %d", ErrNotHigher, result.Revision, result.Previous)
	}
	return nil
}

// insert adds the row. The server fills in the author if there is none, the login and the time.
func (p *Publication) insert(ctx context.Context, tx pgx.Tx, name string, result Published) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO becket_revisions (name, revision, etag, body, signature, author, message)
		VALUES ($1, $2, $3, $4, $5, coalesce(nullif($6, ''), session_user), $7)`, pgx.QueryExecModeExec,
		name, result.Revision, result.ETag, p.Body, p.Signature, p.Author, p.Message)
	if codeOf(err) == codeUniqueViolation { // by a program that does not take the lock
		return fmt.Errorf("%w: %w", ErrNotHigher, err)
	}
	return explained(err)
}
