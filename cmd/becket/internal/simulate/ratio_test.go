package simulate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestARatioIsAFindingBelowOneInAThousand(t *testing.T) {
	for p, finding := range map[float64]bool{0.00099: true, 0.001: false, 0.5: false} {
		assert.Equal(t, finding, appendDecided(nil, Ratio{Of: 1, P: p})[0].Off, p)
	}
	assert.Empty(t, appendDecided(nil, Ratio{P: 0}), "it decided for no subject")
}
