package disk

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// document returns a document that a copy holds.
func document(revision int, flag string) []byte {
	return fmt.Appendf(nil, `{"schema":1,"revision":%d,"flags":{%q:{"default":"on"}}}`, revision, flag)
}

// copyOf returns a copy of a document with one flag.
func copyOf(revision int, flag string, fetched, confirmed time.Time) *Copy {
	body := document(revision, flag)
	return &Copy{
		Body: body, Sum: sha256.Sum256(body), Revision: int64(revision), FetchedAt: fetched, ConfirmedAt: confirmed,
	}
}
