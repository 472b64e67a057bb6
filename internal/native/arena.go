package native

// arena allocates elements in blocks. Elements never move, there are few allocations, and nothing
// is copied.
type arena[T any] struct {
	blocks [][]T
	used   int // number of elements in use
}

// A block has blockSize elements. All blocks have the same size, which makes the place of an
// element easy to find.
const (
	blockBits = 5
	blockSize = 1 << blockBits
)

// next returns a new element, which is zero.
func (a *arena[T]) next() *T {
	block := a.used >> blockBits
	if block == len(a.blocks) {
		push(&a.blocks, make([]T, blockSize))
	}
	element := &a.blocks[block][a.used&(blockSize-1)]
	a.used++
	var zero T
	*element = zero
	return element
}

// rewind frees all elements after the first used ones.
func (a *arena[T]) rewind(used int) { a.used = used }

// rooms allocates slices with a capacity that is known beforehand.
type rooms[T any] struct {
	free []T
	last []T // the last block; free is the rest of it
}

// room returns an empty slice with a capacity of count.
func (r *rooms[T]) room(count int) []T {
	const least = 64
	if count > len(r.free) {
		r.last = make([]T, max(count, least))
		r.free = r.last
	}
	list := r.free[:0:count]
	r.free = r.free[count:]
	return list
}

// reuse frees all slices of the last block.
func (r *rooms[T]) reuse() { r.free = r.last }
