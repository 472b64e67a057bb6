package pages_test

import (
	_ "embed"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

//go:embed production.pub
var publicKey string

func TestPageSigning(t *testing.T) {
	server, _ := origin(t)
	address, nextKey := server.URL, publicKey
	client, err := becket.New(
		becket.HTTP(address),
		becket.WithPublicKey(publicKey),
		becket.WithEnvironment("production"),
	)
	require.NoError(t, err)
	defer client.Close()
	assert.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature, "nobody signed the shop's ruleset")
	{
		client, err := becket.New(becket.HTTP(address), becket.WithPublicKey(publicKey, nextKey))
		require.NoError(t, err)
		defer client.Close()
		assert.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	}
}
