package native

// An arena hands out elements that stay where they are, in blocks, so that there are few
// allocations and no copies.
type arena[T any] struct {
	blocks [][]T
	used   int // how many elements have been handed out
}

// blockBits says how large a block is. Blocks of one size make the place of an element easy to
// find.
const (
	blockBits = 5
	blockSize = 1 << blockBits
)

// next returns another element, whose fields are zero.
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

// rewind takes back the elements that were handed out after the first ones.
func (a *arena[T]) rewind(used int) { a.used = used }

// rooms hands out lists with room for a number of elements that is known before.
type rooms[T any] struct {
	free []T
	last []T // the block of which free is the rest
}

// room returns an empty list with room for that many elements.
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

// reuse takes back all lists of the last block.
func (r *rooms[T]) reuse() { r.free = r.last }
