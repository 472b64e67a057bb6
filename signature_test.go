package becket

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"aead.dev/minisign"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
)

// signedScript is a script with signatures.
type signedScript struct {
	*script
	signature atomic.Pointer[func() ([]byte, error)]
}

func (s *signedScript) FetchSignature(context.Context) ([]byte, error) {
	return (*s.signature.Load())()
}

func (s *signedScript) sign(signature func() ([]byte, error)) { s.signature.Store(&signature) }

func newKey(t *testing.T) (string, minisign.PrivateKey) {
	t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	return public.String(), private
}

func signature(key minisign.PrivateKey, body string) func() ([]byte, error) {
	return func() ([]byte, error) { return minisign.Sign(key, []byte(body)), nil }
}

func TestASignedDocumentIsAcceptedAndOthersAreNot(t *testing.T) {
	trusted, key := newKey(t)
	rotated, nextKey := newKey(t)
	_, foreign := newKey(t)
	good, next := flagsDocument(5, "a"), flagsDocument(6, "b")
	hashed := minisign.NewReader(strings.NewReader(next))
	_, err := hashed.Read(make([]byte, len(next)))
	require.NoError(t, err)

	for name, test := range map[string]struct {
		body string
		sign func() ([]byte, error)
		want error
	}{
		"signed over the document": {next, signature(key, next), nil},
		"signed over its hash":     {next, func() ([]byte, error) { return hashed.Sign(key), nil }, nil},
		"signed by the next key":   {next, signature(nextKey, next), nil},
		"no signature": {
			next, func() ([]byte, error) { return nil, &StatusError{Code: 404} }, errUnsigned,
		},
		"an empty signature": {next, func() ([]byte, error) { return nil, nil }, errUnsigned},
		"no signature at all": {
			next, func() ([]byte, error) { return []byte("<html>"), nil }, ErrSignature,
		},
		"the signature of another document": {next, signature(key, good), ErrSignature},
		"signed by another key":             {next, signature(foreign, next), ErrSignature},
		"tampered": {
			strings.Replace(next, "on", "off", 1), signature(key, next), ErrSignature,
		},
		"a forged comment": {next, func() ([]byte, error) {
			return []byte(strings.Replace(string(minisign.Sign(key, []byte(next))), "timestamp:", "timestamp:9",
				1)), nil
		}, ErrSignature},
		"an older one, rightly signed": {
			flagsDocument(4, "b"), signature(key, flagsDocument(4, "b")), ErrLowerRevision,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &signedScript{script: newScript(serving("", good))}
				source.sign(signature(key, good))
				client := newTestClient(t, source,
					WithPublicKey(trusted, "untrusted comment: the next key\n"+rotated+"\n"))
				require.NoError(t, client.Refresh(t.Context()))
				require.NotEmpty(t, client.Status().SignedBy)
				source.set(serving("", test.body))
				source.sign(test.sign)
				err := client.Refresh(t.Context())
				if test.want == nil {
					require.NoError(t, err)
					assert.True(t, client.For(Subject{}).Enabled("b"))
					return
				}
				require.ErrorIs(t, err, test.want)
				assert.True(t, client.For(Subject{}).Enabled("a"), "the earlier ruleset is still served")
			})
		})
	}
}

func TestDocumentAndSignatureMayArriveAtDifferentTimes(t *testing.T) {
	trusted, key := newKey(t)
	good, next := flagsDocument(1, "a"), flagsDocument(2, "b")
	for name, late := range map[string]func(*signedScript){
		"the signature comes later": func(s *signedScript) {
			s.set(serving("", next))
			time.AfterFunc(700*time.Millisecond, func() { s.sign(signature(key, next)) })
		},
		"the document comes later": func(s *signedScript) {
			s.set(serving("", next[:len(next)-1]+" }"))
			s.sign(signature(key, next))
			time.AfterFunc(700*time.Millisecond, func() { s.set(serving("", next)) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				heard := &recorder{}
				source := &signedScript{script: newScript(serving("", good))}
				source.sign(signature(key, good))
				client := newTestClient(t, source, WithPublicKey(trusted), WithHooks(heard.hooks()))
				require.NoError(t, client.Refresh(t.Context()))
				late(source)
				require.NoError(t, client.Refresh(t.Context()))
				assert.True(t, client.For(Subject{}).Enabled("b"))
				synctest.Wait()
				_, errs, _ := heard.seen()
				assert.Empty(t, errs)
			})
		})
	}
}

