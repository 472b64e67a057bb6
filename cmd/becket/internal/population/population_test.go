package population_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func made(t *testing.T, size int, seed uint64, columns ...string) *population.Population {
	t.Helper()
	var parsed []population.Column
	for _, text := range columns {
		c, err := population.ParseColumn(text, now)
		require.NoError(t, err)
		parsed = append(parsed, c)
	}
	return population.Made(size, seed, parsed)
}

// texts returns every subject of a population as text, in order.
func texts(p *population.Population) []string {
	var lock sync.Mutex
	all := make([]string, p.Size)
	err := p.Each(context.Background(), func(_, i int, s *becket.Subject) {
		var attributes []string
		s.All(func(name string, value becket.Value) bool {
			attributes = append(attributes, fmt.Sprintf(" %s=%s", name, value))
			return true
		})
		slices.Sort(attributes)
		text := s.Key() + strings.Join(attributes, "")
		lock.Lock()
		defer lock.Unlock()
		all[i] = text
	}, nil)
	if err != nil {
		panic(err) // this context never ends
	}
	return all
}

func TestMadeSubjectsDoNotDependOnTheNumberOfProcessors(t *testing.T) {
	columns := []string{"country=DE:30,FR:20,:50", "age=normal(40,12)", "score=0.5..1.5", "n=1..3"}
	four := texts(made(t, 20_000, 7, columns...))
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	assert.Equal(t, four, texts(made(t, 20_000, 7, columns...)))
	assert.NotEqual(t, four, texts(made(t, 20_000, 8, columns...)), "another seed")
	slices.Sort(four)
	assert.Len(t, slices.Compact(four), 20_000, "every key once")
}

func TestDistributionsGiveTheirShares(t *testing.T) {
	const size = 100_000
	for name, row := range map[string]struct {
		column string
		holds  func(becket.Value, bool) bool
		share  float64
	}{
		"a value by its weight": {
			"c=DE:30,FR:70", func(v becket.Value, _ bool) bool { return v.Text() == "DE" }, 0.3,
		},
		"values without weights are alike": {
			"c=a,b,c,d", func(v becket.Value, _ bool) bool { return v.Text() == "d" }, 0.25,
		},
		"an empty value is missing": {
			"c=DE:1,:3", func(_ becket.Value, there bool) bool { return !there }, 0.75,
		},
		"true is a boolean": {
			"c=true:1,false:9", func(v becket.Value, _ bool) bool { return v.Kind() == becket.KindBool && v.Bool() },
			0.1,
		},
		"a version with the type string": {
			"c:string=2.0:1,2.1:1", func(v becket.Value, _ bool) bool { return v.Text() == "2.0" }, 0.5,
		},
		"integers between two, both included": {
			"c=1..4", func(v becket.Value, _ bool) bool { return v.Int() == 4 }, 0.25,
		},
		"numbers between two": {
			"c=0.0..2.0", func(v becket.Value, _ bool) bool { return v.Float() < 0.5 }, 0.25,
		},
		"a normal distribution's half": {
			"c=normal(40,12)", func(v becket.Value, _ bool) bool { return v.Kind() == becket.KindInt && v.Int() < 28 },
			0.1482,
		},
		"instants between two": {
			"c=2026-01-01T00:00:00Z..2026-01-11T00:00:00Z",
			func(v becket.Value, _ bool) bool { return v.Time().Day() == 3 }, 0.1,
		},
		"ages between two": {
			"c=0s..10d", func(v becket.Value, _ bool) bool { return now.Sub(v.Time()) < 24*time.Hour }, 0.1,
		},
		"ages of the future": {
			"c=-1d..1d", func(v becket.Value, _ bool) bool { return v.Time().After(now) }, 0.5,
		},
		"one age": {
			"c=90s..90s", func(v becket.Value, _ bool) bool { return now.Sub(v.Time()) == 90*time.Second }, 1,
		},
		"a range that may be missing": {
			"c=1..4:60,:40", func(_ becket.Value, there bool) bool { return !there }, 0.4,
		},
		"a range by its weight": {
			"c=1..4:60,:40", func(v becket.Value, there bool) bool { return there && v.Int() == 4 }, 0.15,
		},
		"two ranges": {
			"c=0s..1d,10d..11d:3", func(v becket.Value, _ bool) bool { return now.Sub(v.Time()) >= 240*time.Hour },
			0.75,
		},
		"a range of instants with offsets": {
			"c=2026-01-01T00:00:00+01:00..2026-01-11T00:00:00+01:00",
			func(v becket.Value, _ bool) bool { return v.Time().Before(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) },
			25.0 / 240,
		},
		"a range of instants by its weight": {
			"c=2026-01-01T00:00:00Z..2026-01-11T00:00:00Z:1,:1", func(_ becket.Value, there bool) bool { return there },
			0.5,
		},
		"an instant with an offset": {
			"c:time=2026-01-01T00:00:00+01:00", func(v becket.Value, _ bool) bool { return v.Time().Hour() == 23 }, 1,
		},
		"a text that looks like a range": {
			"c:string=a..b:1,c:1", func(v becket.Value, _ bool) bool { return v.Text() == "a..b" }, 0.5,
		},
		"one value of JSON": {"c:=[1,2]", func(v becket.Value, _ bool) bool { return v.Len() == 2 }, 1},
		"a value with a colon in it": {
			"c:string=a:b,c:d", func(v becket.Value, _ bool) bool { return v.Text() == "a:b" }, 0.5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var lock sync.Mutex
			count := 0
			err := made(t, size, 1, row.column).Each(t.Context(), func(_, _ int, s *becket.Subject) {
				if v, there := s.Attribute("c"); row.holds(v, there) {
					lock.Lock()
					count++
					lock.Unlock()
				}
			}, nil)
			require.NoError(t, err)
			assert.InDelta(t, row.share, float64(count)/size, 0.006)
		})
	}
}

