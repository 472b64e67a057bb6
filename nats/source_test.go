package nats

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/push"
)

const key = "production.json"

func put(t *testing.T, kv jetstream.KeyValue, value []byte) {
	t.Helper()
	_, err := kv.Put(t.Context(), key, value)
	require.NoError(t, err)
}

func fetch(t *testing.T, source becket.Source, last becket.Validator) becket.Document {
	t.Helper()
	document, err := source.Fetch(t.Context(), last)
	require.NoError(t, err)
	return document
}

func TestADocumentIsFetchedAgainOnlyAfterItHasChanged(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	source := Source(js, kv.Bucket(), key)
	put(t, kv, document(1, 100_000))
	first := fetch(t, source, becket.Validator{})
	assert.Equal(t, document(1, 100_000), first.Body)
	assert.NotEmpty(t, first.Validator.ETag)

	before := js.Conn().Stats().InBytes
	again := fetch(t, source, first.Validator)
	assert.Equal(t, becket.Document{NotModified: true, Validator: first.Validator}, again)
	assert.Less(t, js.Conn().Stats().InBytes-before, uint64(10_000), "the document was not transferred")
	assert.Equal(t, first.Body, fetch(t, source, becket.Validator{}).Body, "the zero validator fetches in any case")

	_, err := kv.Put(t.Context(), "another", []byte("entry"))
	require.NoError(t, err)
	assert.True(t, fetch(t, source, first.Validator).NotModified, "another entry has changed")
	put(t, kv, document(2, 0))
	second := fetch(t, source, first.Validator)
	assert.Equal(t, document(2, 0), second.Body)
	assert.NotEqual(t, first.Validator, second.Validator)
	assert.True(t, fetch(t, Source(js, kv.Bucket(), key), second.Validator).NotModified, "after a restart")
}

func TestABucketThatIsMadeAgainHasOtherETags(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	source := Source(js, kv.Bucket(), key)
	put(t, kv, document(1, 0))
	first := fetch(t, source, becket.Validator{})
	require.NoError(t, js.DeleteKeyValue(t.Context(), kv.Bucket()))
	_, err := source.Fetch(t.Context(), first.Validator)
	require.ErrorIs(t, err, ErrNoBucket)
	kv, err = js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: kv.Bucket()})
	require.NoError(t, err)
	put(t, kv, document(2, 0))
	second := fetch(t, source, first.Validator)
	assert.Equal(t, document(2, 0), second.Body, "it has the same revision in the bucket")
}

func TestAnEntryThatIsGoneIsAnError(t *testing.T) {
	t.Parallel()
	ways := map[string]func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue){
		"it never existed": func(*testing.T, jetstream.JetStream, jetstream.KeyValue) {},
		"it was deleted": func(t *testing.T, _ jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			require.NoError(t, kv.Delete(t.Context(), key))
		},
		"it was purged": func(t *testing.T, _ jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			require.NoError(t, kv.Purge(t.Context(), key))
		},
		"the stream was purged": func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			stream, err := js.Stream(t.Context(), "KV_"+kv.Bucket())
			require.NoError(t, err)
			require.NoError(t, stream.Purge(t.Context()))
		},
		"its subject was purged": func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			stream, err := js.Stream(t.Context(), "KV_"+kv.Bucket())
			require.NoError(t, err)
			require.NoError(t, stream.Purge(t.Context(), jetstream.WithPurgeSubject("$KV."+kv.Bucket()+"."+key)))
		},
	}
	for name, remove := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js, kv := open(t)
			source := Source(js, kv.Bucket(), key)
			last := becket.Validator{}
			_, err := kv.Put(t.Context(), "another", []byte("entry"))
			require.NoError(t, err)
			if name != "it never existed" {
				put(t, kv, document(1, 0))
				last = fetch(t, source, last).Validator
				assert.True(t, fetch(t, source, last).NotModified)
			}
			remove(t, js, kv)
			for range 2 {
				_, err := source.Fetch(t.Context(), last)
				require.ErrorIs(t, err, ErrNoDocument)
				assert.Contains(t, err.Error(), "becket: nats: "+kv.Bucket()+"/"+key+": there is no such entry")
			}
		})
	}
}

