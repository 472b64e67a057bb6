package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// Source returns a source whose document is the newest revision of a name. It also tells the
// client of each new revision, unless [WithPollingOnly] is given: for this it holds a connection of
// its own, beside the pool. A fetch borrows a connection from the pool; if the pool has none that
// works, it opens one and closes it afterwards. The source does not close the pool.
//
// The document's ETag is the hash of its body, and its signature comes with it. A mistake in the
// options is an error of [becket.New].
func Source(pool *pgxpool.Pool, name string, options ...Option) becket.Source {
	s := &source{newConfig(pool, name, options)}
	if s.polling {
		return s
	}
	return &listeningSource{s, listener{s.config}}
}

// listeningSource is a source and a signal.
type listeningSource struct {
	*source
	listener
}

// Check returns the mistakes in the arguments and the options.
func (s *listeningSource) Check() error { return s.source.Check() }

// source reads the newest revision of a document.
type source struct{ config }

var (
	_ becket.SignedSource = (*listeningSource)(nil)
	_ becket.Checker      = (*listeningSource)(nil)
	_ becket.Signal       = (*listeningSource)(nil)
)

// Identity names the server, the database and the document.
func (s *source) Identity() string {
	if s.pool == nil {
		return "postgres:"
	}
	c := s.pool.Config().ConnConfig
	return fmt.Sprintf("postgres:%q:%d:%q:%q:%q", c.Host, c.Port, c.Database, c.RuntimeParams["search_path"], s.name)
}

// maxSignature is the greatest size of a signature in bytes, as in the library's other sources.
const maxSignature = 16 << 10

// newest selects the newest revision. If its hash is $2, or the document is over the limit, the row
// has no document. The server knows the size of a document without reading it. A hash has 64
// digits.
const newest = `
SELECT left(etag, 64), octet_length(body), octet_length(signature),
	CASE WHEN etag <> $2 AND octet_length(body) <= $3 THEN body END AS body,
	CASE WHEN etag <> $2 AND octet_length(signature) <= $4 THEN signature END AS signature
FROM becket_revisions WHERE name = $1 ORDER BY revision DESC LIMIT 1`

// row is the newest revision of a document. The sizes are -1 for NULL.
type row struct {
	etag                 string
	bodySize, signedSize int64
	body, signature      []byte
}

// Fetch reads the newest revision, or only its hash if that is the one of last.
func (s *source) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	r, err := s.read(ctx, last.ETag)
	if err != nil {
		return becket.Document{}, err
	}
	validator := becket.Validator{ETag: r.etag}
	if r.etag == last.ETag && last.ETag != "" {
		return becket.Document{NotModified: true, Validator: validator}, nil
	}
	if r.bodySize > limit.Document {
		return becket.Document{}, fmt.Errorf("%w of %d bytes: it has %d", limit.ErrTooLarge, limit.Document, r.bodySize)
	}
	if sum := sha256.Sum256(r.body); hex.EncodeToString(sum[:]) != r.etag {
		return becket.Document{}, ErrDamaged
	}
	return becket.Document{Body: r.body, Validator: validator, Signature: r.signature}, nil
}

// FetchSignature reads the signature of the newest revision. The client calls it if Fetch returned
// none.
func (s *source) FetchSignature(ctx context.Context) ([]byte, error) {
	r, err := s.read(ctx, "")
	switch {
	case err != nil:
		return nil, err
	case r.signedSize > maxSignature:
		return nil, fmt.Errorf("%w of %d bytes for signatures: it has %d",
			limit.ErrTooLarge, maxSignature, r.signedSize)
	case len(r.signature) == 0:
		return nil, errors.New("becket: postgres: the newest revision has no signature")
	}
	return r.signature, nil
}

// read reads the newest revision. It asks a connection of the pool first, for at most a third of
// the time. Connections of a pool may be dead without a sign or all in use, so if no answer comes,
// it asks a new connection.
func (s *source) read(ctx context.Context, etag string) (*row, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.readPooled(ctx, etag)
	if err == nil || ctx.Err() != nil || !worthAnother(err) {
		return r, err
	}
	connection, err := s.connect(ctx)
	if err != nil {
		return nil, explained(err)
	}
	defer hangUp(ctx, connection)
	return s.ask(ctx, connection, etag)
}

// readPooled reads the newest revision by a connection of the pool.
func (s *source) readPooled(ctx context.Context, etag string) (*row, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout/3)
	defer cancel()
	connection, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, explained(err)
	}
	defer connection.Release()
	return s.ask(ctx, connection.Conn(), etag)
}

// worthAnother reports whether a new connection may answer although one of the pool did not. It
// does not if the server refused the query, or if the pool could not connect either.
func worthAnother(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return pgconn.Timeout(err)
	}
	if errors.Is(err, ErrNoDocument) || errors.Is(err, ErrNoTable) || errors.Is(err, puddle.ErrClosedPool) {
		return false
	}
	const shutdown, lost = "57P", "08" // classes of the server's codes
	code := codeOf(err)
	return code == "" || strings.HasPrefix(code, shutdown) || strings.HasPrefix(code, lost)
}

// ask reads the newest revision. It uses neither a prepared statement nor a transaction of several
// statements, so that poolers in any mode carry it.
func (s *source) ask(ctx context.Context, connection *pgx.Conn, etag string) (*row, error) {
	const text, binary = 0, 1
	arguments := [][]byte{
		[]byte(s.name), []byte(etag),
		strconv.AppendInt(nil, limit.Document, 10), strconv.AppendInt(nil, maxSignature, 10),
	}
	result := connection.PgConn().ExecParams(ctx, newest, arguments, nil, nil,
		[]int16{text, text, text, binary, binary}).Read()
	if result.Err != nil {
		return nil, explained(result.Err)
	}
	if len(result.Rows) == 0 {
		return nil, ErrNoDocument
	}
	return rowOf(result)
}

// rowOf reads the columns of newest. Their types are not those of the schema if somebody changed
// the table.
func rowOf(result *pgconn.Result) (*row, error) {
	const bytea = 17 // the server's number of the type
	for _, column := range result.FieldDescriptions[3:] {
		if column.DataTypeOID != bytea {
			return nil, fmt.Errorf("%w: the column %s is not of the type bytea", ErrNoTable, column.Name)
		}
	}
	columns := result.Rows[0]
	return &row{
		etag: string(columns[0]), bodySize: sizeOf(columns[1]), signedSize: sizeOf(columns[2]),
		body: columns[3], signature: columns[4],
	}, nil
}

func sizeOf(column []byte) int64 {
	size, err := strconv.ParseInt(string(column), 10, 64)
	if err != nil {
		return -1
	}
	return size
}

// connect opens a connection as the pool does.
func (c *config) connect(ctx context.Context) (*pgx.Conn, error) {
	pool := c.pool.Config()
	if pool.BeforeConnect != nil {
		if err := pool.BeforeConnect(ctx, pool.ConnConfig); err != nil {
			return nil, err
		}
	}
	connection, err := pgx.ConnectConfig(ctx, pool.ConnConfig)
	if err != nil || pool.AfterConnect == nil {
		return connection, err
	}
	if err := pool.AfterConnect(ctx, connection); err != nil {
		hangUp(ctx, connection)
		return nil, err
	}
	return connection, nil
}

// hangUp closes a connection within a second, also if the other side is dead.
func hangUp(ctx context.Context, connection *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = connection.Close(ctx)
	_ = connection.PgConn().Conn().Close() // the driver waits for a dead server in the background
}
