package becket

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/lending"
)

// hoard is a format of another package: its rules keep all arguments, and answer as
// native ones do.
type hoard struct {
	mutex sync.Mutex
	kept  []*Subject
	flags []string
}

func (*hoard) Name() string { return "hoard-v1" }

func (h *hoard) Decode(document []byte) (Rules, error) {
	rules, err := Native.Decode(document)
	return &hoardRules{rules, h}, err
}

type hoardRules struct {
	Rules
	hoard *hoard
}

func (r *hoardRules) Evaluate(flag string, want Kind, subject *Subject, at *Moment) Result {
	r.hoard.mutex.Lock()
	defer r.hoard.mutex.Unlock()
	r.hoard.kept = append(r.hoard.kept, subject)
	r.hoard.flags = append(r.hoard.flags, flag)
	return r.Rules.Evaluate(flag, want, subject, at)
}

func (r *hoardRules) Explain(flag string, subject *Subject, at *Moment, _ map[string]bool) Explanation {
	result := r.Evaluate(flag, KindAny, subject, at)
	return Explanation{Flag: flag, Reason: result.Reason, Rule: result.Rule}
}

// borrowingHoard promises to keep nothing, and breaks this promise.
type borrowingHoard struct{ *hoard }

func (b borrowingHoard) Decode(document []byte) (Rules, error) {
	rules, err := Native.Decode(document)
	return borrowingHoardRules{&hoardRules{rules, b.hoard}}, err
}

type borrowingHoardRules struct{ *hoardRules }

func (borrowingHoardRules) KeepsNothing() lending.Promise { return lending.Promise{} }

// waysToAsk are all functions of a view that call the rules of a format.
var waysToAsk = map[string]func(*Client, Subject){
	"a check":   func(c *Client, s Subject) { c.For(s).Enabled("in") },
	"a detail":  func(c *Client, s Subject) { c.For(s).BoolDetail("in", false) },
	"an object": func(c *Client, s Subject) { JSON(c.For(s), "in", 0) },
	"a peek":    func(c *Client, s Subject) { c.For(s).Peek("in", KindBool) },
	"a resolve": func(c *Client, s Subject) { c.For(s).Resolve("in", KindAny) },
	"a listing": func(c *Client, s Subject) {
		c.For(s).All()(func(key string, _ Detail[any]) bool { return key != "in" })
	},
	"explanation": func(c *Client, s Subject) { c.Explain("in", s) },
}

// clientsOfHoards are clients that call a format in different ways.
func clientsOfHoards(t *testing.T, format Format) map[string]*Client {
	t.Helper()
	sink := Sink(func(context.Context, []Exposure) error { return nil })
	return map[string]*Client{
		"plainly":        newAllocClient(t, WithFormat(format)),
		"with overrides": newAllocClient(t, WithFormat(format), WithOverrides(writeOverrides(t, `{"elsewhere":true}`))),
		"with listeners": newAllocClient(t, WithFormat(format), WithExposures(sink),
			WithHooks(Hooks{OnEvaluate: func(Evaluation) {}})),
	}
}

// askWithBuffer evaluates a flag for a subject, and then overwrites the subject's texts and
// attributes.
func askWithBuffer(client *Client, ask func(*Client, Subject)) {
	key, email, group := []byte("user-1"), []byte("ann@example.com"), []byte("beta")
	groups := []string{textOf(group)}
	attributes := []Attribute{String("country", "DE"), String("email", textOf(email)), Strings("groups", groups...)}
	ask(client, NewSubject(textOf(key), attributes...))
	clear(key)
	clear(email)
	clear(group)
	clear(groups)
	clear(attributes)
}

// The format of another package may keep its arguments forever: texts, lists and the flag's key do
// not change when the caller's memory changes, or when further checks are made.
func TestAFormatMayKeepSubjectsAndKeys(t *testing.T) {
	poisonLentMemory(t)
	h := &hoard{}
	for how, client := range clientsOfHoards(t, h) {
		for way, ask := range waysToAsk {
			t.Run(how+"/"+way, func(t *testing.T) {
				h.kept, h.flags = nil, nil
				for range 20 {
					askWithBuffer(client, ask)
				}
				runtime.GC()
				require.GreaterOrEqual(t, len(h.kept), 20)
				for i, s := range h.kept {
					require.Equal(t, "user-1", s.Key())
					require.Equal(t, "ann@example.com", valueAt(t, *s, "email"))
					require.Equal(t, []any{"beta"}, valueAt(t, *s, "groups"))
					require.Contains(t, everyOperator, `"`+h.flags[i]+`":`)
				}
			})
		}
	}
}

// poisonLentMemory overwrites lent memory when it is given back, until the test has ended.
func poisonLentMemory(t *testing.T) {
	t.Helper()
	lending.Poisoned.Store(true)
	t.Cleanup(func() { lending.Poisoned.Store(false) })
}

// The tests of the formats rely on the poison. This test shows that it detects a format that keeps
// an argument.
func TestPoisonFindsAFormatThatKeepsLentMemory(t *testing.T) {
	poisonLentMemory(t)
	for _, way := range []string{"a check", "a detail", "an object", "a peek", "a resolve", "a listing"} {
		t.Run(way, func(t *testing.T) {
			h := &hoard{}
			client := newAllocClient(t, WithFormat(borrowingHoard{h}))
			askWithBuffer(client, waysToAsk[way])
			require.NotEmpty(t, h.flags)
			poison := strings.Repeat("\xff", len(h.flags[0]))
			assert.Equal(t, poison, h.flags[0], "the text of the flag's key is overwritten")
			assert.NotEqual(t, "user-1", h.kept[0].Key())
		})
	}
}

func TestLentMemoryKeepsNothingOfALargeSubject(t *testing.T) {
	t.Parallel()
	large := NewSubject("user-1", append(numbered(1000), String("long", strings.Repeat("t", 10<<20)),
		Strings("list", make([]string, 1000)...),
		Any("object", []any{map[string]any{"a": 1}}), Any("map", map[string]any{"a": "b"}))...)
	l := lend(&large, "flag")
	text := weak.Make(unsafe.SliceData(l.memory))
	attributes, values := weak.Make(unsafe.SliceData(l.attributes)), weak.Make(unsafe.SliceData(l.values))
	i := slices.IndexFunc(l.attributes, func(a Attribute) bool { return a.value.Kind() == KindObject })
	object := weak.Make((*object)(l.attributes[i].value.pointer))
	l.giveBack()
	runtime.GC()
	assert.Nil(t, text.Value(), "ten megabytes of text")
	assert.Nil(t, attributes.Value())
	assert.Nil(t, values.Value())
	assert.Nil(t, object.Value())
	runtime.KeepAlive(l)
}

func TestManyGoroutinesBorrowAtOnce(t *testing.T) {
	t.Parallel()
	client := newAllocClient(t, WithFormat(plainFormat{}))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 500 {
				email := fmt.Sprintf("ann%d%s@example.com", g, strings.Repeat("n", i%700))
				v := client.For(NewSubject("user-1", String("email", email), Strings("groups", "beta"),
					Any("m", map[string]any{"a": email})))
				if !v.Enabled("matches") || !v.BoolDetail("in-list", false).Value || v.Enabled("in") {
					t.Errorf("wrong for %s", email)
				}
			}
		})
	}
	group.Wait()
}
