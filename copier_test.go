package becket

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// numbered returns n attributes with the number in name and value.
func numbered(n int) []Attribute {
	attributes := make([]Attribute, n)
	for i := range attributes {
		attributes[i] = Int(fmt.Sprintf("a%d", i), i)
	}
	return attributes
}

// unusualSubjects are subjects that are hard to copy: with names that occur twice, in maps and
// outside of them, with many attributes, with very long names and texts, with several lists, and
// with values that are left out.
func unusualSubjects() map[string]Subject {
	m := Any("m", map[string]any{"x": 1, "y": []any{"a", 2, true}, "n": nil, "deep": map[string]any{"z": "w"}})
	long := strings.Repeat("n", 1<<17)
	lists := make([]Attribute, 40)
	for i := range lists {
		lists[i] = Strings(fmt.Sprintf("list%d", i), strings.Repeat("x", i), "", fmt.Sprint(i))
	}
	return map[string]Subject{
		"nobody":      {},
		"a key alone": NewSubject("user-1"),
		"all kinds": NewSubject("user-1", String("s", "text"), Int("i", -7), Any("u", uint64(math.MaxUint64)),
			Float("f", 0.5), Bool("b", true), Time("t", time.Unix(1, 2)), Strings("l", "a", "b")),
		"empty texts and lists": NewSubject("", String("", ""), String("a", ""), Strings("l"), Strings("m", ""),
			String("b", "c")),
		"names in maps and beside them": NewSubject("user-1", String("m.x", "first"), m, String("m.x", "last"),
			Any("m", map[string]any{"x": 2, "deep": map[string]any{"z": 3}})),
		"maps after maps":                    NewSubject("user-1", m, m, m, m, m, m),
		"more attributes than are compared":  NewSubject("user-1", numbered(100)...),
		"many attributes, all of them twice": NewSubject("user-1", append(numbered(70), numbered(70)...)...),
		"as many as are compared":            NewSubject("user-1", append(numbered(many), numbered(many)...)...),
		"lists that outgrow their room":      NewSubject("user-1", lists...),
		"a name above 64 KiB": NewSubject("user-1", String(long, "a"), String(long+"n", "b"),
			String("c", "d")),
		"a text of a megabyte": NewSubject("user-1", String("a", "b"), String("long", strings.Repeat("t", 1<<20)),
			String("c", "d")),
		"values that are left out": NewSubject("user-1", String("a", "b"), Any("a", nil), Any("c", make(chan int)),
			String("key", "no"), Any("d", map[string]any{"e": nil})),
		"JSON objects": NewSubject("user-1", Any("o", []any{map[string]any{"a": 1}}), Any("p", map[string]any{}),
			String("a", "b")),
		"a key of a megabyte": NewSubject(strings.Repeat("k", 1<<20), String("a", "b")),
		"texts that fill the room to the end": NewSubject("user-1",
			String("a", strings.Repeat("t", 512-len("user-1a"))),
			String("b", "c")),
	}
}

// listed returns the attributes that count, as texts.
func listed(s Subject) (lines []string) {
	lines = append(lines, s.Key())
	for name, value := range s.All {
		lines = append(lines, name+"="+value.Kind().String()+" "+value.String())
	}
	return lines
}

// passed returns all attributes in the form in which they were passed, as texts.
func passed(s Subject) (lines []string) {
	lines = append(lines, s.Key())
	s.Entries(func(root, name string, path []string, value Value) bool {
		lines = append(lines, root+">"+name+strings.Join(path, "/")+"="+value.Kind().String()+" "+value.String())
		return true
	})
	for _, err := range s.Ignored() {
		lines = append(lines, err.Error())
	}
	return lines
}

func TestCopiesOfSubjectsHaveTheSameAttributes(t *testing.T) {
	t.Parallel()
	for name, s := range unusualSubjects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.clone()
			assert.ElementsMatch(t, listed(s), listed(c), "a clone has the attributes that count")
			assert.Equal(t, len(listed(s)), int(c.count)+1, "a clone has no other attributes")

			own := newOwnSubject(&s, "flag")
			assert.Equal(t, passed(s), passed(own.subject),
				"a copy for another format has all of them, in their order")
			assert.Equal(t, listed(s), listed(own.subject))
			assert.Equal(t, "flag", own.flag)

			for range 2 { // the second one uses the memory of the first one again
				l := lend(&s, "flag")
				assert.Equal(t, passed(s), passed(l.lent), "a lent copy has all attributes as they were passed")
				assert.Equal(t, listed(s), listed(l.lent))
				assert.Equal(t, "flag", l.flag)
				l.giveBack()
			}
		})
	}
}

func TestACopyOfASubjectSharesNothing(t *testing.T) {
	t.Parallel()
	for name, copied := range map[string]func(*Subject) Subject{
		"a clone":                      func(s *Subject) Subject { return s.clone() },
		"one for a format":             func(s *Subject) Subject { return newOwnSubject(s, "flag").subject },
		"one that is lent":             func(s *Subject) Subject { return lend(s, "flag").lent },
		"a clone without private ones": func(s *Subject) Subject { return newPrivacy([]string{"n"}).clone(s) },
	} {
		key, text, word := []byte("user-1"), []byte("text"), []byte("word")
		list := []string{textOf(word)}
		attributes := []Attribute{
			String(textOf(text), textOf(text)), Strings("list", list...), Int("i", 1),
			Any("m", map[string]any{"x": textOf(text), "y": list}),
		}
		s := NewSubject(textOf(key), attributes...)
		c := copied(&s)
		copy(key, "xxxxxx")
		copy(text, "xxxx")
		copy(word, "xxxx")
		list[0] = "changed"
		clear(attributes)
		assert.Equal(t, "user-1", c.Key(), name)
		assert.Equal(t, "text", valueAt(t, c, "text"), name)
		assert.Equal(t, []any{"word"}, valueAt(t, c, "list"), name)
		assert.Equal(t, "text", valueAt(t, c, "m.x"), name)
		assert.Equal(t, []any{"word"}, valueAt(t, c, "m.y"), name)
		assert.Equal(t, int64(1), valueAt(t, c, "i"), name)
	}
}
