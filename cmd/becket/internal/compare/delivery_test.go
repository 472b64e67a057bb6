package compare_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/format/flagd"
)

// changing is a source whose document can be changed.
type changing struct{ document atomic.Pointer[string] }

func (c *changing) Identity() string { return "changing" }

func (c *changing) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{Body: []byte(*c.document.Load())}, nil
}

// refusal returns the error of a client that uses the old document and gets the new one.
func refusal(t *testing.T, environment, before, after string) error {
	t.Helper()
	source := &changing{}
	source.document.Store(&before)
	client, err := becket.New(source, becket.WithEnvironment(environment), becket.WithPollInterval(24*time.Hour))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	source.document.Store(&after)
	return client.Refresh(t.Context())
}

// refusals returns the messages of the findings for which clients refuse a document.
func refusals(before, after compare.Version) (messages []string) {
	for _, f := range delivery.Judge(before.Delivery(), after.Delivery(), false, time.Now()) {
		if f.Refused {
			messages = append(messages, f.Message)
		}
	}
	return messages
}

func TestADifferenceSaysWhenClientsRefuseTheDocument(t *testing.T) {
	const flags = `"flags": {"f": {}}`
	for name, row := range map[string]struct {
		before, after string
		want          []string
	}{
		"a higher revision": {`"revision": 2, ` + flags, `"revision": 3, ` + flags, nil},
		"the same revision": {
			`"revision": 2, ` + flags, `"revision": 2, "flags": {"f": {"enabled": false}}`, nil,
		},
		"no revisions":     {flags, `"flags": {"g": {}}`, nil},
		"a first revision": {flags, `"revision": 1, ` + flags, nil},
		"a lower revision": {
			`"revision": 3, ` + flags, `"revision": 2, ` + flags, []string{"the revision falls from 3 to 2"},
		},
		"no revision any longer": {
			`"revision": 3, ` + flags, flags, []string{"it has no revision, and the present one has 3"},
		},
		"another environment": {
			`"environment": "production", ` + flags, `"environment": "staging", ` + flags,
			[]string{`the environment changes from "production" to "staging"`},
		},
		"no environment any longer": {
			`"environment": "production", ` + flags, flags,
			[]string{`it names no environment, and clients may expect "production"`},
		},
		"a first environment": {flags, `"environment": "production", ` + flags, nil},
		"no flags any longer": {flags, `"flags": {}`, []string{"it has no flags, and the present one has 1"}},
		"several reasons": {
			`"revision": 3, ` + flags, `"flags": {}`,
			[]string{"it has no revision, and the present one has 3", "it has no flags, and the present one has 1"},
		},
		"fewer flags, but not none":   {`"flags": {"f": {}, "g": {}}`, flags, nil},
		"invalid flags and no others": {flags, `"flags": {"f": {"enabled": 1}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := `{"schema": 1, `+row.before+`}`, `{"schema": 1, `+row.after+`}`
			old, err := becket.Native.Decode([]byte(before))
			require.NoError(t, err)
			now, err := becket.Native.Decode([]byte(after))
			require.NoError(t, err)
			reasons := refusals(compare.Version{Rules: old}, compare.Version{Rules: now})
			assert.Equal(t, row.want, reasons)
			err = refusal(t, old.Info().Environment, before, after)
			assert.Equal(t, len(reasons) > 0, err != nil, "the client says: %v", err)
		})
	}
}

func TestADocumentThatTheLibraryCannotReadAsItIsIsRefused(t *testing.T) {
	old := version(t, `{"schema": 1, "flags": {"f": {}}}`)
	now := old
	now.Unbuilt = "it has a comment"
	assert.Equal(t, []string{"it has a comment"}, refusals(old, now))
	rules, err := flagd.Format.Decode([]byte(`{"flags": {"f": {"state": "ENABLED", "variants": {"a": true}, "defaultVariant": "a"}}}`))
	require.NoError(t, err)
	old.Format = "native"
	assert.Equal(t, []string{"the format changes from native to flagd"},
		refusals(old, compare.Version{Format: "flagd", Rules: rules}))
}

func TestTheSameRevisionOfOtherContentIsNoted(t *testing.T) {
	for name, row := range map[string]struct {
		before, after string
		noted         bool
	}{
		"other content": {
			`"revision": 2, "flags": {"f": {}}`, `"revision": 2, "flags": {"f": {"owner": "x"}}`, true,
		},
		"another segment": {
			`"revision": 2, "segments": {"s": {}}, "flags": {"f": {}}`,
			`"revision": 2, "segments": {}, "flags": {"f": {}}`, true,
		},
		"another layout": {`"revision": 2, "flags": {"f": {}}`, `"revision":2,"flags":{"f":{}}`, false},
		"another revision": {
			`"revision": 2, "flags": {"f": {}}`, `"revision": 3, "flags": {"f": {"owner": "x"}}`, false,
		},
		"no revision in either": {`"flags": {"f": {}}`, `"flags": {"f": {"owner": "x"}}`, false},
		"no difference":         {`"revision": 2, "flags": {"f": {}}`, `"revision": 2, "flags": {"f": {}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := compare.Compare(t.Context(), version(t, `{"schema": 1, `+row.before+`}`),
				version(t, `{"schema": 1, `+row.after+`}`), people(t, 10), noon, nil)
			require.NoError(t, err)
			assert.Equal(t, row.noted, len(r.Notes) == 1 && strings.HasPrefix(r.Notes[0], "the revision stays 2"),
				r.Notes)
			assert.Empty(t, r.Refused)
		})
	}
}
