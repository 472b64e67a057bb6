package becket

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

func TestAFlagTableFindsEachFlagAndNoOther(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 100, 10_000} {
		flags := map[string]*flag{}
		table := newFlagTable(size)
		for i := range size {
			key := fmt.Sprintf("flag-%d", i) + strings.Repeat("-of-more-bytes", i%4)
			flags[key] = &flag{fingerprint: match.FingerprintOf(key), key: key}
			table.set(&flag{fingerprint: match.FingerprintOf(key), key: key})
			table.set(flags[key])
		}
		assert.Equal(t, size, table.count)
		for key, f := range flags {
			assert.Same(t, f, table.find(key), "%q", key)
			assert.Nil(t, table.find(key+"x"), "%q", key)
			assert.Nil(t, table.find("x"+key), "%q", key)
		}
		keys := table.keys()
		assert.Len(t, keys, size)
		assert.True(t, slices.IsSorted(keys))
	}
}

func TestLongKeysWithEqualFingerprintsAreDistinguished(t *testing.T) {
	one, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	table := newFlagTable(2)
	table.set(&flag{fingerprint: match.FingerprintOf(other), key: one})
	assert.Nil(t, table.find(other))
	table.set(&flag{fingerprint: match.FingerprintOf(other), key: other})
	assert.Equal(t, other, table.find(other).key)
}

func TestTheZeroFlagTableHasNoFlag(t *testing.T) {
	var table flagTable
	assert.Nil(t, table.find("flag"))
	assert.Empty(t, table.keys())
}
