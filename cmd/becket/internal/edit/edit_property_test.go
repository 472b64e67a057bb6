package edit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// tree is a document without its layout. The tests state with it, apart from the package's own
// check, which values a changed document must hold.
type tree struct {
	raw   string // of a scalar
	kind  byte   // '{', '[' or 0
	names []string
	parts []*tree
}

func treeOf(t *testing.T, body []byte) *tree {
	t.Helper()
	decoder := jsontext.NewDecoder(
		bytes.NewReader(body),
		jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true),
	)
	return readTree(t, decoder)
}

func readTree(t *testing.T, d *jsontext.Decoder) *tree {
	t.Helper()
	kind := d.PeekKind()
	if kind != '{' && kind != '[' {
		value, err := d.ReadValue()
		require.NoError(t, err)
		require.NoError(t, value.Compact())
		return &tree{raw: string(value)}
	}
	_, err := d.ReadToken()
	require.NoError(t, err)
	n := &tree{kind: byte(kind)}
	for d.PeekKind() != '}' && d.PeekKind() != ']' {
		if kind == '{' {
			name, err := d.ReadToken()
			require.NoError(t, err)
			n.names = append(n.names, name.String())
		}
		n.parts = append(n.parts, readTree(t, d))
	}
	_, err = d.ReadToken()
	require.NoError(t, err)
	return n
}