func TestProgressCountsEverySubject(t *testing.T) {
	var lock sync.Mutex
	told := 0
	err := made(t, 12_345, 1).Each(t.Context(), func(int, int, *becket.Subject) {}, func(n int) {
		lock.Lock()
		told += n
		lock.Unlock()
	})
	require.NoError(t, err)
	assert.Equal(t, 12_345, told)
}

func read(t *testing.T, name, source string) (*population.Population, error) {
	t.Helper()
	file := population.File{Name: name}
	return file.Read(t.Context(), []byte(source), nil)
}

func TestFilesOfSubjects(t *testing.T) {
	for name, row := range map[string]struct {
		file, source string
		want         []string
	}{
		"a column of numbers": {"a.csv", "key,n\nu1,1\nu2,2.5\n", []string{`u1 n=1`, `u2 n=2.5`}},
		"one cell that is no number makes texts": {
			"a.csv", "key,v\nu1,2.0\nu2,2.1.0\n", []string{`u1 v="2.0"`, `u2 v="2.1.0"`},
		},
		"an empty cell is missing":    {"a.csv", "key,b\nu1,true\nu2,\n", []string{`u1 b=true`, `u2`}},
		"a leading zero is no number": {"a.csv", "key,zip\nu1,00123\n", []string{`u1 zip="00123"`}},
		"a type behind the name": {
			"a.csv", "key,v:string,tags:list\nu1,2,\"a,b\"\n", []string{`u1 tags=["a", "b"] v="2"`},
		},
		"a byte-order mark and quotes": {
			"a.csv", "\xef\xbb\xbfkey,c\n\"u,1\",\"D\"\"E\"\n", []string{`u,1 c="D\"E"`},
		},
		"a key that looks like a number": {"a.csv", "key\n007\n", []string{`007`}},
		"one object a line": {
			"a.ndjson", "{\"key\":\"u1\",\"n\":1,\"a\":{\"b\":true}}\n\n{\"key\":7}\n",
			[]string{`u1 a.b=true n=1`, `7`},
		},
		"objects are recognised by their first character": {"stdin", " {\"key\":\"u1\"}", []string{`u1`}},
		"one leading zero is no number":                   {"a.csv", "key,zip\nu1,01234\n", []string{`u1 zip="01234"`}},
		"a number that no float64 can hold":               {"a.csv", "key,n\nu1,1e999\n", []string{`u1 n="1e999"`}},
		"an integer beyond an int64": {
			"a.csv", "key,n\nu1,18446744073709551615\n", []string{`u1 n=18446744073709551615`},
		},
		"an integer beyond 64 bits": {"a.ndjson", `{"key":"u1","n":1e30}`, []string{`u1 n=1e+30`}},
		"a key of 64 bits": {
			"a.ndjson", `{"key":18446744073709551615}`, []string{`18446744073709551615`},
		},
		"a name written out beats a map": {
			"a.ndjson", `{"key":"u1","a.b":1,"a":{"b":2}}`, []string{`u1 a.b=1`},
		},
		"an integer outside the range of float64": {
			"a.ndjson", `{"key":"u1","n":9007199254740993}`, []string{`u1 n=9007199254740993`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			people, err := read(t, row.file, row.source)
			require.NoError(t, err)
			assert.Equal(t, row.want, texts(people))
		})
	}
}

