package native

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPositionsAreLinesAndColumns(t *testing.T) {
	t.Parallel()
	document := []byte(strings.Repeat("0123456789\n", 1000) + "end")
	var l lines
	for _, at := range []int{0, 5, 10, 11, 4095, 4096, 4097, 8192, 10_999, 11_000, 11_003} {
		line, column := l.position(document, at)
		before := string(document[:at])
		assert.Equal(t, strings.Count(before, "\n")+1, line, at)
		assert.Equal(t, at-strings.LastIndex(before, "\n"), column, at)
	}
	line, column := l.position(document, 1<<30)
	assert.Equal(t, []int{1001, 4}, []int{line, column}, "beyond the end is the end")
	var empty lines
	line, column = empty.position(nil, 0)
	assert.Equal(t, []int{1, 1}, []int{line, column})
	var long lines
	line, column = long.position([]byte(strings.Repeat("x", 10_000)), 9999)
	assert.Equal(t, []int{1, 10_000}, []int{line, column}, "a line longer than a block")
}
