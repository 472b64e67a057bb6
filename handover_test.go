package becket

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/accepted"
)

func TestADocumentIsHandedOverWithItsBytes(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{"without a disk cache": "", "with a disk cache": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := flagsDocument(1, "a"), flagsDocument(2, "a")
			source := newScript(serving("1", first))
			options := []Option{WithBootstrap([]byte(first))}
			if folder != "" {
				options = append(options, WithDiskCache(folder))
			}
			client := newTestClient(t, source, options...)
			require.NoError(t, client.Wait(t.Context()))
			if folder == "" {
				require.Nil(t, accepted.Of(client), "nobody wanted the bytes")
				require.NoError(t, client.Refresh(t.Context()))
				assert.Empty(t, source.last().ETag, "the document is fetched again")
			}
			document := accepted.Of(client)
			require.NotNil(t, document)
			assert.Equal(t, first, string(document.Body))
			require.NoError(t, client.Refresh(t.Context()))
			assert.Equal(t, "1", source.last().ETag)
			source.set(serving("", first))
			require.NoError(t, client.Refresh(t.Context()))
			assert.Same(t, document, accepted.Of(client), "nothing has changed")

			source.set(serving("2", second))
			require.NoError(t, client.Refresh(t.Context()))
			assert.Equal(t, &accepted.Document{Body: []byte(second), Revision: 2}, accepted.Of(client))
			source.set(serving("1", first))
			require.ErrorIs(t, client.Refresh(t.Context()), ErrLowerRevision)
			assert.Equal(t, int64(2), accepted.Of(client).Revision)
		})
	}
}

func TestABootstrapIsNotHandedOverUntilTheSourceHasIt(t *testing.T) {
	t.Parallel()
	document := flagsDocument(1, "a")
	source := newScript(failing(errNotAsked))
	client := newTestClient(t, source, WithBootstrap([]byte(document)), WithDiskCache(t.TempDir()))
	require.Error(t, client.Refresh(t.Context()))
	assert.Nil(t, accepted.Of(client))
	source.set(serving("1", document))
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, document, string(accepted.Of(client).Body))
}

func TestADiskCopyIsHandedOverAtOnce(t *testing.T) {
	t.Parallel()
	folder, document := t.TempDir(), flagsDocument(1, "a")
	client := newTestClient(t, newScript(serving("1", document)), WithDiskCache(folder))
	require.NoError(t, client.Wait(t.Context()))
	require.NoError(t, client.Close())
	client = newTestClient(t, newScript(func(ctx context.Context, _ Validator) (Document, error) {
		<-ctx.Done()
		return Document{}, ctx.Err()
	}), WithDiskCache(folder))
	require.NotNil(t, accepted.Of(client))
	assert.Equal(t, document, string(accepted.Of(client).Body))
}
