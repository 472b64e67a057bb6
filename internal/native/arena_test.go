package native

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestElementsOfAnArenaStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	var a arena[int]
	var elements []*int
	for i := range 3 * blockSize {
		element := a.next()
		*element = i
		elements = append(elements, element)
	}
	for i, element := range elements {
		assert.Equal(t, i, *element)
	}
	a.rewind(blockSize)
	again := a.next()
	assert.Same(t, elements[blockSize], again, "its room is used again")
	assert.Zero(t, *again)
}

func TestSlicesOfAnArenaDoNotOverlap(t *testing.T) {
	t.Parallel()
	var r rooms[int]
	first := append(r.room(2), 1, 2)
	second := append(r.room(1000), 3)
	third := r.room(0)
	assert.Equal(t, []int{1, 2}, first)
	assert.Equal(t, 1000, cap(second))
	assert.Zero(t, cap(third))
	assert.Equal(t, 2, cap(first), "appending more does not write into the next room")
	r.reuse()
	assert.Same(t, &second[0], &append(r.room(1), 9)[0])
}
