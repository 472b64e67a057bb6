package becket

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARefusedDocumentLeavesTheRulesetInUse(t *testing.T) {
	held := `{"schema":1,"revision":5,"environment":"production","flags":{"a":{"default":"on"}}}`
	for name, test := range map[string]struct {
		body    string
		want    error // nil: any
		text    string
		options []Option
	}{
		"nothing":          {"", nil, "no bytes at all", nil},
		"a web page":       {" \n<!DOCTYPE html><title>Log in</title>", nil, "a web page", nil},
		"null":             {"null", nil, "", nil},
		"an empty object":  {"{}", nil, "", nil},
		"an array":         {"[]", nil, "", nil},
		"half a document":  {held[:40], nil, "", nil},
		"two documents":    {held + held, nil, "", nil},
		"another schema":   {`{"schema":2,"flags":{"b":{}}}`, nil, "2", nil},
		"no flags field":   {`{"schema":1,"revision":6}`, nil, "flags", nil},
		"a lower revision": {flagsDocument(4, "b"), ErrLowerRevision, "4 after 5; publish a higher one", nil},
		"no revision":      {`{"schema":1,"flags":{"b":{}}}`, ErrLowerRevision, "0 after 5", nil},
		"no flags":         {flagsDocument(6), ErrEmpty, "has 1", nil},
		"another environment": {
			`{"schema":1,"revision":6,"environment":"staging","flags":{"b":{}}}`, ErrEnvironment, "staging",
			[]Option{WithEnvironment("production")},
		},
		"an environment unnamed": {
			flagsDocument(6, "b"), ErrEnvironment, "names no environment", []Option{WithEnvironment("production")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				heard := &recorder{}
				source := newScript(serving("good", held))
				options := append(test.options, WithHooks(heard.hooks()))
				client := newTestClient(t, source, options...)
				require.NoError(t, client.Wait(t.Context()))
				source.set(serving("bad", test.body))
				err := client.Refresh(t.Context())
				require.Error(t, err)
				if test.want != nil {
					require.ErrorIs(t, err, test.want)
				}
				require.ErrorContains(t, err, test.text)
				assert.ErrorIs(t, client.Status().LastError, err)
				assert.True(t, client.For(Subject{}).Enabled("a"))
				assert.Equal(t, int64(5), client.Status().Revision)
				assert.Equal(t, "good", client.Status().ETag)
				synctest.Wait()
				_, errs, _ := heard.seen()
				require.Len(t, errs, 1)

				require.Error(t, client.Refresh(t.Context()))
				assert.Equal(t, "good", source.last().ETag, "the validator of a refused document is not sent")
				source.set(serving("good", held))
				require.NoError(t, client.Refresh(t.Context()))
				assert.NoError(t, client.Status().LastError)
			})
		})
	}
}

func TestOptionsAllowEmptyAndLowerRevisions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("", flagsDocument(5, "a")))
		client := newTestClient(t, source, WithEmptyAllowed(), WithLowerRevisionAllowed())
		require.NoError(t, client.Refresh(t.Context()))
		source.set(serving("", flagsDocument(3)))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, int64(3), client.Status().Revision)
		assert.Zero(t, client.Status().Flags)
		assert.ErrorIs(t, client.For(Subject{}).BoolDetail("a", false).Err, ErrFlagNotFound)
	})
}

