package pages_test

import (
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	provider "github.com/becketflags/becket/openfeature"
)

func TestPageOpenFeature(t *testing.T) {
	client := newShop(t)
	err := openfeature.SetProviderAndWait(provider.New(client))
	require.NoError(t, err)
	openfeature.Shutdown()
}
