package becket

import (
	"encoding/json"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func valueAt(t *testing.T, s Subject, name string) any {
	t.Helper()
	value, ok := s.Attribute(name)
	require.True(t, ok, name)
	return value.Any()
}

func TestAttributesAreFoundByTheirExactNames(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	s := NewSubject("user-1", String("text", "a"), Int("int", -7), Int64("int64", math.MaxInt64), Float("float", 0.5), Float("whole", 3),
		Bool("bool", true), Time("time", at), Strings("list", "a", "b"))
	assert.Equal(t, "user-1", s.Key())
	for name, want := range map[string]any{
		"text": "a", "int": int64(-7), "int64": int64(math.MaxInt64), "float": 0.5, "whole": int64(3), "bool": true,
		"time": at.UTC(), "list": []any{"a", "b"}, "key": "user-1",
	} {
		assert.Equal(t, want, valueAt(t, s, name), name)
	}
	for _, name := range []string{"Text", "tex", "texts", "", "list.0"} {
		_, ok := s.Attribute(name)
		assert.False(t, ok, name)
	}
}

func TestTheLastOfTwoAttributesCounts(t *testing.T) {
	t.Parallel()
	s := NewSubject("user-1", String("a", "first"), Any("m", map[string]any{"x": 1}), String("m.x", "last"), Int("a", 2))
	assert.Equal(t, int64(2), valueAt(t, s, "a"))
	assert.Equal(t, "last", valueAt(t, s, "m.x"))
	seen := map[string]any{}
	for name, value := range s.All {
		assert.NotContains(t, seen, name, "once each")
		seen[name] = value.Any()
	}
	assert.Equal(t, map[string]any{"a": int64(2), "m.x": "last"}, seen)
	for range s.All {
		break
	}
}

func TestTheKeyIsNoAttribute(t *testing.T) {
	t.Parallel()
	s := NewSubject("user-1", String("key", "another"), String("a", "b"))
	assert.Equal(t, "user-1", valueAt(t, s, "key"))
	require.Len(t, s.Ignored(), 1)
	require.EqualError(t, s.Ignored()[0], `becket: attribute "key" is left out: the name stands for the targeting key`)
	for name := range s.All {
		assert.NotEqual(t, "key", name)
	}
	empty := NewSubject("", String("key", "another"))
	_, ok := empty.Attribute("key")
	assert.False(t, ok, "an empty key is missing")
	assert.False(t, empty.IsZero())
	var zero Subject
	assert.True(t, zero.IsZero())
	assert.Empty(t, zero.Key())
	_, ok = zero.Attribute("a")
	assert.False(t, ok)
}

func TestAnyTakesWhatHasAMeaning(t *testing.T) {
	t.Parallel()
	type word string
	text, none := "pointed to", (*string)(nil)
	pointer := &text
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name  string
		value any
		want  any
	}{
		{"a boolean", true, true},
		{"a text", "a", "a"},
		{"a named type", word("a"), "a"},
		{"a small integer", int8(-3), int64(-3)},
		{"an unsigned integer", uint16(3), int64(3)},
		{"an unsigned integer beyond an int64", uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{"a float", float32(0.5), 0.5},
		{"an integral float", 2.0, int64(2)},
		{"an instant", at, at},
		{"a pointer to a pointer", &pointer, "pointed to"},
		{"a slice", []any{"a", 1, true}, []any{"a", int64(1), true}},
		{"an array", [2]int{1, 2}, []any{int64(1), int64(2)}},
		{"an empty list", []string{}, []any{}},
		{"a list of maps, as JSON", []any{map[string]any{"a": []any{1.5}}}, []any{map[string]any{"a": []any{1.5}}}},
		{"a list with nil in it, as JSON", []any{"a", nil}, []any{"a", nil}},
		{"an empty map, as JSON", map[string]int{}, map[string]any{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := NewSubject("user-1", Any("x", test.value))
			assert.Equal(t, test.want, valueAt(t, s, "x"))
			assert.Empty(t, s.Ignored())
		})
	}
	for _, test := range []struct {
		name  string
		value any
		says  string
	}{
		{"nil", nil, `becket: attribute "x" is left out: it is nil`},
		{"a nil pointer", none, "it is nil"},
		{"a channel", make(chan int), "a chan int has no meaning"},
		{"a function", func() {}, "a func() has no meaning"},
		{"a struct", struct{ A int }{}, "has no meaning"},
		{"a map with other keys", map[int]string{1: "a"}, "a map[int]string has no meaning"},
		{"a list of structs", []struct{}{{}}, "has no meaning"},
		{"a list of maps with other keys", []any{map[int]int{1: 1}}, "has no meaning"},
		{"a list with NaN beside a map", []any{math.NaN(), map[string]any{}}, "has no meaning"},
	} {
		t.Run(test.name+" is left out", func(t *testing.T) {
			t.Parallel()
			s := NewSubject("user-1", Any("x", test.value))
			_, ok := s.Attribute("x")
			assert.False(t, ok)
			require.Len(t, s.Ignored(), 1)
			assert.ErrorContains(t, s.Ignored()[0], test.says)
			for range s.All {
				t.Error("what is left out is not listed")
			}
		})
	}
}

func TestMapsBecomeDottedNames(t *testing.T) {
	t.Parallel()
	s := NewSubject("user-1", Any("address", map[string]any{
		"country": "DE", "geo": map[string]float64{"lat": 52.5}, "none": nil, "tags": []string{"a"},
	}))
	assert.Equal(t, "DE", valueAt(t, s, "address.country"))
	assert.Equal(t, 52.5, valueAt(t, s, "address.geo.lat"))
	assert.Equal(t, []any{"a"}, valueAt(t, s, "address.tags"))
	for _, name := range []string{"address", "address.geo", "country", "address.none"} {
		_, ok := s.Attribute(name)
		assert.False(t, ok, "%s does not exist by itself", name)
	}
	require.Len(t, s.Ignored(), 1)
	assert.ErrorContains(t, s.Ignored()[0], `"address.none"`)
}

func TestWhatHoldsItselfEnds(t *testing.T) {
	t.Parallel()
	endless := map[string]any{"a": 1}
	endless["self"] = endless
	s := NewSubject("user-1", Any("x", endless))
	assert.Equal(t, int64(1), valueAt(t, s, "x.a"))
	assert.Equal(t, int64(1), valueAt(t, s, "x.self.self.a"))
	require.Len(t, s.Ignored(), 1)
	assert.Contains(t, s.Ignored()[0].Error(), strings.Repeat(".self", deepest))

	var pointer any
	pointer = &pointer
	assert.Len(t, NewSubject("", Any("x", pointer)).Ignored(), 1)

	list := []any{nil}
	list[0] = list
	assert.Len(t, NewSubject("", Any("x", list)).Ignored(), 1)
}

func TestAnyTakesWhatKnowsItsText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		value any
		want  any
	}{
		{netip.MustParseAddr("10.1.2.3"), "10.1.2.3"},
		{net.ParseIP("2001:db8::1"), "2001:db8::1"},
		{json.Number("42"), int64(42)},
		{json.Number("2.5"), 2.5},
		{[]any{netip.MustParseAddr("10.1.2.3")}, []any{"10.1.2.3"}},
		{[]byte{1, 2}, []any{int64(1), int64(2)}},
	} {
		subject := NewSubject("", Any("a", row.value))
		value, ok := subject.Attribute("a")
		assert.True(t, ok, row.value)
		assert.Equal(t, row.want, value.Any())
	}
}

