package becket

import (
	"math"
	"sync"
)

const (
	// portionSize is how many flags are read at a time.
	portionSize = 16

	// maxReaders bounds how many goroutines read one document. Each keeps what its flags have in common by itself.
	maxReaders = 4
)

// portion is some flags of a document in a row. One goroutine reads them; the next one that does so may be another.
type portion struct {
	from, to int // offsets between which the keys stand
	members  []member
}

// crew reads the flags of a document, whose syntax may still be checked further on: the reader that checks it, and helpers. It is
// to be dismissed when all is done.
type crew struct {
	document []byte
	helpers  int // how many more may be called
	patterns patterns
	working  sync.WaitGroup

	mutex    sync.Mutex
	changed  *sync.Cond
	portions []*portion
	taken    int  // how many of them
	bad      int  // how many flags of those that have been read
	complete bool // no more will come
	panicked any  // what a helper did, nil: nothing
}

func newCrew(document []byte, readers int) *crew {
	c := &crew{document: document, helpers: min(readers, maxReaders) - 1}
	c.changed = sync.NewCond(&c.mutex)
	return c
}

// add hands over a portion. As many helpers are called as there are portions, and allowed.
func (c *crew) add(p *portion) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.portions = append(c.portions, p)
	c.changed.Signal()
	if c.helpers > 0 {
		c.helpers--
		c.working.Go(c.help)
	}
}

// end returns where the portions end, 0 where there are none.
func (c *crew) end() int {
	if len(c.portions) == 0 {
		return 0
	}
	return c.portions[len(c.portions)-1].to
}

func (c *crew) help() {
	defer func() {
		if cause := recover(); cause != nil {
			c.mutex.Lock()
			defer c.mutex.Unlock()
			c.panicked = cause
		}
	}()
	r := &reader{document: c.document, crew: c, depth: 2, path: []step{{name: inFlags}}, shared: newShared()}
	c.work(r)
}

// work reads portions until there are no more. One that was begun is read to its end, so that those that were read are the first ones.
func (c *crew) work(r *reader) {
	for p := c.take(); p != nil; p = c.take() {
		r.at, r.end = p.from, p.from
		p.members = r.readUntil(inFlags, p.to, make([]member, 0, portionSize))
		c.count(p)
	}
}

func (c *crew) count(p *portion) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for i := range p.members {
		if p.members[i].bad != nil {
			c.bad++
		}
	}
}

// take returns a portion that nobody has taken. It waits for one, and returns nil when no more will come, or so many flags are bad that
// the document is refused.
func (c *crew) take() *portion {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for c.taken == len(c.portions) && !c.complete {
		c.changed.Wait()
	}
	if c.taken == len(c.portions) || c.bad > maxBad {
		return nil
	}
	c.taken++
	return c.portions[c.taken-1]
}

// finish says that all portions are there, and helps to read them. r is the document's own reader. A helper's panic is panicked
// with here, where it can be recovered.
func (c *crew) finish(r *reader) {
	c.close(false)
	c.work(r)
	c.working.Wait()
	if c.panicked != nil {
		panic(c.panicked)
	}
}

// dismiss waits for the helpers, who do not begin anything more.
func (c *crew) dismiss() {
	c.close(true)
	c.working.Wait()
}

func (c *crew) close(now bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.complete = true
	if now {
		c.taken = len(c.portions)
	}
	c.changed.Broadcast()
}

// readFlags reads the members of "flags", which has been entered.
func (r *reader) readFlags() [][]member {
	r.crew.finish(r)
	var read [][]member
	for _, p := range r.crew.portions {
		read = append(read, p.members)
	}
	if end := r.crew.end(); end > 0 {
		r.at, r.end = end, end
	}
	return append(read, r.readUntil(inFlags, math.MaxInt, nil))
}
