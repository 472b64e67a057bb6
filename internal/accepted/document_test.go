package accepted_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/accepted"
)

func TestOnlyAClientHandsOverDocuments(t *testing.T) {
	t.Parallel()
	for _, other := range []any{nil, (*becket.Client)(nil), &becket.Client{}, "client"} {
		assert.Nil(t, accepted.Of(other))
	}
}
