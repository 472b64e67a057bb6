package postgres_test

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/flagd"
	"github.com/becketflags/becket/postgres"
)

func TestARevisionMustBeHigherThanTheNewest(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	first := d.publish(t, 5)
	assert.Equal(t, int64(5), first.Revision)
	assert.Zero(t, first.Previous)

	for _, test := range []struct {
		name        string
		publication postgres.Publication
		of          string // the document's name; "" for shop
		want        postgres.Published
		refused     bool
	}{
		{name: "a lower one", publication: postgres.Publication{Body: document(4)}, refused: true},
		{
			name: "another document of the same", refused: true,
			publication: postgres.Publication{Body: append(document(5), ' ')},
		},
		{
			name: "the same document with another signature", refused: true,
			publication: postgres.Publication{Body: document(5), Signature: []byte("untrusted comment")},
		},
		{
			name: "the same document again", publication: postgres.Publication{Body: document(5), Message: "again"},
			want: postgres.Published{Revision: 5, Previous: 5, ETag: first.ETag, Repeated: true},
		},
		{
			name: "an older document of another name", of: "other",
			publication: postgres.Publication{Body: document(5)},
			want:        postgres.Published{Revision: 5, ETag: first.ETag},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			published, err := postgres.Publish(t.Context(), d.pool, cmp.Or(test.of, "shop"), test.publication)
			if test.refused {
				require.ErrorIs(t, err, postgres.ErrNotHigher)
				require.ErrorContains(t, err, "after 5")
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, test.want, published)
		})
	}
}

func TestOfPublishersAtTheSameTimeExactlyOneWins(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	var group sync.WaitGroup
	var mutex sync.Mutex
	won := 0
	for i := range 8 {
		group.Go(func() {
			body := append(document(3), strings.Repeat(" ", i)...)
			_, err := postgres.Publish(t.Context(), d.pool, "shop", postgres.Publication{Body: body})
			mutex.Lock()
			defer mutex.Unlock()
			if err == nil {
				won++
			} else {
				assert.ErrorIs(t, err, postgres.ErrNotHigher)
			}
		})
	}
	group.Wait()
	assert.Equal(t, 1, won)
	for revision := 4; revision < 12; revision++ {
		group.Go(func() {
			_, err := postgres.Publish(t.Context(), d.pool, "shop",
				postgres.Publication{Body: document(revision)})
			if err != nil {
				assert.ErrorIs(t, err, postgres.ErrNotHigher)
			}
		})
	}
	group.Wait()
	history, err := postgres.History(t.Context(), d.pool, "shop", 0, 100)
	require.NoError(t, err)
	for i := range history[1:] {
		assert.False(t, history[i].Published.Before(history[i+1].Published),
			"the revision %d was published before %d", history[i].Revision, history[i+1].Revision)
	}
}

func TestARevisionOfAProgramThatTakesNoLockIsNotReplaced(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.publish(t, 1)
	other, err := d.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = other.Exec(t.Context(), `INSERT INTO becket_revisions (name, revision, etag, body)
		VALUES ('shop', 2, encode(sha256('{}'), 'hex'), '{}')`)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := postgres.Publish(t.Context(), d.pool, "shop", postgres.Publication{Body: document(2)})
		failed <- err
	}()
	require.Eventually(t, func() bool {
		waiting := 0
		err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting == 1
	}, patience, 10*time.Millisecond, "the server makes the publisher wait")
	require.NoError(t, other.Commit(t.Context()))
	require.ErrorIs(t, <-failed, postgres.ErrNotHigher)
}

func TestAPublicationThatClientsCouldNotUseIsRefused(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, test := range []struct {
		name        string
		publication postgres.Publication
		want        string
	}{
		{"no JSON", postgres.Publication{Body: []byte("{")}, "cannot be decoded"},
		{"no body", postgres.Publication{}, "cannot be decoded"},
		{
			"no revision", postgres.Publication{Body: []byte(`{"schema": 1, "flags": {}}`)},
			"has no revision",
		},
		{"a byte 0", postgres.Publication{Body: document(1), Message: "\x00"}, "byte 0"},
		{
			"a long signature", postgres.Publication{Body: document(1), Signature: make([]byte, 20000)},
			"over the size limit of 16384 bytes for signatures",
		},
		{"a large document", postgres.Publication{Body: make([]byte, 64<<20+1)}, "over the size limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Publish(t.Context(), d.pool, "shop", test.publication)
			require.ErrorContains(t, err, test.want)
		})
	}
	t.Run("no name", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.Publish(t.Context(), d.pool, "", postgres.Publication{Body: document(1)})
		require.ErrorContains(t, err, "name is empty")
	})
	t.Run("a server without the table", func(t *testing.T) {
		t.Parallel()
		_, err := postgres.Publish(t.Context(), newPool(t, d.server.URL("postgres")), "shop",
			postgres.Publication{Body: document(1)})
		require.ErrorIs(t, err, postgres.ErrNoTable)
	})
}