func TestAnEntryThatExpiresIsAnError(t *testing.T) {
	t.Parallel()
	js := jetStream(t, connect(t, server(t).URL()))
	kv := newBucket(t, js, jetstream.KeyValueConfig{TTL: time.Second})
	source := Source(js, kv.Bucket(), key)
	put(t, kv, document(1, 0))
	last := fetch(t, source, becket.Validator{}).Validator
	require.Eventually(t, func() bool {
		_, err := source.Fetch(t.Context(), last)
		return assert.ObjectsAreEqual(true, err != nil) && assert.ErrorIs(t, err, ErrNoDocument)
	}, 20*time.Second, 100*time.Millisecond)
}

func TestAnObjectThatCannotBeUsedIsAnError(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	source := Source(js, kv.Bucket(), key)
	entry := func(name string, size uint64) {
		text, err := json.Marshal(wrapper{&pointer{Name: name, Size: size, Revision: 1}})
		require.NoError(t, err)
		put(t, kv, text)
	}
	entry("missing", 10)
	_, err := source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, ErrObject)
	require.ErrorContains(t, err, "opening the object store")

	store, err := js.CreateObjectStore(t.Context(), jetstream.ObjectStoreConfig{Bucket: kv.Bucket()})
	require.NoError(t, err)
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, ErrObject)
	require.ErrorContains(t, err, "object not found")

	body := document(1, 300_000)
	_, err = store.PutBytes(t.Context(), "good", body)
	require.NoError(t, err)
	entry("good", uint64(len(body)))
	assert.Equal(t, body, fetch(t, source, becket.Validator{}).Body)
	entry("good", uint64(len(body)-1))
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.ErrorContains(t, err, "has 300000 bytes instead of 299999")

	before := js.Conn().Stats().InBytes
	entry("good", 65<<20)
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, becket.ErrTooLarge)
	assert.Less(t, js.Conn().Stats().InBytes-before, uint64(10_000), "nothing of the object was read")

	stream, err := js.Stream(t.Context(), "OBJ_"+kv.Bucket())
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), 2))
	entry("good", uint64(len(body)))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = source.Fetch(ctx, becket.Validator{})
	require.ErrorIs(t, err, ErrObject, "a chunk is missing")
}

func TestAHugeObjectWithAFalseSizeIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it writes 70 MiB, and -short was given")
	}
	js, kv := open(t)
	store, err := js.CreateObjectStore(t.Context(), jetstream.ObjectStoreConfig{Bucket: kv.Bucket()})
	require.NoError(t, err)
	_, err = store.Put(t.Context(), jetstream.ObjectMeta{Name: "huge"}, &zeros{left: 70 << 20})
	require.NoError(t, err)
	put(t, kv, []byte(`{"becket_object": {"name": "huge", "size": 1000, "revision": 1}}`))
	_, err = Source(js, kv.Bucket(), key).Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, becket.ErrTooLarge)
}

// zeros is a reader of zeros.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	clear(p[:n])
	z.left -= n
	return n, nil
}

func TestSignaturesAreReadFromTheHeaderOrFromAnotherEntry(t *testing.T) {
	t.Parallel()
	public, private, err := minisign.GenerateKey(rand.Reader)
	require.NoError(t, err)
	publicText, err := public.MarshalText()
	require.NoError(t, err)
	body := document(1, 0)
	signature := minisign.Sign(private, body)
	ways := map[string]func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue){
		"the header": func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			_, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{Body: body, Signature: signature})
			require.NoError(t, err)
		},
		"another entry": func(t *testing.T, _ jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			_, err := kv.Put(t.Context(), key+".minisig", signature)
			require.NoError(t, err)
			put(t, kv, body)
		},
		"the header of an object": func(t *testing.T, js jetstream.JetStream, kv jetstream.KeyValue) {
			t.Helper()
			body := document(1, 2<<20)
			result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{
				Body: body, Signature: minisign.Sign(private, body),
			})
			require.NoError(t, err)
			assert.NotEmpty(t, result.Object)
		},
	}
	for name, publish := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js, kv := open(t)
			publish(t, js, kv)
			client, err := becket.New(Source(js, kv.Bucket(), key), becket.WithPublicKey(string(publicText)))
			require.NoError(t, err)
			defer client.Close()
			require.NoError(t, client.Refresh(t.Context()))
			assert.Equal(t, 1, client.For(becket.NewSubject("u")).Int("revision", 0))
		})
	}
	t.Run("there is none", func(t *testing.T) {
		t.Parallel()
		js, kv := open(t)
		put(t, kv, body)
		client, err := becket.New(Source(js, kv.Bucket(), key), becket.WithPublicKey(string(publicText)))
		require.NoError(t, err)
		defer client.Close()
		err = client.Refresh(t.Context())
		require.ErrorIs(t, err, becket.ErrSignature)
		require.ErrorIs(t, err, ErrNoDocument)
		require.ErrorContains(t, err, key+".minisig")
	})
}

