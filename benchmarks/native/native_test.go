package native

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/scene"
)

func TestBecketAnswersRightlyAndAsTheLimitDoes(t *testing.T) {
	users := scene.Users()
	for _, w := range scene.Workloads {
		if w.ListSize > 10_000 && testing.Short() {
			continue
		}
		byHand, err := limit.Contenders()[0].Prepare(w, users)
		require.NoError(t, err)
		for _, c := range Contenders() {
			t.Run(w.ID+" "+c.Name, func(t *testing.T) {
				r, err := c.Prepare(w, users)
				if w.OnlyInCall && c.Role == contender.Extra {
					require.ErrorIs(t, err, contender.ErrUnsupported)
					return
				}
				require.NoError(t, err)
				defer r.Shut()
				require.NoError(t, contender.Verify(w, r, users))
				assert.NoError(t, contender.Agree(w, r, byHand))
			})
		}
	}
}

func TestDisagreementIsFound(t *testing.T) {
	users := scene.Users()
	w := scene.Workloads[3]
	r, err := limit.Contenders()[0].Prepare(w, users)
	require.NoError(t, err)
	off := *r
	off.Answer = func(u *scene.User) uint64 { return 1 - r.Answer(u) }
	assert.ErrorContains(t, contender.Agree(w, r, &off), "the answers for")
}
