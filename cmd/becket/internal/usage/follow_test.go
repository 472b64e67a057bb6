package usage

import (
	"fmt"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// asked returns the keys that each of several packages asks for, each with the line of the
// constant, and "dynamic" with the line of an ask whose keys are not all known.
func asked(t *testing.T, bodies map[string]string) map[string][]string {
	t.Helper()
	files, names := map[string]string{}, map[string]string{}
	for name, body := range bodies {
		folder := fmt.Sprintf("p%d", len(files))
		files[folder+"/a.go"] = "package p\n\nimport \"github.com/becketflags/becket\"\n\n" + body
		names[folder] = name
	}
	module(t, files)
	found := map[string][]string{}
	for _, a := range read(t, false).Asks {
		line := fmt.Sprintf("%d %s", a.Place.Line-4, a.Key)
		if a.Dynamic {
			line = fmt.Sprintf("%d dynamic", a.Place.Line-4)
		}
		if a.Unsure {
			line += " unsure"
		}
		name := names[path.Dir(a.Place.Filename)]
		found[name] = append(found[name], line)
	}
	return found
}

const helper = `func isOn(v becket.View, key string) bool { return v.Enabled(key) }
`

func TestKeysAreFollowedThroughTheCode(t *testing.T) {
	rows := map[string]struct {
		body string
		want []string
	}{
		"a parameter of a function": {
			helper + `func f(v becket.View) { isOn(v, "a"); isOn(v, "b" + "c") }`, []string{"2 a", "2 bc"},
		},
		"a function that nobody calls": {helper, []string{"1 dynamic"}},
		"several levels": {
			helper + `func outer(v becket.View, name string) bool { k := name; return isOn(v, k) }
func f(v becket.View) { outer(v, "a") }`, []string{"3 a"},
		},
		"a method": {
			`type flags struct{ becket.View }
func (f flags) on(key string) bool { return f.Enabled(key) }
func f(x *flags) { x.on("a"); flags.on(*x, "b"); defer x.on("c") }`, []string{"3 a", "3 b", "3 c"},
		},
		"a field that a literal sets": {
			`type feature struct { Title, Key string }
var all = []feature{{"x", "a"}, {Title: "y", Key: "b"}}
func f(v becket.View) { for _, x := range all { v.Bool(x.Key, false) } }`, []string{"2 a", "2 b"},
		},
		"a field that is assigned": {
			`type feature struct { key string }
func (x *feature) on(v becket.View) bool { return v.Enabled(x.key) }
func f(v becket.View) { x := &feature{}; x.key = "a"; x.on(v) }`, []string{"3 a"},
		},
		"a constructor": {
			`type feature struct { key string }
func newFeature(key string) feature { return feature{key: key} }
func (x feature) on(v becket.View) bool { return v.Enabled(x.key) }
var one = newFeature("a")`, []string{"4 a"},
		},
		"a list that is looped over": {
			`func f(v becket.View) { for _, k := range []string{"a", "b"} { v.Enabled(k) } }`, []string{"1 a", "1 b"},
		},
		"a list that grows": {
			`func f(v becket.View) { var l []string; l = append(l, "a"); l = append(l, []string{"b"}...); l[0] = "c"; v.Enabled(l[1]) }`,
			[]string{"1 a", "1 b", "1 c"},
		},
		"variadic parameters": {
			`func any(v becket.View, keys ...string) { for _, k := range keys { v.Enabled(k) } }
func f(v becket.View) { any(v, "a", "b"); any(v, []string{"c"}...) }`, []string{"2 a", "2 b", "2 c"},
		},
		"the keys of a map": {
			`var texts = map[string]string{"a": "no key"}
func f(v becket.View) { texts["b"] = "no key either"; for k := range texts { v.Enabled(k) } }`, []string{"1 a", "2 b"},
		},
		"the values of a map": {
			`var keys = map[int]string{1: "a"}
func f(v becket.View) { k, ok := keys[2]; _ = ok; v.Enabled(k) }`, []string{"1 a"},
		},
		"a named type": {
			`type name string
const first name = "a"
func on(v becket.View, n name) bool { return v.Enabled(string(n)) }
func f(v becket.View) { on(v, first); on(v, "b") }`, []string{"4 a", "4 b"},
		},
		"a generic function": {
			`func ask[K ~string](v becket.View, k K) bool { return v.Enabled(string(k)) }
type name string
func f(v becket.View) { ask(v, "a"); ask[name](v, name("b")) }`, []string{"3 a", "3 b"},
		},
		"a generic type": {
			`type option[T any] struct { key string; fallback T }
func (o option[T]) ask(v becket.View) bool { return v.Enabled(o.key) }
var x, y = option[int]{key: "a"}, option[string]{key: "b"}`, []string{"3 a", "3 b"},
		},
		"a closure": {
			`func f(v becket.View) { on := func(k string) bool { return v.Enabled(k) }; on("a") }`, []string{"1 a"},
		},
		"a function that returns one": {
			`func asker(v becket.View) func(string) bool { return func(k string) bool { return v.Enabled(k) } }
func f(v becket.View) { asker(v)("a") }`, []string{"2 a"},
		},
		"a method of becket as a value": {
			`func f(v becket.View) { ask := v.Int; ask("a", 1); use(v.Enabled) }
func use(on func(string) bool) { on("b") }`, []string{"1 a", "2 b"},
		},
		"a method of becket that nobody calls": {`func f(v becket.View) any { return v.Int }`, []string{"1 dynamic"}},
		"an interface": {
			`type switches interface { On(key string) bool }
type flags struct { v becket.View }
func (f flags) On(key string) bool { return f.v.Enabled(key) }
func f(s switches) { s.On("a") }`, []string{"4 a"},
		},
		"an interface with two implementations": {
			`type settings interface { On(key string) bool }
type flags struct { v becket.View }
func (f flags) On(key string) bool { return f.v.Enabled(key) }
type fixed map[string]bool
func (f fixed) On(key string) bool { return f[key] }
func f(s settings) { s.On("a") }`, []string{"6 a unsure"},
		},
		"becket's view as an interface": {
			`type switches interface { Enabled(key string) bool }
func use(s switches) { s.Enabled("a") }
func f(v becket.View) { use(v) }`, []string{"2 a"},
		},
		"an interface that becket's view is never given to": {
			`type switches interface { Enabled(key string) bool }
func use(_ becket.View, s switches) { s.Enabled("a") }`, nil,
		},
		"results": {
			`func pick(b bool) (key string, err error) { if b { return "a", nil }; key = "b"; return }
func f(v becket.View) { k, _ := pick(true); v.Enabled(k) }`, []string{"1 a", "1 b"},
		},
		"joined texts": {
			`func f(v becket.View) { for _, k := range []string{"a", "b"} { v.Enabled("new-" + k) } }`,
			[]string{"1 new-a", "1 new-b"},
		},
		"a text that joins itself": {
			`func f(v becket.View) { k := "a"; k = k + "b"; v.Enabled(k) }`,
			[]string{"1 a", "1 dynamic"},
		},
		"a key from elsewhere beside a constant": {
			helper + `func f(v becket.View, unknown func() string) { isOn(v, "a"); isOn(v, unknown()) }`,
			[]string{"1 dynamic", "2 a"},
		},
		"a text whose address is taken": {
			`func set(p *string) { *p = "b" }
func f(v becket.View) { k := "a"; set(&k); v.Enabled(k) }`, []string{"2 a", "2 dynamic"},
		},
		"a part of a text": {`func f(v becket.View) { k := "abc"; v.Enabled(k[1:]) }`, []string{"1 dynamic"}},
		"functions that call each other": {
			`func even(v becket.View, k string) { odd(v, k) }
func odd(v becket.View, k string) { even(v, k); v.Enabled(k) }
func f(v becket.View) { even(v, "a") }`, []string{"3 a"},
		},
		"a channel": {
			`func f(v becket.View) { c := make(chan string, 1); c <- "a"; v.Enabled(<-c); for k := range c { v.Enabled(k) } }`,
			[]string{"1 a", "1 a"},
		},
		"a handle that a function makes": {
			`func flag(key string) becket.BoolFlag { return becket.BoolFlag{Key: key} }
var x = flag("a")`, []string{"2 a"},
		},
	}
	bodies := map[string]string{}
	for name, row := range rows {
		if !strings.Contains(row.body, "interface") { // any package may implement an interface
			bodies[name] = row.body
		}
	}
	var together map[string][]string
	t.Run("the packages can be read", func(t *testing.T) { together = asked(t, bodies) })
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			found := together[name]
			if bodies[name] == "" {
				found = asked(t, map[string]string{name: row.body})[name]
			}
			assert.Equal(t, row.want, found)
		})
	}
}

