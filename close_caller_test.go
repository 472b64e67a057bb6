package becket_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// notifier is a program's own type. Its method has the name that the client's own function has.
type notifier struct{ client *becket.Client }

//go:noinline
func (n *notifier) call() error { return n.client.Close() }

func TestCloseWaitsForExposuresIfItsCallersHaveAnyName(t *testing.T) {
	t.Parallel()
	document := []byte(`{"schema":1,"flags":{"split":{"variants":{"a":"A","b":"B"},"default":{"split":{"a":1,"b":1}}}}}`)
	var taken atomic.Int64
	sink := becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
		taken.Add(int64(len(batch)))
		return nil
	})
	client, err := becket.New(becket.Bytes(document), becket.WithBootstrap(document), becket.WithExposures(sink))
	require.NoError(t, err)
	client.For(becket.NewSubject("user-1")).String("split", "")
	require.NoError(t, (&notifier{client}).call())
	assert.Equal(t, int64(1), taken.Load())
}
