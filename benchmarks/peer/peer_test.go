package peer_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/peer"
	"github.com/becketflags/becket/benchmarks/scene"
)

func TestEveryPeerAndLimitAnswersRightly(t *testing.T) {
	users := scene.Users()
	all := append(limit.Contenders(), peer.All()...)
	for _, w := range scene.Workloads {
		for _, c := range all {
			t.Run(w.ID+" "+c.Name, func(t *testing.T) {
				if w.ListSize > 10_000 && testing.Short() {
					return
				}
				r, err := c.Prepare(w, users)
				if errors.Is(err, contender.ErrUnsupported) {
					return
				}
				require.NoError(t, err)
				defer r.Shut()
				assert.NoError(t, contender.Verify(w, r, users))
			})
		}
	}
}