// hints watches until the test ends, and returns the hints.
func hints(t *testing.T, signal becket.Signal) <-chan becket.Hint {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	all, ended := make(chan becket.Hint, 1000), make(chan error)
	go func() { ended <- signal.Watch(ctx, func(h becket.Hint) { all <- h }) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return all
}

func next(t *testing.T, all <-chan becket.Hint) becket.Hint {
	t.Helper()
	select {
	case h := <-all:
		return h
	case <-time.After(20 * time.Second):
		require.Fail(t, "there is no hint")
		return becket.Hint{}
	}
}

func none(t *testing.T, all <-chan becket.Hint) {
	t.Helper()
	select {
	case h := <-all:
		assert.Fail(t, "there is a hint", "%+v", h)
	case <-time.After(300 * time.Millisecond):
	}
}

func asSignal(t *testing.T, source becket.Source) becket.Signal {
	t.Helper()
	signal, ok := source.(becket.Signal)
	require.True(t, ok)
	return signal
}

func TestAWatchTellsOfEachVersionOnce(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	put(t, kv, document(1, 0))
	source := Source(js, kv.Bucket(), key)
	all := hints(t, asSignal(t, source))
	assert.Equal(t, becket.Hint{}, next(t, all), "as soon as it is connected")
	none(t, all)

	result, err := Publish(t.Context(), js, kv.Bucket(), key, Publication{
		Body: document(2, 0), Spread: 3 * time.Second,
	})
	require.NoError(t, err)
	want := becket.Hint{Revision: 2, ETag: result.ETag, Spread: 3 * time.Second}
	assert.Equal(t, want, next(t, all))
	none(t, all)
	assert.Equal(t, result.ETag, fetch(t, source, becket.Validator{}).Validator.ETag)

	put(t, kv, document(3, 0)) // by another program
	etag := next(t, all).ETag
	assert.Equal(t, etag, fetch(t, source, becket.Validator{}).Validator.ETag)
	require.NoError(t, kv.Delete(t.Context(), key))
	assert.NotEqual(t, etag, next(t, all).ETag)
	require.NoError(t, js.Conn().Publish("becket.hints."+kv.Bucket()+"."+key, []byte("anything")))
	assert.Equal(t, becket.Hint{}, next(t, all))
}

func TestAWatchBeginsBeforeThereIsAnEntry(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	all := hints(t, asSignal(t, Source(js, kv.Bucket(), key)))
	assert.Equal(t, becket.Hint{}, next(t, all))
	put(t, kv, document(1, 0))
	assert.NotEmpty(t, next(t, all).ETag)
}

func TestAFetchAfterAHintAsksAnyReplica(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	put(t, kv, document(1, 0))
	source := Source(js, kv.Bucket(), key)
	first := fetch(t, source, becket.Validator{})
	all := hints(t, asSignal(t, source))
	next(t, all)

	direct, err := js.Conn().SubscribeSync("$JS.API.DIRECT.GET.KV_" + kv.Bucket() + ".>")
	require.NoError(t, err)
	defer func() { assert.NoError(t, direct.Unsubscribe()) }()
	put(t, kv, document(2, 0))
	etag := next(t, all).ETag
	second := fetch(t, source, first.Validator)
	assert.Equal(t, etag, second.Validator.ETag)
	assert.Equal(t, document(2, 0), second.Body)
	_, err = direct.NextMsg(5 * time.Second)
	require.NoError(t, err)

	put(t, kv, document(3, 0))
	next(t, all)
	fresh, err := source.Fetch(push.Fresh(t.Context()), becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, document(3, 0), fresh.Body)
	assert.True(t, fetch(t, source, fresh.Validator).NotModified)
	_, err = direct.NextMsg(300 * time.Millisecond)
	require.ErrorIs(t, err, nats.ErrTimeout, "the other fetches asked the leader")
}

func TestMistakesOfASourceAreErrorsOfNew(t *testing.T) {
	t.Parallel()
	js, _ := open(t)
	for says, source := range map[string]becket.Source{
		"JetStream context is nil":    Source(nil, "flags", key),
		"not a name of a bucket":      Source(js, "a.b", key),
		`"" is not a key`:             Source(js, "flags", ""),
		`"a*" is not a key`:           Source(js, "flags", "a*"),
		`".a" is not a key`:           Source(js, "flags", ".a"),
		`"a..b" is not a key`:         Source(js, "flags", "a..b"),
		"WithHeartbeat: 31s":          Source(js, "flags", key, WithHeartbeat(31*time.Second)),
		"WithHeartbeat: 1ms":          Source(js, "flags", key, nil, WithHeartbeat(time.Millisecond)),
		"WithTimeout: 0s is not abov": Source(js, "flags", key, WithTimeout(0)),
	} {
		_, err := becket.New(source)
		require.ErrorContains(t, err, says)
	}
}

func TestASourceIsMadeAndTheProgramStartsWithoutAServer(t *testing.T) {
	t.Parallel()
	conn := connect(t, "nats://user:password-secret@127.0.0.1:1")
	source := Source(jetStream(t, conn), "flags", key)
	began := time.Now()
	_, err := source.Fetch(t.Context(), becket.Validator{})
	require.ErrorIs(t, err, ErrNotConnected)
	assert.Less(t, time.Since(began), 5*time.Second, "it does not wait for its timeout")
	assert.NotContains(t, err.Error(), "password-secret")
	_, err = source.(becket.SignedSource).FetchSignature(t.Context())
	require.ErrorIs(t, err, ErrNotConnected)
	began = time.Now()
	require.ErrorIs(t, asSignal(t, source).Watch(t.Context(), func(becket.Hint) {
		assert.Fail(t, "it is not connected")
	}), ErrNotConnected)
	assert.Less(t, time.Since(began), 9*time.Second, "a client takes a watch of ten seconds for connected")
	conn.Close()
	_, err = source.Fetch(t.Context(), becket.Validator{})
	require.ErrorContains(t, err, "it is closed")
}

func TestIdentitiesTellEntriesAndServersApart(t *testing.T) {
	t.Parallel()
	js, _ := open(t)
	other := jetStream(t, connect(t, "nats://127.0.0.1:1"))
	domain, err := jetstream.NewWithDomain(js.Conn(), "leaf")
	require.NoError(t, err)
	identities := map[string]bool{}
	for _, source := range []becket.Source{
		Source(js, "flags", "a"), Source(js, "flags", "b"), Source(js, "other", "a"), Source(other, "flags", "a"),
		Source(domain, "flags", "a"),
	} {
		identities[source.Identity()] = true
	}
	assert.Len(t, identities, 5)
	assert.Equal(t, Source(js, "flags", "a").Identity(), Source(js, "flags", "a", WithTimeout(time.Second)).Identity())
	assert.True(t, strings.HasPrefix(Source(nil, "flags", "a").Identity(), "nats:"))
}

func TestAReplicaThatLagsBehindIsNotBelieved(t *testing.T) {
	t.Parallel()
	js, kv := open(t)
	put(t, kv, document(1, 0))
	source, ok := Source(js, kv.Bucket(), key).(*source)
	require.True(t, ok)
	first := fetch(t, source, becket.Validator{})
	source.mutex.Lock()
	source.ahead = version{source.known.version.made, 3} // a watch told of it
	source.mutex.Unlock()

	// The replica answers with the first version, and the leader with the newest one.
	leader, err := js.Conn().SubscribeSync("$JS.API.STREAM.MSG.GET.KV_" + kv.Bucket())
	require.NoError(t, err)
	assert.Equal(t, document(1, 0), fetch(t, source, becket.Validator{}).Body)
	_, err = leader.NextMsg(nextMessage)
	require.NoError(t, err, "it asked the leader")
	put(t, kv, document(2, 0))
	put(t, kv, document(3, 0))
	third := fetch(t, source, first.Validator)
	assert.Equal(t, document(3, 0), third.Body)
	_, err = leader.NextMsg(300 * time.Millisecond)
	require.ErrorIs(t, err, nats.ErrTimeout, "the replica has it now")
	assert.True(t, fetch(t, source, third.Validator).NotModified)
}