func TestABootstrapsRevisionBarsLowerOnes(t *testing.T) {
	trusted, key := newKey(t)
	for name, test := range map[string]struct {
		revision int
		kept     int // revision of the disk copy; 0 for none
		options  []Option
		refused  string // "" if the document is served
	}{
		"a lower one":                  {5, 0, nil, "5 after 10, the revision of the bootstrap; publish"},
		"none":                         {0, 0, nil, "0 after 10, the revision of the bootstrap"},
		"an equal one":                 {10, 0, nil, ""},
		"a higher one":                 {11, 0, nil, ""},
		"a lower one that is allowed":  {5, 0, []Option{WithLowerRevisionAllowed()}, ""},
		"above a disk copy, but lower": {7, 3, nil, "7 after 10, the revision of the bootstrap"},
		"below a higher disk copy":     {11, 12, nil, "11 after 12; publish"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				options := append(test.options, WithPublicKey(trusted), WithDiskCache(folder),
					WithBootstrap([]byte(flagsDocument(10, "held"))))
				source := &signedScript{script: newScript(failing(assert.AnError))}
				if test.kept > 0 {
					body := flagsDocument(test.kept, "held")
					source.set(serving("", body))
					source.sign(signature(key, body))
					first := newTestClient(t, source, WithPublicKey(trusted), WithDiskCache(folder))
					require.NoError(t, first.Wait(t.Context()))
					require.NoError(t, first.Close())
				}
				body := flagsDocument(test.revision, "replayed")
				source.set(serving("", body))
				source.sign(signature(key, body))
				client := newTestClient(t, source, options...)
				err := client.Refresh(t.Context())
				assert.Equal(t, test.refused == "", client.For(Subject{}).Enabled("replayed"))
				if test.refused == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, ErrLowerRevision)
				require.ErrorContains(t, err, test.refused)
				assert.True(t, client.For(Subject{}).Enabled("held"))
			})
		})
	}
}

func TestNotModifiedWithoutAValidatorIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lying := func(context.Context, Validator) (Document, error) { return Document{NotModified: true}, nil }
		source := newScript(lying)
		client := newTestClient(t, source)
		require.ErrorIs(t, client.Refresh(t.Context()), errNotAsked)
		assert.Equal(t, TierDefaults, client.Status().Tier)

		source.set(serving("", flagsDocument(1, "a"))) // without a validator
		require.NoError(t, client.Refresh(t.Context()))
		confirmed := client.Status().ConfirmedAt
		source.set(lying)
		time.Sleep(time.Second)
		require.ErrorIs(t, client.Refresh(t.Context()), errNotAsked)
		assert.Equal(t, confirmed, client.Status().ConfirmedAt, "the refused document confirms nothing")
		assert.True(t, client.For(Subject{}).Enabled("a"))
	})
}

func TestAServerThatFailsOnTheValidatorIsAskedWithoutOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source)
		require.NoError(t, client.Refresh(t.Context()))
		source.set(failing(&StatusError{Code: 412}))
		require.Error(t, client.Refresh(t.Context()))
		source.set(serving("v1", flagsDocument(2, "b")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Zero(t, source.last())
		assert.True(t, client.For(Subject{}).Enabled("b"))
	})
}

func TestTheSameBytesUnderAnotherETagOnlyConfirm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &recorder{}
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithHooks(heard.hooks()))
		require.NoError(t, client.Refresh(t.Context()))
		before := client.For(Subject{})
		time.Sleep(time.Second)
		source.set(serving("v2", flagsDocument(1, "a")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, before, client.For(Subject{}), "the ruleset is the same one and was not compiled again")
		assert.Equal(t, "v2", client.Status().ETag)
		assert.Equal(t, time.Now(), client.Status().ConfirmedAt)
		synctest.Wait()
		changes, _, refreshes := heard.seen()
		assert.Len(t, changes, 1, "only the first ruleset is a change")
		assert.True(t, refreshes[len(refreshes)-1].NotModified)
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, "v2", source.last().ETag)
	})
}

func TestTheSameETagWithAnotherBodyIsANewDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", flagsDocument(1, "a")))
		client := newTestClient(t, source)
		require.NoError(t, client.Refresh(t.Context()))
		source.set(func(context.Context, Validator) (Document, error) {
			return Document{Body: []byte(flagsDocument(2, "b")), Validator: Validator{ETag: "v1"}}, nil
		})
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("b"))
	})
}

