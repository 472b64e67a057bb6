package becket

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// anything is a program's own format, which has no size limit.
type anything struct{}

func (anything) Name() string { return "anything-v1" }

func (anything) Decode([]byte) (Rules, error) {
	return Native.Decode([]byte(`{"schema": 1, "flags": {}}`))
}

// given is a program's own source, which has no size limit either.
type given []byte

func (g given) Fetch(context.Context, Validator) (Document, error) { return Document{Body: g}, nil }
func (given) Identity() string                                     { return "given" }

func TestNoSourceAndNoFormatDecodesADocumentOverTheLimit(t *testing.T) {
	big := make([]byte, maxDocument+1)
	d := newDecoder(&config{format: anything{}}, &notifier{})
	_, err := d.decode(t.Context(), big, nil)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = d.decode(t.Context(), big[1:], nil)
	require.NoError(t, err, "a document of exactly the limit is allowed")

	for name, source := range map[string]Source{
		"Bytes":             Bytes(big),
		"FS":                FS(fstest.MapFS{"flags.json": {Data: big}}, "flags.json"),
		"a program's own":   given(big),
		"WithMaxBytes over": HTTP("https://flags.example.com", WithMaxBytes(maxDocument+1)),
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuardedSource(source, nil)
			_, err := g.fetch(t.Context(), Validator{})
			require.Error(t, err)
			if name != "WithMaxBytes over" {
				assert.ErrorIs(t, err, ErrTooLarge)
			}
		})
	}
	checked := func(document []byte) error {
		checker, ok := Bytes(document).(Checker)
		require.True(t, ok)
		return checker.Check()
	}
	require.ErrorIs(t, checked(big), ErrTooLarge, "New returns the error")
	require.NoError(t, checked(big[1:]))
}