func TestUnreadableFilesOfSubjectsAreErrors(t *testing.T) {
	for name, row := range map[string]struct{ file, source, says string }{
		"nothing at all": {"a.csv", "", "a.csv: the table is empty"},
		"a row that is too short": {
			"a.csv", "key,n\nu1\n",
			"a.csv: line 2 has 1 cell, but the header has 2 columns: leave a cell empty if its value is missing",
		},
		"a cell of another type": {
			"a.csv", "key,n:number\nu1,1\nu2,x\n", `a.csv:3: attribute "n": "x" is not a valid number`,
		},
		"a line that is no JSON":   {"a.ndjson", "{\"key\":\"u\"}\n{\"key\"}\n", "a.ndjson:2: invalid character"},
		"a line that is no object": {"a.ndjson", "[1]\n", "a.ndjson:1: expected an object"},
		"a table without keys": {
			"a.csv", "id,plan\nu1,pro\n",
			`a.csv: no column is named "key" (there are id, plan): name the one that holds the targeting keys "key"`,
		},
		"a column that is nearly named key": {
			"a.csv", "Key ,plan\nu1,pro\n", `a.csv: the column "Key " must be named "key", in lower case`,
		},
		"objects without keys": {
			"a.ndjson", "{\"id\":\"u1\"}\n", `a.ndjson: no member is named "key" (there are id)`,
		},
		"a header without rows":       {"a.csv", "key,plan\n", "a.csv holds no subjects"},
		"text of another encoding":    {"a.csv", "key,city\nu1,K\xf6ln\n", "a.csv: line 2 is not text in UTF-8"},
		"UTF-16 without a mark":       {"a.csv", "k\x00e\x00y\x00", "a.csv: line 1 is not text in UTF-8"},
		"UTF-16 that ends in a half":  {"a.csv", "\xff\xfek\x00e", "it begins as UTF-16"},
		"a decimal comma and a point": {"a.csv", "key;n:number\nu1;1.2,5\n", `"1.2.5" is not a valid number`},
		"exposures with private keys": {
			"a.ndjson", `{"subject":"***","flag":"f","variant":"on"}`,
			"the keys of all 1 exposure are private or broken",
		},
		"two objects on a line": {"a.ndjson", "{} {}\n", "a.ndjson:1: there is text after the value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, row.file, row.source)
			assert.ErrorContains(t, err, row.says)
		})
	}
}

func TestInvalidDistributionsAreErrors(t *testing.T) {
	for column, says := range map[string]string{
		"c":                   "an attribute is NAME=VALUE",
		"c=9..1":              "is not LOW..HIGH, of two numbers, two instants or two ages such as 0s..90d",
		"c=2d..1d":            "is not LOW..HIGH",
		"c=1..2d":             "is not LOW..HIGH",
		"c=-106751d..106751d": "is not LOW..HIGH",
		"c=a..b,c":            "is not LOW..HIGH",
		"c=1..4:-1":           `the weight of "1..4:-1" must be a number of at least 0`,
		"c=DE:-1":             `the weight of "DE:-1" must be a number of at least 0`,
		"c=DE:0,FR:0":         "the weights must not all be 0",
		"c=normal(1)":         "is not normal(MEAN,DEVIATION)",
		"c:number=x":          `"x" is not a valid number`,
	} {
		_, err := population.ParseColumn(column, now)
		assert.ErrorContains(t, err, says, column)
	}
}