func TestTheDiskCopysSignatureIsCheckedAgain(t *testing.T) {
	trusted, key := newKey(t)
	other, _ := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := &signedScript{script: newScript(serving("v1", flagsDocument(1, "a")))}
		source.sign(signature(key, flagsDocument(1, "a")))
		client := newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
		source.set(failing(errDown))

		client = newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		assert.Equal(t, TierDisk, client.Status().Tier)
		assert.NotEmpty(t, client.Status().SignedBy)
		require.NoError(t, client.Close())

		// A user who can write to the folder can make a checksum, but no signature.
		d := diskOf(folder)
		kept, err := d.Read()
		require.NoError(t, err)
		kept.Body = []byte(flagsDocument(1, "planted"))
		require.NoError(t, d.Write(kept))
		client = newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		assert.Equal(t, TierDefaults, client.Status().Tier)
		assert.ErrorIs(t, client.Status().LastError, ErrSignature)
		require.NoError(t, client.Close())

		kept.Body = []byte(flagsDocument(1, "a"))
		require.NoError(t, d.Write(kept))
		client = newTestClient(t, source, WithPublicKey(other), WithDiskCache(folder))
		assert.Equal(t, TierDefaults, client.Status().Tier, "a key that is no longer trusted")
	})
}

// A user who can write to the folder can put an older signed document there, with an ETag that a
// server will confirm.
func TestAForgedValidatorOfASignedCopyIsNotSent(t *testing.T) {
	trusted, key := newKey(t)
	older, newer := flagsDocument(1, "older"), flagsDocument(2, "newer")
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := &signedScript{script: newScript(serving("v1", older))}
		source.sign(signature(key, older))
		client := newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
		d := diskOf(folder)
		kept, err := d.Read()
		require.NoError(t, err)
		kept.ETag, kept.LastModified = "v2", "Thu, 01 Jan 2026 00:00:00 GMT"
		require.NoError(t, d.Write(kept))

		source.set(failing(errDown))
		client = newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		assert.Equal(t, TierDisk, client.Status().Tier)
		assert.Empty(t, client.Status().ETag, "a forged ETag is not sent")
		require.NoError(t, client.Close())

		source.set(serving("v2", newer)) // it says "not modified" to v2
		source.sign(signature(key, newer))
		client = newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
		synctest.Wait() // for the first fetch
		require.NoError(t, client.Status().LastError)
		assert.Zero(t, source.last(), "the first fetch is unconditional")
		assert.EqualValues(t, 2, client.Status().Revision)
		assert.True(t, client.For(Subject{}).Enabled("newer"))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "v2", source.last().ETag, "a validator that came with a verified document is sent")
	})
}

// A user who can write to the folder can forge a header. An unsigned copy is replaced by a signed
// document all the same.
func TestAnUnsignedDiskCopyOfAHigherRevisionIsReplaced(t *testing.T) {
	trusted, key := newKey(t)
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		source := &signedScript{script: newScript(serving("v1", flagsDocument(1, "a")))}
		source.sign(signature(key, flagsDocument(1, "a")))
		client := newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder),
			WithPollInterval(10*time.Second))
		require.NoError(t, client.Wait(t.Context()))
		synctest.Wait() // for the client's own copy
		body := []byte(flagsDocument(9, "planted"))
		planted := &disk.Copy{
			Body: body, Sum: sha256.Sum256(body), Revision: 9, FetchedAt: time.Now(), ConfirmedAt: time.Now(),
		}
		require.NoError(t, diskOf(folder).Write(planted))
		kept, err := diskOf(folder).Read()
		require.NoError(t, err)
		require.EqualValues(t, 9, kept.Revision)
		time.Sleep(2 * time.Minute)
		kept, err = diskOf(folder).Read()
		require.NoError(t, err)
		assert.EqualValues(t, 1, kept.Revision)
	})
}