func (n *tree) String() string {
	if n.kind == 0 {
		return n.raw
	}
	parts := make([]string, len(n.parts))
	for i, p := range n.parts {
		parts[i] = p.String()
		if n.kind == '{' {
			parts[i] = string(edit.Text(n.names[i])) + ":" + parts[i]
		}
	}
	if n.kind == '[' {
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// place is an object or array of a tree and the path to it.
type place struct {
	path edit.Path
	tree *tree
}

func (n *tree) places(path edit.Path) (all []place) {
	if n.kind == 0 {
		return nil
	}
	all = append(all, place{path, n})
	for i, p := range n.parts {
		if n.kind == '{' {
			all = append(all, p.places(path.Add(n.names[i]))...)
		} else {
			all = append(all, p.places(path.Add(i))...)
		}
	}
	return all
}

// corpusDocuments returns all documents of the corpus that the library accepts.
func corpusDocuments(t *testing.T) (documents [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../../../testdata/corpus/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		var examples []struct {
			Decoder  string          `json:"decoder"`
			Document json.RawMessage `json:"document"`
		}
		require.NoError(t, json.Unmarshal(body, &examples))
		for _, e := range examples {
			if e.Decoder == "good" && len(e.Document) > 0 && e.Document[0] == '{' {
				documents = append(documents, e.Document)
			}
		}
	}
	body, err := os.ReadFile("../../testdata/rules/flags.json")
	require.NoError(t, err)
	return append(documents, body)
}

var newValues = []string{
	`true`,
	`20`,
	`5.50`,
	`"on"`,
	`"a text"`,
	`"2026-12-01"`,
	`""`,
	`"tail: # x"`,
	`"größe 😞"`,
	`"a\nb"`,
	`"it's \"quoted\""`,
	`{}`,
	`[]`,
	`["DE","FR"]`,
	`{"steps":[{"at":"2026-12-01T00:00:00Z","percent":5},{"at":"2026-12-08T00:00:00Z","percent":50}],"linear":true}`,
	`{"name":"all","percent":20,"serve":"on"}`,
	`[{"if":{"attribute":"a","in":["b"]},"serve":"on"},{"serve":"off"}]`,
}

func TestRandomChangesKeepEverythingElse(t *testing.T) {
	documents := corpusDocuments(t)
	for _, kind := range []string{"JSON", "compact", "comments", "YAML"} {
		t.Run(kind, func(t *testing.T) {
			names := map[string]string{"JSON": "a.json", "compact": "a.json", "comments": "a.jsonc", "YAML": "a.yaml"}
			name := names[kind]
			r := rand.New(rand.NewPCG(7, 11))
			end := time.Now().Add(1500 * time.Millisecond)
			changes := 0
			for ; time.Now().Before(end) && changes < 20_000; changes++ {
				n := treeOf(t, documents[r.IntN(len(documents))])
				seed := r.Uint64()
				change(t, r, n, name, layout(n, kind, seed))
			}
			require.Greater(t, changes, 100)
		})
	}
}

// member returns the value of an object's member, or an empty object.
func (n *tree) member(name string) *tree {
	if i := slices.Index(n.names, name); i >= 0 {
		return n.parts[i]
	}
	return &tree{kind: '{'}
}

// A folder has a file for each flag and segment. A change of one file changes nothing else of the
// document.
func TestRandomChangesOfAFolderKeepEverythingElse(t *testing.T) {
	documents := corpusDocuments(t)
	folder := filepath.ToSlash(t.TempDir())
	require.NoError(t, os.Mkdir(filepath.Join(folder, "flags"), 0o700))
	r := rand.New(rand.NewPCG(5, 13))
	changes := 0
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end) && changes < 5_000; {
		n := treeOf(t, documents[r.IntN(len(documents))])
		contents, trees := map[string][]byte{}, map[string]*tree{}
		for _, section := range []string{"segments", "flags"} {
			for i, key := range n.member(section).names {
				kind := []string{"JSON", "comments", "YAML"}[r.IntN(3)]
				definition := n.member(section).parts[i]
				if len(definition.parts) == 0 {
					kind = "JSON"
				}
				extension := map[string]string{"JSON": ".json", "comments": ".jsonc", "YAML": ".yml"}[kind]
				file := input.FileOf(folder, section, key, extension)
				contents[file] = []byte(layout(definition, kind, r.Uint64()))
				trees[file] = definition
			}
		}
		if len(trees) == 0 {
			continue
		}
		changes++
		files := slices.Sorted(maps.Keys(trees))
		file := files[r.IntN(len(files))]
		contents[file] = change(t, r, trees[file], file, string(contents[file]))
		d, err := input.Read(t.Context(), folder, input.Options{Format: "native", Contents: contents})
		require.NoError(t, err)
		got := treeOf(t, d.Body)
		for _, section := range []string{"segments", "flags"} {
			for i, key := range n.member(section).names {
				require.Equal(t, n.member(section).parts[i].String(), got.member(section).member(key).String(), file)
			}
		}
	}
	require.Greater(t, changes, 100)
}

// change makes a random change and checks the result.
func change(t *testing.T, r *rand.Rand, n *tree, name, source string) (changed []byte) {
	t.Helper()
	require.Equal(t, n.String(), decoded(t, name, []byte(source)), "the test's layout is wrong:\n%s", source)
	places := n.places(nil)
	at := places[r.IntN(len(places))]
	parts := at.tree
	value := newValues[r.IntN(len(newValues))]
	part := treeOf(t, []byte(value))
	i := r.IntN(len(parts.parts) + 1)
	isNew := i == len(parts.parts) || r.IntN(3) == 0
	step := any(i)
	switch {
	case parts.kind == '{' && isNew:
		step = "x-new"
	case parts.kind == '{':
		step = parts.names[i]
	}
	path := at.path.Add(step)
	var c edit.Change
	var old *tree
	switch {
	case isNew && parts.kind == '[':
		c = edit.Insert(path, []byte(value))
	case isNew && i > 0:
		c = edit.Set(path, []byte(value), parts.names[i-1])
	case isNew:
		c = edit.Set(path, []byte(value), "x-none")
	case r.IntN(3) == 0:
		c, part, old = edit.Remove(path), nil, parts.parts[i]
	case parts.kind == '{' && r.IntN(4) == 0:
		c, part, old, step = edit.Rename(path, "x-name"), parts.parts[i], parts.parts[i], "x-name"
	default:
		c, old = edit.Set(path, []byte(value)), parts.parts[i]
	}
	parts.splice(i, old != nil, step, part)
	changed, err := edit.Apply(name, []byte(source), c)
	message := fmt.Sprintf("%v %s\n%s\n=>\n%s", path, value, source, changed)
	require.NoError(t, err, message)
	require.Equal(t, n.String(), decoded(t, name, changed), message)
	keepsComments(t, source, string(changed), old == nil || part == old || part != nil && old.kind == 0, message)
	if old == nil {
		back, err := edit.Apply(name, changed, edit.Remove(path))
		require.NoError(t, err, message)
		require.Equal(t, source, string(back), "a new value that is removed again leaves no trace\n%s", message)
	}
	if old != nil && part != nil && part != old && old.kind == 0 && part.kind == 0 {
		keepsBytes(t, source, string(changed), old.raw, value, message)
	}
	return changed
}

// splice replaces, inserts or removes a part.
func (n *tree) splice(i int, replaces bool, step any, part *tree) {
	end := i
	if replaces {
		end++
	}
	var names []string
	var parts []*tree
	if part != nil {
		parts = []*tree{part}
	}
	if name, ok := step.(string); ok && part != nil {
		names = []string{name}
	}
	if n.kind == '{' {
		n.names = slices.Replace(slices.Clone(n.names), i, end, names...)
	}
	n.parts = slices.Replace(slices.Clone(n.parts), i, end, parts...)
}

var comments = regexp.MustCompile(`\bc\d+\b`)

// keepsComments checks that comments stay in their order. Only those in or beside a removed value
// may be gone.
func keepsComments(t *testing.T, source, changed string, all bool, message string) {
	t.Helper()
	before, after := comments.FindAllString(source, -1), comments.FindAllString(changed, -1)
	first := 0
	for first < len(after) && before[first] == after[first] {
		first++
	}
	lost := len(before) - len(after)
	require.True(t, slices.Equal(before[first+lost:], after[first:]), message)
	if all {
		require.Zero(t, lost, message)
	}
}

// keepsBytes checks that only the bytes of a scalar differ.
func keepsBytes(t *testing.T, source, changed, old, value, message string) {
	t.Helper()
	first := 0
	for first < min(len(source), len(changed)) && source[first] == changed[first] {
		first++
	}
	last := 0
	for last < min(len(source), len(changed))-first && source[len(source)-1-last] == changed[len(changed)-1-last] {
		last++
	}
	const notation = 20 // quotation marks, escapes, or the head of a text on lines of its own
	require.LessOrEqual(t, len(source)-first-last, len(old)+notation, message)
	require.LessOrEqual(t, len(changed)-first-last, len(value)+notation, message)
}

func decoded(t *testing.T, name string, source []byte) string {
	t.Helper()
	d, err := input.Parse(name, source, input.Options{Format: "native"})
	require.NoError(t, err, "%s", source)
	return treeOf(t, d.Body).String()
}
