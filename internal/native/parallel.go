package native

import (
	"math"
	"sync"
)

const (
	// chunkSize is how many flags are read at a time.
	chunkSize = 16

	// MaxReaders bounds how many goroutines read one document. Each keeps the parts that its flags
	// have in common by itself.
	MaxReaders = 4
)

// chunk is some flags of a document in a row. One goroutine reads them; the next chunk may be read
// by another.
type chunk struct {
	from, to int // offsets between which the keys stand
	members  []Member
}

// workers read the flags of a document in parallel, while its own reader still checks the syntax of
// the rest. Call stop when everything is done.
type workers struct {
	document []byte
	compiler func() Compiler
	spare    int  // how many more may be started
	stay     bool // definitions are not read into the same memory
	patterns patterns
	working  sync.WaitGroup

	mutex    sync.Mutex
	changed  *sync.Cond
	chunks   []*chunk
	taken    int  // how many of the chunks
	bad      int  // how many flags of the chunks that have been read
	complete bool // there will be no more chunks
	panicked any  // the value of a worker's panic, nil where there was none
}

func newWorkers(document []byte, readers int, compiler func() Compiler) *workers {
	w := &workers{document: document, compiler: compiler, spare: min(readers, MaxReaders) - 1}
	w.changed = sync.NewCond(&w.mutex)
	return w
}

// add hands over a chunk. As many workers are started as there are chunks, and allowed.
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

// end returns where the chunks end, 0 where there are none.
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

// work reads chunks until there are no more. A chunk that was begun is read to its end, so that
// those that were read are the first ones.
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

// take returns a chunk that nobody has taken. It waits for one, and returns nil when there will be
// no more, or so many flags are bad that the document is refused.
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

// stop waits for the workers, which do not begin anything more.
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

// readFlags reads the members of "flags", which has been entered.
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