func TestKeysAreFollowedAcrossPackages(t *testing.T) {
	module(t, map[string]string{
		"on/on.go": `package on

import "github.com/becketflags/becket"

type Feature struct{ Key string }

func On(v becket.View, f Feature, keys map[string]bool) bool { return v.Enabled(f.Key) }
`,
		"main.go": `package main

import (
	"maps"
	"slices"

	"example.com/shop/on"
	"github.com/becketflags/becket"
)

func main() {
	var v becket.View
	on.On(v, on.Feature{Key: "a"}, nil)
	for _, k := range slices.Sorted(maps.Keys(map[string]bool{"b": true})) {
		v.Enabled(k)
	}
}
`,
		"main_test.go": `package main

import "example.com/shop/on"

var tested = on.Feature{"c"}
`,
	})
	assert.Equal(t, []string{"main.go:13:27 View.Enabled a", "main.go:14:60 View.Enabled b"},
		texts(read(t, false).Asks))
	found := texts(read(t, true).Asks)
	slices.Sort(found)
	assert.Equal(t, []string{
		"main.go:13:27 View.Enabled a", "main.go:14:60 View.Enabled b", "main_test.go:5:25 View.Enabled c",
	}, found)
}

func TestAFindingNamesTheAskThatAKeyReaches(t *testing.T) {
	rules, err := becket.Native.Decode(
		[]byte(`{"schema": 1, "flags": {"text": {"variants": {"a": "a"}, "default": "a"}}}`),
	)
	require.NoError(t, err)
	through := token.Position{Filename: "on.go", Line: 7, Column: 3}
	for _, row := range []struct {
		ask  Ask
		want string
	}{
		{Ask{Key: "txt", Kind: becket.KindBool}, `error: there is no flag "txt" (did you mean "text"?) [unknown-flag]`},
		{
			Ask{Key: "txt", Kind: becket.KindBool, What: "View.Bool", Through: through},
			`error: there is no flag "txt" (did you mean "text"?) (through View.Bool in on.go:7:3) [unknown-flag]`,
		},
		{
			Ask{Key: "txt", Kind: becket.KindBool, Unsure: true},
			`warning: there is no flag "txt" (did you mean "text"?) [unknown-flag]`,
		},
		{
			Ask{Key: "text", Kind: becket.KindBool, What: "View.Bool", Unsure: true},
			`warning: View.Bool asks for a boolean, but the flag "text" is a string [wrong-type]`,
		},
	} {
		row.ask.Place = token.Position{Filename: "a.go", Line: 1, Column: 1}
		found := Compare(&Code{Asks: []Ask{row.ask}}, rules, func(string) report.Finding { return report.Finding{} })
		assert.Equal(t, "a.go:1:1: "+row.want, found[0].String())
	}
}

func TestTheLibraryItselfAsksForNoFlags(t *testing.T) {
	t.Setenv("GOWORK", "off")
	code, err := Read(t.Context(), Options{Dir: "../../../..", Patterns: []string{"."}})
	require.NoError(t, err)
	assert.Empty(t, code.Asks, "its handles pass on the keys of programs")
}

func TestFollowingKeysIsBounded(t *testing.T) {
	var code strings.Builder
	const functions = 400
	for i := range functions { // each function passes each key on to all others
		fmt.Fprintf(&code, "func f%d(v becket.View, k string, n int) { v.Enabled(k); switch n {", i)
		for j := range functions {
			if j%20 == i%20 {
				fmt.Fprintf(&code, "\ncase %d: f%d(v, k, n+1)", j, j)
			}
		}
		fmt.Fprintf(&code, "}\n}\nfunc g%d(v becket.View) { f%d(v, \"k%d\", 0) }\n", i, i, i)
	}
	start := time.Now()
	assert.Len(t, asked(t, map[string]string{"": code.String()})[""], functions*functions/20)
	assert.Less(t, time.Since(start), 30*time.Second)
}
