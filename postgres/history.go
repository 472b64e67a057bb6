package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Revision is a revision in the history of a document.
type Revision struct {
	Revision  int64
	ETag      string // the hash of the body
	Bytes     int64  // the size of the body
	Signed    bool   // it has a signature, which the server has not verified
	Author    string // the author as the publisher stated it
	Message   string
	Login     string // the role that the server authenticated
	Published time.Time
}

// maxHistory is the greatest number of revisions that History returns at once.
const maxHistory = 1000

// History lists at most limit revisions of a name, the newest first, without their bodies. The
// limit must be between 1 and 1,000. If before is above 0, the list begins with the next lower
// revision, so that the last one of a list leads to the next list. It returns ErrNoDocument if the
// name has no revision.
func History(ctx context.Context, db DB, name string, before int64, limit int) (revisions []Revision, err error) {
	if limit < 1 || limit > maxHistory {
		return nil, fmt.Errorf("becket: postgres: History: the limit %d is not between 1 and %d", limit, maxHistory)
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	err = inTransaction(ctx, db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT revision, etag, octet_length(body), signature IS NOT NULL, author, message, login, published_at
			FROM becket_revisions WHERE name = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3`,
			pgx.QueryExecModeExec, name, before, limit)
		if err != nil {
			return explained(err)
		}
		revisions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Revision])
		return explained(err)
	})
	if err != nil {
		return nil, err
	}
	if len(revisions) == 0 && before == math.MaxInt64 {
		return nil, ErrNoDocument
	}
	return revisions, nil
}
