package becket

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
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
	s := NewSubject("user-1", String("text", "a"), Int("int", -7), Int64("int64", math.MaxInt64), Float("float", 0.5),
		Float("whole", 3),
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
	s := NewSubject("user-1", String("a", "first"), Any("m", map[string]any{"x": 1}), String("m.x", "last"),
		Int("a", 2))
	assert.Equal(t, int64(2), valueAt(t, s, "a"))
	assert.Equal(t, "last", valueAt(t, s, "m.x"))
	seen := map[string]any{}
	for name, value := range s.All {
		assert.NotContains(t, seen, name, "each name occurs once")
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

// shouting has a MarshalText method with a pointer receiver.
type shouting struct{ text string }

func shout(text string) shouting { return shouting{text} }

func (s *shouting) MarshalText() ([]byte, error) { return []byte(s.text + "!"), nil }

func TestAnyConvertsSupportedValues(t *testing.T) {
	t.Parallel()
	type word string
	text, none := "pointed to", (*string)(nil)
	loud := shout("b")
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
		{"a list of nil, as JSON", []any{nil}, []any{nil}},
		{"bytes", []byte("größe"), "größe"},
		{"named bytes", json.RawMessage("7"), "7"},
		{"an array of bytes", [2]byte{7, 8}, []any{int64(7), int64(8)}},
		{"a number beyond 64 bits", json.Number("1e30"), 1e30},
		{"an integer beyond 64 bits", json.Number("-9223372036854775809"), -9223372036854775808.0},
		{"an integer written with an exponent", json.Number("1e19"), uint64(1e19)},
		{"a large number", big.NewInt(1 << 60), int64(1 << 60)},
		{"a larger number", new(big.Int).Lsh(big.NewInt(1), 100), math.Pow(2, 100)},
		{"a fraction", *big.NewRat(1, 4), 0.25},
		{"a large float", big.NewFloat(1e19), uint64(1e19)},
		{"a type whose pointer knows its text", shout("a"), "a!"},
		{"a pointer to it", &loud, "b!"},
		{"a list of them", []any{[1]byte{1}, shout("a")}[1:], []any{"a!"}},
		{"an array of them", [1]shouting{shout("a")}, []any{"a!"}},
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
		{"a map with keys without a text", map[float64]string{1.5: "a"}, "a key of type float64 has no text"},
		{"bytes that are no text", []byte{'a', 0xff}, "its bytes are not valid UTF-8"},
		{"a number that no float64 holds", json.Number("1e400"), `"1e400" is not a number, or is too large`},
		{
			"a large integer that no float64 holds", json.Number("-1" + strings.Repeat("0", 400)),
			"is too large for a float64",
		},
		{"a text that is no number", json.Number("0x1F"), "is not a number"},
		{"a number that is none", json.Number("NaN"), "is not a number"},
		{"no number", json.Number(""), "is not a number"},
		{"an infinity", new(big.Float).SetInf(true), "has no meaning"},
		{"a list of numbers that no float64 holds", []any{json.Number("1e400")}, "has no meaning"},
		{"a list of structs", []struct{}{{}}, "has no meaning"},
		{"a list of maps with other keys", []any{map[bool]int{true: 1}}, "has no meaning"},
	} {
		t.Run(test.name+" is left out", func(t *testing.T) {
			t.Parallel()
			s := NewSubject("user-1", Any("x", test.value))
			_, ok := s.Attribute("x")
			assert.False(t, ok)
			require.Len(t, s.Ignored(), 1)
			assert.ErrorContains(t, s.Ignored()[0], test.says)
			for range s.All {
				t.Error("attributes that are left out are not listed")
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

func TestElementsWithoutAMeaningAreLeftOutOfAList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		value  any
		want   []any
		says   string
		passed any // what formats get
	}{
		{
			"nil", []any{"beta", nil}, []any{"beta"}, `"x" is left out in part: element [1]: it is nil`,
			[]any{"beta", nil},
		},
		{"a nil pointer", []*int{nil, new(7)}, []any{int64(7)}, "element [0]: it is nil", []any{nil, 7.0}},
		{
			"a struct", []any{struct{}{}, 1, 2}, []any{int64(1), int64(2)}, "element [0]: a struct {}",
			[]any{int64(1), int64(2)},
		},
		{
			"a map", []any{"a", map[any]any{1: "b"}}, []any{"a"}, "element [1]: a map",
			[]any{"a", map[string]any{"1": "b"}},
		},
		{"a list", [2]any{[]int{7}, "a"}, []any{"a"}, "element [0]: a []int", []any{[]any{7.0}, "a"}},
		{
			"several", []any{nil, "a", nil, nil}, []any{"a"}, "element [0]: it is nil; and 2 more",
			[]any{nil, "a", nil, nil},
		},
		{
			"a number too large", []any{json.Number("1e999"), 1}, []any{int64(1)},
			`element [0]: "1e999" is not a number`, []any{int64(1)},
		},
		{"bytes", []any{[]byte("a"), []byte{0xff}}, []any{"a"}, "element [1]: its bytes", []any{"a"}},
		{
			"NaN beside a map", []any{math.NaN(), map[string]any{}}, []any{math.NaN()}, "element [1]",
			[]any{math.NaN()},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := NewSubject("", Any("x", test.value))
			for _, s := range []Subject{s, s.clone()} {
				assert.Equal(t, fmt.Sprint(test.want), fmt.Sprint(valueAt(t, s, "x")))
			}
			require.Len(t, s.Ignored(), 1)
			assert.ErrorContains(t, s.Ignored()[0], test.says)
			for name, value := range s.All {
				assert.Equal(t, "x", name)
				assert.Equal(t, KindList, value.Kind())
			}
			for _, s := range []Subject{s, newOwnSubject(&s, "").subject} {
				value, ok := s.Entry("", "x")
				require.True(t, ok)
				assert.Equal(t, fmt.Sprint(test.passed), fmt.Sprint(value.Any()))
				assert.Len(t, passed(s), 3, "key, list, and the reason for left out elements")
			}
		})
	}
	s := NewSubject("", Any("m", map[string]any{"a.b": []any{"beta", nil}}))
	assert.Equal(t, []any{"beta"}, valueAt(t, s, "m.a.b"), "a list in a map is treated in the same way")
}

func TestKeysOfMapsAreTexts(t *testing.T) {
	t.Parallel()
	at := netip.MustParseAddr("10.1.2.3")
	s := NewSubject("", Any("m", map[any]any{"a": 1, 7: 2, at: 3, nil: 4, uint8(8): 5, "7": 6, 2.5: 7}),
		Any("n", map[int8]bool{-1: true}),
		Any("t", map[netip.Addr]int{at: 1}))
	for name, want := range map[string]any{
		"m.a": int64(1), "m.7": int64(6), "m.10.1.2.3": int64(3), "m.null": int64(4), "m.8": int64(5), "n.-1": true,
		"t.10.1.2.3": int64(1),
	} {
		assert.Equal(t, want, valueAt(t, s, name), name)
	}
	require.Len(t, s.Ignored(), 1)
	assert.EqualError(t, s.Ignored()[0], `becket: attribute "m" is left out in part: a key of type float64 has no text`)
}

func TestNamesWithDotsInsideOfMapsDoNotCollide(t *testing.T) {
	t.Parallel()
	for range 50 { // maps iterate in any order
		s := NewSubject("", Any("o", map[string]any{
			"a":   map[string]any{"b": map[string]any{"c": "nested"}, "b.c": "half"},
			"a.b": map[string]any{"c": "other half", "d": 1}, "a.b.c": "whole",
			"labels": map[string]any{"app.kubernetes.io/name": "web"},
		}), Any("dot.ted", map[string]any{"x": 1, "y.z": 2}))
		assert.Equal(t, "whole", valueAt(t, s, "o.a.b.c"), "the longest name counts")
		assert.Equal(t, int64(1), valueAt(t, s, "o.a.b.d"))
		assert.Equal(t, "web", valueAt(t, s, "o.labels.app.kubernetes.io/name"))
		var paths []string
		s.Entries(func(root, name string, path []string, value Value) bool {
			if path == nil {
				path = append([]string{root}, strings.Split(name[len(root)+1:], ".")...)
			}
			paths = append(paths, strings.Join(path, "/")+"="+value.String())
			return true
		})
		assert.Equal(t, []string{
			"dot.ted/x=1", "dot.ted/y.z=2", `o/a/b/c="nested"`, `o/a/b.c="half"`, `o/a.b/c="other half"`, "o/a.b/d=1",
			`o/a.b.c="whole"`,
			`o/labels/app.kubernetes.io/name="web"`,
		}, paths)
		value, ok := s.Entry("o", "o.a.b.c")
		assert.True(t, ok)
		assert.Equal(t, "nested", value.Text(), "a path of names without dots")
		_, ok = s.Entry("o", "o.a.b.d")
		assert.False(t, ok, "the entry can be reached only by a name with a dot")
		value, ok = s.Entry("dot.ted", "dot.ted.x")
		assert.True(t, ok)
		assert.Equal(t, int64(1), value.Int())
	}
}

func TestAnyStopsAtCycles(t *testing.T) {
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

func TestAnyConvertsTextMarshalers(t *testing.T) {
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
	} {
		subject := NewSubject("", Any("a", row.value))
		value, ok := subject.Attribute("a")
		assert.True(t, ok, row.value)
		assert.Equal(t, row.want, value.Any())
	}
}

func TestAnyIsBoundedForSharedParts(t *testing.T) {
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
		assert.NotEmpty(t, subject.Ignored(), "if it were written out, it would have 2^50 entries")
	}
}

func TestEntriesDistinguishMapsFromNamesWithDots(t *testing.T) {
	t.Parallel()
	s := NewSubject("user-1", Any("m", map[string]any{"x": 1, "n": nil}), String("m.x", "by itself"), String("a", "b"),
		Any("bad", nil))
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

func TestANameThatBeginsWithADotIsOneNameOfItsMap(t *testing.T) {
	t.Parallel()
	var names [][]string
	s := NewSubject("user-1", Any("m", map[string]any{".x": 1}))
	s.Entries(func(_, _ string, path []string, _ Value) bool {
		names = append(names, path)
		return true
	})
	assert.Equal(t, [][]string{{"m", ".x"}}, names)
}

// entries returns the entries without their values.
func entries(s Subject) func(func(root, name string) bool) {
	return func(yield func(root, name string) bool) {
		s.Entries(func(root, name string, _ []string, _ Value) bool { return yield(root, name) })
	}
}

func TestAttributesWithTooLongNamesAreLeftOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1<<17)
	s := NewSubject("user-1", String(long, "a"), String("b", "c"))
	assert.Equal(t, "c", valueAt(t, s, "b"))
	_, ok := s.Attribute(long)
	assert.False(t, ok)
}

func TestAttributesNestMapsAndListsToABoundedDepth(t *testing.T) {
	t.Parallel()
	ignored := func(value any) bool { return len(NewSubject("u", Any("a", value)).Ignored()) > 0 }
	maps := func(depth int) any {
		var value any = 1
		for range depth {
			value = map[string]any{"m": value}
		}
		return value
	}
	lists := func(depth int) any {
		var value any = []any{}
		for range depth {
			value = []any{value}
		}
		return value
	}
	assert.False(t, ignored(maps(64)))
	assert.True(t, ignored(maps(65)))
	assert.False(t, ignored(lists(64)), "64 lists around the innermost one")
	assert.True(t, ignored(lists(65)))
}