func TestWhatSharesItsPartsEndsToo(t *testing.T) {
	t.Parallel()
	list, nested := []any{1, map[string]any{}}, map[string]any{"a": 1}
	for range 50 {
		list, nested = []any{list, list}, map[string]any{"l": nested, "r": nested}
	}
	twice := []any{nil, nil}
	twice[0], twice[1] = twice, twice
	for _, value := range []any{list, nested, twice} {
		subject := NewSubject("user-1", Any("a", value), String("b", "c"))
		b, ok := subject.Attribute("b")
		assert.True(t, ok)
		assert.Equal(t, "c", b.Text())
		assert.NotEmpty(t, subject.Ignored(), "written out it would have 2^50 entries")
	}
}

func TestEntriesTellMapsFromNamesWithDots(t *testing.T) {
	t.Parallel()
	s := NewSubject("user-1", Any("m", map[string]any{"x": 1, "n": nil}), String("m.x", "by itself"), String("a", "b"), Any("bad", nil))
	value, ok := s.Entry("m", "m.x")
	require.True(t, ok)
	assert.Equal(t, int64(1), value.Int())
	value, ok = s.Entry("", "m.x")
	require.True(t, ok)
	assert.Equal(t, "by itself", value.Text())
	for _, test := range [][2]string{{"", "m"}, {"a", "a.b"}, {"m", "m.y"}, {"", "none"}, {"", "bad"}} {
		_, ok = s.Entry(test[0], test[1])
		assert.False(t, ok, "%v", test)
	}
	var all []string
	for root, name := range entries(s) {
		all = append(all, root+">"+name)
	}
	assert.ElementsMatch(t, []string{">a", ">m.x", "m>m.x", "m>m.n", "bad>bad"}, all)
	for range entries(s) {
		break
	}
}

// entries drops the values.
func entries(s Subject) func(func(root, name string) bool) {
	return func(yield func(root, name string) bool) {
		s.Entries(func(root, name string, _ Value) bool { return yield(root, name) })
	}
}

func TestAnEndlessNameIsNoName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1<<17)
	s := NewSubject("user-1", String(long, "a"), String("b", "c"))
	assert.Equal(t, "c", valueAt(t, s, "b"))
	_, ok := s.Attribute(long)
	assert.False(t, ok)
}
