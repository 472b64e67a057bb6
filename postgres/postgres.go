// Package postgres keeps documents in a table of PostgreSQL, which is also their history, and tells
// clients of a new revision at once, by NOTIFY and LISTEN.
//
// [Source] reads the newest revision of a document and listens for the next one. [Publish] adds a
// revision, and [History] lists them. [Schema] creates the table. docs/postgres.md has a set-up
// with the rights of both sides, and says what to do about poolers.
package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Schema is the SQL that creates the table becket_revisions in the first schema of the search path.
// It changes nothing if the table exists. [Migrate] runs it, and so does psql.
//
//go:embed schema.sql
var Schema string

// DB is a *pgxpool.Pool or a *pgx.Conn.
type DB interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// Errors of this package, for errors.Is.
var (
	// ErrNoDocument reports that the table has no revision of the document's name.
	ErrNoDocument = errors.New("becket: postgres: the table becket_revisions has no document of this name")

	// ErrNoTable reports that the table does not exist, or that another table has its name.
	ErrNoTable = errors.New("becket: postgres: there is no table becket_revisions as in postgres.Schema " +
		"in the search path of this database")

	// ErrDamaged reports that a document is not the one that its row's hash belongs to.
	ErrDamaged = errors.New("becket: postgres: the document does not fit the hash in its row")

	// ErrNotHigher reports that a revision was not published because it is not higher than the
	// newest one.
	ErrNotHigher = errors.New("becket: postgres: the revision is not higher than the newest one")

	// ErrStandby reports that a server sends no notifications because it is a standby.
	ErrStandby = errors.New("becket: postgres: a standby sends no notifications; " +
		"WithListenConfig sets a connection to the primary")

	// ErrPooler reports that notifications do not arrive because a pooler in transaction mode is
	// between the client and the server.
	ErrPooler = errors.New("becket: postgres: notifications do not arrive, as behind a pooler in transaction mode; " +
		"WithListenConfig sets a connection that goes to the server itself")
)

// SQLSTATE codes of the server.
const (
	codeUndefinedTable  = "42P01"
	codeUndefinedColumn = "42703"
	codeReadOnly        = "25006"
	codeUniqueViolation = "23505"
)

// explained adds the package's prefix to an error of the server or the driver, and says what to do
// if that is known.
func explained(err error) error {
	switch code := codeOf(err); {
	case err == nil:
		return nil
	case code == codeUndefinedTable, code == codeUndefinedColumn:
		return fmt.Errorf("%w: %w", ErrNoTable, err)
	default:
		return fmt.Errorf("becket: postgres: %w", err)
	}
}

// codeOf returns the server's code of an error, or "" if the error is not the server's.
func codeOf(err error) string {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return server.Code
	}
	return ""
}

// maxChannel is the greatest length of a channel's name in bytes. The server refuses longer ones in
// pg_notify, and cuts them in LISTEN.
const maxChannel = 63

// channelOf returns the channel on which publishers announce a document.
func channelOf(name, channel string) string {
	if channel == "" {
		return "becket:" + name
	}
	return channel
}

// checkNames reports names that the server would refuse or cut.
func checkNames(name, channel string) (errs []error) {
	switch {
	case name == "":
		errs = append(errs, errors.New("becket: postgres: the document's name is empty"))
	case !storable(name):
		errs = append(errs, errors.New("becket: postgres: the document's name is not valid UTF-8 or has a byte 0"))
	}
	channel = channelOf(name, channel)
	if len(channel) > maxChannel || !storable(channel) {
		errs = append(errs, fmt.Errorf("becket: postgres: the channel %q must be valid UTF-8 of at most %d bytes; "+
			"WithChannel and Publication.Channel set a shorter one", channel, maxChannel))
	}
	return errs
}

// storable reports whether the server can store a text.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// Migrate creates the table if it does not exist. The role of db needs the right to create tables.
// Programs may call it at the same time.
func Migrate(ctx context.Context, db DB) error {
	return inTransaction(ctx, db, func(tx pgx.Tx) error {
		// The server creates a table twice if two transactions do so at once, and then fails.
		if _, err := tx.Exec(ctx, lockText, pgx.QueryExecModeExec, "becket_revisions"); err != nil {
			return explained(err)
		}
		_, err := tx.Exec(ctx, Schema, pgx.QueryExecModeSimpleProtocol)
		return explained(err)
	})
}

// isNil reports whether there is no database, also if a variable of its type is nil.
func isNil(db DB) bool {
	switch db := db.(type) {
	case nil:
		return true
	case *pgxpool.Pool:
		return db == nil
	case *pgx.Conn:
		return db == nil
	}
	return false
}

// lockText waits until no other transaction holds the lock of a text, and holds it until the end of
// the transaction. It needs no right.
const lockText = "SELECT pg_advisory_xact_lock(hashtextextended($1, 6216483210744501))"

// endWithin is how long the end of a transaction or a connection may take after the context of its
// caller is done.
const endWithin = 2 * time.Second

// inTransaction calls do in a transaction, in which each statement sees everything that was
// committed before it.
func inTransaction(ctx context.Context, db DB, do func(tx pgx.Tx) error) error {
	if isNil(db) {
		return errors.New("becket: postgres: the database is nil")
	}
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return explained(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		_ = tx.Rollback(ctx) // it does nothing after Commit
	}()
	if err := do(tx); err != nil {
		return err
	}
	return explained(tx.Commit(ctx))
}
