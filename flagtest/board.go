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

// board holds the values that a test sets. Each change publishes a new sheet, which never changes.
type board struct {
	base    becket.Rules // nil for New
	client  *becket.Client
	options []becket.Option
	above   *board // nil unless this board is a copy
	asked   asked

	mutex    sync.Mutex
	t        testing.TB // nil after the test has ended, because a test cannot fail then
	told     map[string]bool
	current  *sheet
	sheets   map[string]*sheet // sheets that the format has not decoded yet, by version
	versions int
}

func newBoard(t testing.TB, base becket.Rules) *board {
	b := &board{t: t, base: base, told: map[string]bool{}, sheets: map[string]*sheet{}}
	b.current = &sheet{board: b, flags: map[string]*fake{}}
	return b
}

// end makes sure that the board does not use the test any more.
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

// copy returns a board with the same values for a subtest.
func (b *board) copy(t testing.TB) *board {
	c := newBoard(t, b.base)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	c.above, c.options = b, b.options
	c.current.flags = b.current.flags // maps in sheets are never changed
	return c
}

// set changes one flag for one subject, or for all subjects if the key is "", and returns the value
// before. If the value is invalid or has another type than the flag, it fails the test and changes
// nothing.
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

// put restores the variant that one subject or all subjects had; nil removes the variant.
func (b *board) put(flag, key string, variant *becket.Variant) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = b.current.with(flag, b.current.fake(flag).serving(key, variant))
}

// publish makes the client serve the board's values.
func (b *board) publish() {
	// The test's own context has already ended when its clean-up functions run.
	if err := b.client.Refresh(context.Background()); err != nil {
		b.complain(err.Error())
	}
}

// serve makes a flag serve one of its variants to all subjects.
func (b *board) serve(flag string, variant becket.Variant) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.current = b.current.with(flag, &fake{variants: b.current.fake(flag).variants, forAll: &variant})
}

// variants lists the variants for EachVariant.
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

// unknown returns the message for a flag that does not exist, with the nearest key.
func (b *board) unknown(flag string) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.current.unknown(flag)
}

// version publishes the sheet and returns the version by which the format finds it.
func (b *board) version() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.current.version == "" {
		b.versions++
		b.current.version = strconv.Itoa(b.versions)
		b.current.revision = int64(b.versions)
		clear(b.sheets) // the client decodes only the document that it has just fetched
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

// source and format make the client take its rules from the board. The document is the sheet's
// version.
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

// asked is a set of flag keys.
type asked struct {
	mutex sync.RWMutex
	keys  map[string]bool
}

// add copies the key, because it may live on the caller's stack.
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

// undo remembers the values before a subtest, to restore them.
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
