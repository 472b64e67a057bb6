package configcat

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket"
)

func TestLargeIntegersAreComparedAndHashedByTheirDigits(t *testing.T) {
	t.Parallel()
	const largest = "18446744073709551615"
	for name, a := range map[string]becket.Attribute{
		"uint64": becket.Any("id", uint64(math.MaxUint64)), "json.Number": becket.Any("id", json.Number(largest)),
	} {
		subject := becket.NewSubject("", a)
		value, _ := subject.Attribute("id")
		assert.Equal(t, largest, text(value), name)
		assert.Equal(t, bucketOf("flag", becket.StringValue(largest)), bucketOf("flag", value), name)
	}
}