func TestTheBootstrapIsServedUntilTheSourceAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(failing(errors.New("down")))
		client := newTestClient(t, source, WithBootstrap([]byte(flagsDocument(7, "a"))))
		require.NoError(t, client.Wait(t.Context()))
		status := client.Status()
		assert.Equal(t, TierBootstrap, status.Tier)
		assert.Equal(t, int64(7), status.Revision)
		assert.Zero(t, status.ConfirmedAt, "the source has not confirmed it")
		assert.Zero(t, status.FetchedAt)

		source.set(serving("v8", flagsDocument(8, "b")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, TierNetwork, client.Status().Tier)
		assert.Equal(t, int64(8), client.Status().Revision)
		source.set(serving("v7", flagsDocument(7, "b")))
		require.ErrorIs(t, client.Refresh(t.Context()), ErrLowerRevision)
	})
}

func TestASourceThatReturnsTheBootstrapMakesItFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := flagsDocument(7, "a")
		// otherwise the first fetch would race with the next line
		source := newScript(failing(errors.New("down")))
		client := newTestClient(t, source, WithBootstrap([]byte(body)))
		assert.Equal(t, TierBootstrap, client.Status().Tier)
		source.set(serving("v7", body))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, TierNetwork, client.Status().Tier)
		assert.Equal(t, TierNetwork, client.For(Subject{}).BoolDetail("a", false).Tier)
		assert.Equal(t, time.Now(), client.Status().ConfirmedAt)
	})
}

func TestAnEmptyDocumentDoesNotReplaceABootstrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", flagsDocument(9))),
			WithBootstrap([]byte(flagsDocument(1, "a"))))
		require.ErrorIs(t, client.Refresh(t.Context()), ErrEmpty)
		assert.True(t, client.For(Subject{}).Enabled("a"))
	})
}

func TestABadFlagKeepsItsDefinitionAndIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard, log := &recorder{}, &logged{}
		source := newScript(serving("", flagsDocument(1, "a", "b")))
		client := newTestClient(t, source, WithHooks(heard.hooks()), WithLogger(log.logger()),
			WithPollInterval(time.Second))
		require.NoError(t, client.Refresh(t.Context()))
		source.set(serving("", `{"schema":1,"revision":2,"flags":{"a":{"defualt":"on"},"c":{}}}`))
		require.NoError(t, client.Refresh(t.Context()), "one bad flag does not stop the others")
		assert.True(t, client.For(Subject{}).Enabled("a"))
		status := client.Status()
		require.Len(t, status.Bad, 1)
		assert.True(t, status.Bad[0].Kept)
		assert.NoError(t, status.LastError)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		_, errs, _ := heard.seen()
		require.Len(t, errs, 1, "the line is written once for each document")
		bad, ok := errors.AsType[Bad](errs[0])
		require.True(t, ok)
		assert.Equal(t, "a", bad.Key)
		assert.Contains(t, log.String(), `becket: flag or segment could not be read" section=flags key=a kept=true`)
	})
}

// panicking is a format whose decoder has a bug.
type panicking struct{ Format }

func (panicking) Decode([]byte) (Rules, error) { panic("index out of range") }

func TestAFormatThatPanicsIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", "x")), WithFormat(panicking{Native}))
		err := client.Refresh(t.Context())
		require.ErrorIs(t, err, ErrContract)
		failure, ok := errors.AsType[*DeliveryError](err)
		require.True(t, ok)
		assert.Equal(t, CauseDocument, failure.Cause)
		assert.ErrorContains(t, err, "native-v1")
	})
}

func TestTheStatusCodesThatAValidatorCanCauseMakeTheNextFetchUnconditional(t *testing.T) {
	t.Parallel()
	for code, sent := range map[int]string{
		400: "", 412: "", 416: "", 431: "", 401: "v1", 404: "v1", 500: "v1", 503: "v1",
	} {
		synctest.Test(t, func(t *testing.T) {
			source := newScript(serving("v1", flagsDocument(1, "a")))
			client := newTestClient(t, source)
			require.NoError(t, client.Refresh(t.Context()))
			source.set(failing(&StatusError{Code: code}))
			require.Error(t, client.Refresh(t.Context()))
			source.set(serving("v1", flagsDocument(1, "a")))
			require.NoError(t, client.Refresh(t.Context()))
			assert.Equal(t, sent, source.last().ETag, code)
		})
	}
}
