package native

import (
	"math"
	"sync"
)

const (
	// chunkSize is the number of flags in a chunk.
	chunkSize = 16

	// MaxReaders is the greatest number of goroutines that read one document. It is small because
	// each of them has its own copy of the parts that flags share.
	MaxReaders = 4
)

// chunk is a sequence of flags of a document that one goroutine reads.
type chunk struct {
	from, to int // offsets; the keys of the flags are between them
	members  []Member
}

// workers read the flags of a document in parallel, while the document's reader still checks the
// syntax of the rest. Call stop when everything is done.
type workers struct {
	document []byte
	compiler func() Compiler
	spare    int  // number of workers that may still be started
	stay     bool // the memory of definitions is not used again
	patterns patterns
	working  sync.WaitGroup

	mutex    sync.Mutex
	changed  *sync.Cond
	chunks   []*chunk
	taken    int  // number of chunks that have been taken
	bad      int  // number of invalid flags in the chunks that have been read
	complete bool // no more chunks will be added
	panicked any  // the value of a worker's panic, or nil
}

func newWorkers(document []byte, readers int, compiler func() Compiler) *workers {
	w := &workers{document: document, compiler: compiler, spare: min(readers, MaxReaders) - 1}
	w.changed = sync.NewCond(&w.mutex)
	return w
}

// add adds a chunk, and starts a worker if another one is allowed.
func (w *workers) add(c *chunk) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.chunks = append(w.chunks, c)
	w.changed.Signal()
	if w.spare > 0 {
		w.spare--
		w.working.Go(w.help)
	}
}

// end returns the offset at which the chunks end, or 0 if there are none.
func (w *workers) end() int {
	if len(w.chunks) == 0 {
		return 0
	}
	return w.chunks[len(w.chunks)-1].to
}

func (w *workers) help() {
	defer func() {
		if cause := recover(); cause != nil {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			w.panicked = cause
		}
	}()
	r := newReader(w.document, w)
	r.depth, r.path = 2, []step{{name: Flags}}
	w.work(r)
}

// work reads chunks until there are no more. A chunk that was taken is read to its end, so that the
// chunks that have been read are always the first ones.
func (w *workers) work(r *reader) {
	for c := w.take(); c != nil; c = w.take() {
		r.at, r.end = c.from, c.from
		c.members = r.readUntil(Flags, c.to, make([]Member, 0, chunkSize))
		w.count(c)
	}
}

func (w *workers) count(c *chunk) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for i := range c.members {
		if c.members[i].Bad != nil {
			w.bad++
		}
	}
}

// take returns the next chunk. It waits for one if necessary. It returns nil if there are no more
// chunks, or if too many flags are invalid, so that the document is refused.
func (w *workers) take() *chunk {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for w.taken == len(w.chunks) && !w.complete {
		w.changed.Wait()
	}
	if w.taken == len(w.chunks) || w.bad > MaxBad {
		return nil
	}
	w.taken++
	return w.chunks[w.taken-1]
}

// finish marks the list of chunks as complete and reads chunks too, with the document's own reader.
// It panics again with a worker's panic, so that the caller can recover it.
func (w *workers) finish(r *reader) {
	w.close(false)
	w.work(r)
	w.working.Wait()
	if w.panicked != nil {
		panic(w.panicked)
	}
}

// stop waits for the workers, which take no more chunks.
func (w *workers) stop() {
	w.close(true)
	w.working.Wait()
}

func (w *workers) close(now bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.complete = true
	if now {
		w.taken = len(w.chunks)
	}
	w.changed.Broadcast()
}

// readFlags reads the members of "flags". The reader is behind the opening brace.
func (r *reader) readFlags() [][]Member {
	r.workers.finish(r)
	var read [][]Member
	for _, c := range r.workers.chunks {
		read = append(read, c.members)
	}
	if end := r.workers.end(); end > 0 {
		r.at, r.end = end, end
	}
	return append(read, r.readUntil(Flags, math.MaxInt, nil))
}
