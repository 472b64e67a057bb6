package nats

import (
	"bytes"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/flagd"
	"github.com/becketflags/becket/internal/push"
)

func TestPublishRefusesARevisionThatIsNotHigher(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	first, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(7, 0)})
	require.NoError(t, err)
	assert.Equal(t, Published{Revision: 7, Entry: 1, ETag: first.ETag}, first)
	for _, revision := range []int64{7, 6} {
		_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(revision, 0)})
		require.ErrorIs(t, err, ErrNotHigher)
	}
	require.EqualError(t, err, "becket: nats: "+kv.Bucket()+"/"+key+
		": the revision is not higher than the live one: 6 after 7")
	second, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(8, 0)})
	require.NoError(t, err)
	assert.Equal(t, int64(7), second.Previous)

	require.NoError(t, kv.Delete(t.Context(), key))
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(1, 0)})
	require.NoError(t, err, "after the entry was deleted")
}

func TestPublishRefusesADocumentWithoutARevisionAndABrokenOne(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	without := []byte(`{"schema": 1, "flags": {"a": {"default": "on"}}}`)
	_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: without})
	require.ErrorContains(t, err, "the document has no revision")
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: []byte(`{"schema": 1,`)})
	require.ErrorContains(t, err, "the document cannot be decoded")
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{
		Body: document(1, 0), Signature: make([]byte, maxSignature+1),
	})
	require.ErrorIs(t, err, becket.ErrTooLarge, "the signature")
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: make([]byte, 64<<20+1)})
	require.ErrorIs(t, err, becket.ErrTooLarge)
	_, err = Publish(t.Context(), js, "a.b", "", Publication{})
	require.ErrorContains(t, err, "not a name of a bucket")
	_, err = Publish(t.Context(), js, "missing", key, Publication{Body: document(1, 0)})
	require.ErrorIs(t, err, ErrNoBucket)
	_, err = kv.Get(t.Context(), key)
	require.ErrorIs(t, err, jetstream.ErrKeyNotFound, "nothing was written")
}

func TestPublishReplacesNothingThatItCannotRead(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	put(t, kv, []byte("hello"))
	_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(1, 0)})
	require.ErrorContains(t, err, "delete the entry to publish in any case")
	require.NoError(t, kv.Delete(t.Context(), key))
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(1, 0)})
	require.NoError(t, err)
	_, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{
		Body: []byte(`{"flags": {}}`), Format: flagd.Format,
	})
	require.ErrorContains(t, err, "the document has no revision", "this format has none")
}

func TestOneOfManyPublishersAtOnceWins(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	const publishers, revisions = 8, 5
	var mutex sync.Mutex
	won := map[int64]int{}
	var all sync.WaitGroup
	for i := range publishers {
		all.Go(func() {
			for revision := int64(1); revision <= revisions; revision++ {
				size := 0
				if i%2 == 0 {
					size = 1<<20 + i // these are objects
				}
				_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(revision, size)})
				if err != nil {
					assert.True(t, assert.ObjectsAreEqual(true, isEither(err, ErrNotHigher, ErrConflict)), "%v", err)
					continue
				}
				mutex.Lock()
				won[revision]++
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	for revision, publishers := range won {
		assert.Equal(t, 1, publishers, "publishers of revision %d", revision)
	}
	assert.Equal(t, 1, won[revisions], "the last revision is published")
	client, err := becket.New(Source(js, kv.Bucket(), key))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()), "the winner's object is there")
	assert.Equal(t, int64(revisions), client.Status().Revision)
}

func TestAPublisherThatLosesLeavesNoObject(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(1, 2<<20)})
	require.NoError(t, err)
	before := objects(t, js, kv)
	p := &publishing{place{js, kv.Bucket(), key}, Publication{Body: document(2, 2<<20)}}
	stream, err := js.Stream(t.Context(), p.stream())
	require.NoError(t, err)
	err = p.write(t.Context(), 99, stream.CachedInfo(), &Published{Revision: 2})
	require.ErrorIs(t, err, ErrConflict)
	assert.Equal(t, before, objects(t, js, kv))
}

// objects returns the names of the objects.
func objects(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue) (names []string) {
	t.Helper()
	store, err := js.ObjectStore(t.Context(), kv.Bucket())
	require.NoError(t, err)
	list, err := store.List(t.Context())
	if err != nil {
		require.ErrorIs(t, err, jetstream.ErrNoObjectsFound)
	}
	for _, object := range list {
		names = append(names, object.Name)
	}
	return names
}

func TestALargeDocumentIsAnObjectAndEarlierOnesAreDeleted(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	source := Source(js, kv.Bucket(), key)
	var all []string
	for revision := int64(1); revision <= 4; revision++ {
		body := document(revision, 3<<20)
		result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: body})
		require.NoError(t, err)
		require.NoError(t, result.TidyError)
		all = append(all, result.Object)
		assert.Equal(t, revision-1, result.Previous)
		assert.Equal(t, body, fetch(t, source, becket.Validator{}).Body)
	}
	assert.ElementsMatch(t, all[2:], objects(t, js, kv), "the newest and the one before it")
	for revision := int64(5); revision <= 6; revision++ {
		_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(revision, 0)})
		require.NoError(t, err)
	}
	assert.Equal(t, document(6, 0), fetch(t, source, becket.Validator{}).Body)
	assert.ElementsMatch(t, all[3:], objects(t, js, kv), "no entry names it, and the next large document deletes it")
}

func TestTheLimitOfABucketIsKeptToo(t *testing.T) {
	t.Parallel()
	js := jetStream(t, connect(t, server(t).URL()))
	kv := newBucket(t, js, jetstream.KeyValueConfig{MaxValueSize: 100_000})
	result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(1, 99_000)})
	require.NoError(t, err)
	assert.NotEmpty(t, result.Object)
	result, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(2, 90_000)})
	require.NoError(t, err)
	assert.Empty(t, result.Object)
}

func TestALongSignatureBesideALargeDocumentFitsIntoOneMessage(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	signature := bytes.Repeat([]byte("signature\n"), maxSignature/10)
	for i, size := range []int{1<<20 - 12<<10, 1<<20 - 40<<10} {
		result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{
			Body: document(int64(i+1), size), Signature: signature,
		})
		require.NoError(t, err)
		assert.Equal(t, i == 0, result.Object != "", "the first is too large for a message with the signature")
		assert.Equal(t, signature, fetch(t, Source(js, kv.Bucket(), key), becket.Validator{}).Signature)
	}
}

func TestTheHintOfAPublicationHasItsRevisionAndETag(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	sub, err := js.Conn().SubscribeSync("some.subject")
	require.NoError(t, err)
	result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{
		Body: document(3, 0), Subject: "some.subject",
	})
	require.NoError(t, err)
	require.NoError(t, result.HintError)
	m, err := sub.NextMsg(nextMessage)
	require.NoError(t, err)
	assert.Equal(t, push.Hint{Revision: 3, ETag: result.ETag}, push.Parse(m.Data))

	result, err = Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: document(4, 0), Subject: "not valid"})
	require.NoError(t, err, "it is published")
	require.Error(t, result.HintError)
}