func TestADocumentWithoutRevisionsGetsTheNextOne(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	w := watch(t, postgres.Signal(d.pool, "shop"))
	w.hint(t)
	for revision := range 3 {
		body := fmt.Sprintf(`{"flags": {"number": {"state": "ENABLED", "variants": {"a": %d}, "defaultVariant": "a"}}}`,
			revision)
		published, err := postgres.Publish(t.Context(), d.pool, "shop",
			postgres.Publication{Body: []byte(body), Format: flagd.Format})
		require.NoError(t, err)
		assert.Equal(t, int64(revision+1), published.Revision)
		assert.Equal(t, becket.Hint{ETag: published.ETag}, w.hint(t),
			"a client that waited for the revision would never see it in the document")
	}
}

func TestTheHistorySaysWhoPublishedWhatAndWhen(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	_, err := postgres.History(t.Context(), d.pool, "shop", 0, 10)
	require.ErrorIs(t, err, postgres.ErrNoDocument)
	began := time.Now().Add(-time.Minute)
	for revision := 1; revision <= 7; revision++ {
		_, err := postgres.Publish(t.Context(), d.pool, "shop", postgres.Publication{
			Body: document(revision), Signature: []byte("untrusted comment")[:revision/7*17],
			Author: []string{"", "mara@example.com"}[revision%2], Message: fmt.Sprint("number ", revision),
		})
		require.NoError(t, err)
	}
	history, err := postgres.History(t.Context(), d.pool, "shop", 0, 3)
	require.NoError(t, err)
	require.Len(t, history, 3)
	newest := history[0]
	assert.WithinRange(t, newest.Published, began, time.Now().Add(time.Minute))
	newest.Published, newest.ETag = time.Time{}, ""
	assert.Equal(t, postgres.Revision{
		Revision: 7, Bytes: int64(len(document(7))), Signed: true, Author: "mara@example.com", Message: "number 7",
		Login: "postgres",
	}, newest)
	assert.Equal(t, "postgres", history[1].Author, "without an author, it is the role")
	assert.False(t, history[1].Signed)

	next, err := postgres.History(t.Context(), d.pool, "shop", history[2].Revision, 100)
	require.NoError(t, err)
	require.Len(t, next, 4)
	assert.Equal(t, int64(4), next[0].Revision)
	rest, err := postgres.History(t.Context(), d.pool, "shop", 1, 100)
	require.NoError(t, err)
	assert.Empty(t, rest)
	for _, limit := range []int{-1, 0, 1001} {
		_, err = postgres.History(t.Context(), d.pool, "shop", 0, limit)
		require.ErrorContains(t, err, "not between 1 and 1000")
	}
}

func TestWithoutADatabaseThereIsAnError(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]postgres.DB{
		"nil": nil, "a nil pool": (*pgxpool.Pool)(nil), "a nil connection": (*pgx.Conn)(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const want = "the database is nil"
			require.ErrorContains(t, postgres.Migrate(t.Context(), db), want)
			_, err := postgres.Publish(t.Context(), db, "shop", postgres.Publication{Body: document(1)})
			require.ErrorContains(t, err, want)
			_, err = postgres.History(t.Context(), db, "shop", 0, 10)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestManyProgramsMayCreateTheTableAtOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.ask(t, "DROP TABLE becket_revisions")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { assert.NoError(t, postgres.Migrate(t.Context(), d.pool)) })
	}
	group.Wait()
	d.publish(t, 1)
	require.NoError(t, postgres.Migrate(t.Context(), d.pool))
	_, err := postgres.Source(d.pool, "shop").Fetch(t.Context(), becket.Validator{})
	require.NoError(t, err, "the table is kept")
}