func TestSignaturesOfTheOtherSources(t *testing.T) {
	trusted, key := newKey(t)
	body := flagsDocument(1, "a")
	signed, err := signature(key, body)()
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "f.json"), []byte(body), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "f.json.minisig"), signed, 0o600))
	alone := filepath.Join(folder, "alone.json")
	require.NoError(t, os.WriteFile(alone, []byte(body), 0o600))
	files := fstest.MapFS{"f.json": {Data: []byte(body)}, "f.json.minisig": {Data: signed}}
	for name, test := range map[string]struct {
		source Source
		want   error
	}{
		"a file":         {File(filepath.Join(folder, "f.json")), nil},
		"a file without": {File(alone), errUnsigned},
		"a file system":  {FS(files, "f.json"), nil},
		"bytes":          {Bytes([]byte(body)), errUnsigned},
		"a document that has it": {newScript(func(context.Context, Validator) (Document, error) {
			return Document{Body: []byte(body), Signature: signed}, nil
		}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newTestClient(t, test.source, WithPublicKey(trusted))
				assert.ErrorIs(t, client.Refresh(t.Context()), test.want)
			})
		})
	}
}

func FuzzSignature(f *testing.F) {
	public, private, err := minisign.GenerateKey(strings.NewReader(strings.Repeat("seed", 20)))
	require.NoError(f, err)
	_, other, err := minisign.GenerateKey(strings.NewReader(strings.Repeat("else", 20)))
	require.NoError(f, err)
	body := []byte(flagsDocument(1, "a"))
	f.Add(body, minisign.Sign(private, body))
	f.Add(body, minisign.Sign(other, body))
	f.Add([]byte("x"), minisign.Sign(private, body))
	f.Add(body, []byte("untrusted comment: \n\ntrusted comment: \n"))
	f.Fuzz(func(t *testing.T, document, signature []byte) {
		id, err := verify([]minisign.PublicKey{public}, document, signature)
		if err != nil {
			assert.Empty(t, id)
			assert.True(t, errors.Is(err, ErrSignature) || errors.Is(err, errUnsigned))
			return
		}
		assert.Equal(t, body, document, "no other document was signed")
	})
}

func TestSignaturesComeByHTTPToo(t *testing.T) {
	t.Parallel()
	trusted, key := newKey(t)
	document := flagsDocument(1, "a")
	signed, err := signature(key, document)()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		status    int
		signature string
		check     func(t *testing.T, err error)
	}{
		"a good one": {200, string(signed), func(t *testing.T, err error) { require.NoError(t, err) }},
		"of 16 KiB at most": {200, strings.Repeat("x", 16<<10+1), func(t *testing.T, err error) {
			require.ErrorIs(t, err, ErrTooLarge)
		}},
		"no signature at all": {200, strings.Repeat("x", 16<<10), func(t *testing.T, err error) {
			require.ErrorIs(t, err, ErrSignature)
		}},
		"a missing file": {404, string(signed), func(t *testing.T, err error) {
			status, ok := errors.AsType[*StatusError](err)
			require.True(t, ok, err)
			assert.Equal(t, 404, status.Code)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/flags.json.minisig" {
					w.WriteHeader(test.status)
					say(w, test.signature)
					return
				}
				assert.Equal(t, "/flags.json", r.URL.Path)
				say(w, document)
			})
			client := newTestClient(t, HTTP(server.URL+"/flags.json"), WithPublicKey(trusted))
			err := client.Refresh(t.Context())
			test.check(t, err)
			assert.Equal(t, err == nil, client.For(Subject{}).Enabled("a"))
		})
	}
}
