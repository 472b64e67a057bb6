package flagtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/becketflags/becket"
)

// board is where a test writes its values. What it says at one moment is published as a sheet, which does not change.
type board struct {
	base    becket.Rules // nil for New
	client  *becket.Client
	options []becket.Option
	above   *board // nil unless this is a copy
	asked   asked

	mutex    sync.Mutex
	t        testing.TB // nil when the test has ended: then nobody is there to fail
	told     map[string]bool
	current  *sheet
	sheets   map[string]*sheet // by version: what the format decodes
	versions int
}

func newBoard(t testing.TB, base becket.Rules) *board {
	b := &board{t: t, base: base, told: map[string]bool{}, sheets: map[string]*sheet{}}
	b.current = &sheet{board: b, flags: map[string]*fake{}}
	return b
}

// end makes sure that the test is not touched any more.
func (b *board) end() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.t = nil
}

// complain fails the test, once for each text.
func (b *board) complain(text string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.t != nil && !b.told[text] {
		b.told[text] = true
		b.t.Errorf("flagtest: %s", text)
	}
}

// copy returns a board for a subtest that says the same.
func (b *board) copy(t testing.TB) *board {
	c := newBoard(t, b.base)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	c.above, c.options = b, b.options
	c.current.flags = b.current.flags // never written to
	return c
}

// set changes one flag for one subject, or for all with the key "", and returns what was set before. It fails the test and changes nothing
// where the value is none or of another type than the flag.
func (b *board) set(t testing.TB, flag, key string, value any) (before *becket.Variant, ok bool) {
	t.Helper()
	variants, err := variantsOf(value)
	if err != nil {
		t.Fatalf("flagtest: the value of %q: %v", flag, err)
		return nil, false
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	kind := b.current.kind(flag)
	if found := variants[0].Value.Kind(); !compatible(kind, found) {
		t.Errorf("flagtest: %q is a flag of type %s, and is set to a value of type %s", flag, kind, found)
		return nil, false
	}
	own := b.current.fake(flag)
	before = own.served(key)
	b.current = b.current.with(flag, own.with(key, variants, b.baseVariants(flag)))
	return before, true
}

// put serves a variant to one subject, or to all, as it was before; nil for nothing.
func (b *board) put(flag, key string, variant *becket.Variant) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = b.current.with(flag, b.current.fake(flag).serving(key, variant))
}

// publish makes the client serve what the board has.
func (b *board) publish() {
	// Not the test's own context, which has ended when its clean-up functions run.
	if err := b.client.Refresh(context.Background()); err != nil {
		b.complain(err.Error())
	}
}

// serve gives a flag one of its variants for all subjects.
func (b *board) serve(flag string, variant becket.Variant) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = b.current.with(flag, &fake{variants: b.current.fake(flag).variants, forAll: &variant})
}

// variants lists what EachVariant runs through.
func (b *board) variants(flag string) []becket.Variant {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if known := b.baseVariants(flag); known != nil {
		return known
	}
	if f := b.current.flags[flag]; f != nil {
		return f.variants
	}
	return nil
}

func (b *board) baseVariants(flag string) []becket.Variant {
	if lister, ok := b.base.(becket.VariantLister); ok {
		return lister.Variants(flag)
	}
	return nil
}

// unknown says that there is no such flag, and which one may be meant.
func (b *board) unknown(flag string) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.current.unknown(flag)
}

// version publishes the sheet and returns the number that the format finds it by.
func (b *board) version() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.current.version == "" {
		b.versions++
		b.current.version = strconv.Itoa(b.versions)
		b.current.revision = int64(b.versions)
		clear(b.sheets) // the client decodes what it has just fetched, and nothing older
		b.sheets[b.current.version] = b.current
	}
	return b.current.version
}

func (b *board) sheet(version string) (*sheet, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	s, ok := b.sheets[version]
	return s, ok
}

// source and format make the client take its rules from the board: the document is the sheet's number.
type source struct{ board *board }

func (s source) Fetch(_ context.Context, last becket.Validator) (becket.Document, error) {
	version := s.board.version()
	if last.ETag == version {
		return becket.Document{NotModified: true}, nil
	}
	return becket.Document{Body: []byte(version), Validator: becket.Validator{ETag: version}}, nil
}

func (s source) Identity() string { return "flagtest" }

type format struct{ board *board }

func (format) Name() string { return "flagtest" }

func (f format) Decode(document []byte) (becket.Rules, error) {
	s, ok := f.board.sheet(string(document))
	if !ok {
		return nil, fmt.Errorf("flagtest: there is no sheet %q", document)
	}
	return s, nil
}

// asked is a set of keys.
type asked struct {
	mutex sync.RWMutex
	keys  map[string]bool
}

// add copies the key, which may live on the caller's stack.
func (a *asked) add(key string) {
	a.mutex.RLock()
	known := a.keys[key]
	a.mutex.RUnlock()
	if known {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.keys == nil {
		a.keys = map[string]bool{}
	}
	a.keys[strings.Clone(key)] = true
}

func (a *asked) sorted() []string {
	a.mutex.RLock()
	defer a.mutex.RUnlock()
	return slices.Sorted(maps.Keys(a.keys))
}

// undo remembers what a subtest has set, to put it back.
type undo struct {
	mutex sync.Mutex
	steps []undoStep
}

type undoStep struct {
	flag, key string
	before    *becket.Variant
}

func (u *undo) remember(flag, key string, before *becket.Variant) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.steps = append(u.steps, undoStep{flag, key, before})
}

func (u *undo) all(b *board) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for _, step := range slices.Backward(u.steps) {
		b.put(step.flag, step.key, step.before)
	}
	if len(u.steps) > 0 {
		b.publish()
	}
}
