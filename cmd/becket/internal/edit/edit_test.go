package edit_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
)

func value(text string) jsontext.Value { return jsontext.Value(text) }

const rule = `{"name": "all", "percent": 5, "serve": "on"}`

func TestAChangeTakesTheStyleOfItsNeighbours(t *testing.T) {
	for name, row := range map[string]struct {
		file, source, want string
		change             edit.Change
	}{
		"a number keeps the comment beside it": {
			"a.jsonc", "{\"a\": 5 /* for now */, // really\n}", "{\"a\": 20 /* for now */, // really\n}",
			edit.Set(edit.Path{"a"}, value("20")),
		},
		"a member on a line of its own, behind the comment of the one before": {
			"a.jsonc", "{\n\t\"a\": 5 // five\n}\n", "{\n\t\"a\": 5, // five\n\t\"b\": true\n}\n",
			edit.Set(edit.Path{"b"}, value("true")),
		},
		"a trailing comma stays one": {
			"a.jsonc", "{\n  \"a\": 5, // five\n}", "{\n  \"a\": 5, // five\n  \"b\": true,\n}",
			edit.Set(edit.Path{"b"}, value("true")),
		},
		"a first member": {
			"a.json", "{\n  \"a\": 5\n}", "{\n  \"b\": true,\n  \"a\": 5\n}",
			edit.Set(edit.Path{"b"}, value("true"), "schema"),
		},
		"a member behind a named one": {
			"a.json", `{"a": 5, "c": 6}`, `{"a": 5, "b": true, "c": 6}`, edit.Set(edit.Path{"b"}, value("true"), "a"),
		},
		"a document in few bytes stays one": {
			"a.json", `{"a":5,"c":[{"x":1}]}`, `{"a":5,"c":[{"x":1},{"name":"all","percent":5,"serve":"on"}]}`,
			edit.Insert(edit.Path{"c", 1}, value(rule)),
		},
		"an element of several lines among such elements": {
			"a.json", "{\n  \"a\": [\n    {\n      \"b\": 1\n    }\n  ]\n}",
			"{\n  \"a\": [\n    {\n      \"b\": 1\n    },\n    {\n      \"b\": 2\n    }\n  ]\n}",
			edit.Insert(edit.Path{"a", 1}, value(`{"b":2}`)),
		},
		"line ends of Windows": {
			"a.json", "\xef\xbb\xbf{\r\n    \"a\": 5\r\n}\r\n",
			"\xef\xbb\xbf{\r\n    \"a\": 5,\r\n    \"b\": \"c\"\r\n}\r\n",
			edit.Set(edit.Path{"b"}, value(`"c"`)),
		},
		"an empty object with a comment": {
			"a.jsonc", "{\n  \"a\": {\n    // nothing yet\n  }\n}",
			"{\n  \"a\": {\n    // nothing yet\n    \"b\": 1\n  }\n}",
			edit.Set(edit.Path{"a", "b"}, value("1")),
		},
		"a removed member goes with its line and the comma before it": {
			"a.jsonc", "{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}", "{\n  \"a\": 1 // one\n}",
			edit.Remove(edit.Path{"b"}),
		},
		"comments above a removed element stay": {
			"a.jsonc", "[\n  1,\n  // two\n  2,\n  3,\n]", "[\n  1,\n  // two\n  3,\n]", edit.Remove(edit.Path{1}),
		},
		"a member gets another name": {
			"a.jsonc", "{\"ramp\" /* slow */: 1}", "{\"percent\" /* slow */: 1}",
			edit.Rename(edit.Path{"ramp"}, "percent"),
		},
		"a plain scalar of YAML": {
			"a.yaml", "a: 5 # five\nb: 6\n", "a: 20 # five\nb: 6\n", edit.Set(edit.Path{"a"}, value("20")),
		},
		"a text in single quotation marks": {
			"a.yaml", "a: 'it''s' # five\n", "a: 'that''s' # five\n", edit.Set(edit.Path{"a"}, value(`"that's"`)),
		},
		"a text that would be a number needs quotation marks": {
			"a.yaml", "a: five\n", "a: \"5\"\n", edit.Set(edit.Path{"a"}, value(`"5"`)),
		},
		"a word that some readers take for a boolean": {
			"a.yaml", "a: five\n", "a: \"on\"\n", edit.Set(edit.Path{"a"}, value(`"on"`)),
		},
		"such a word in a document that writes them plainly": {
			"a.yaml", "a: off\nb: five\n", "a: off\nb: on\n", edit.Set(edit.Path{"b"}, value(`"on"`)),
		},
		"a text of several lines": {
			"a.yaml", "a: >-\n  one\n  text\n# b\nb: 6\n", "a: another\n# b\nb: 6\n",
			edit.Set(edit.Path{"a"}, value(`"another"`)),
		},
		"an element of a block": {
			"a.yaml", "rules:\n  - name: x # first\n    serve: y\n# end\n",
			"rules:\n  - name: x # first\n    serve: y\n  - name: all\n    percent: 5\n    serve: \"on\"\n# end\n",
			edit.Insert(edit.Path{"rules", 1}, value(rule)),
		},
		"a first element of a block that is not indented": {
			"a.yaml", "rules:\n- {name: x}\n", "rules:\n- {name: all, percent: 5, serve: \"on\"}\n- {name: x}\n",
			edit.Insert(edit.Path{"rules", 0}, value(rule)),
		},
		"a member between brackets": {
			"a.yaml", "a: {b: 1, c: 2} # end\n", "a: {b: 1, x: [1, z], c: 2} # end\n",
			edit.Set(edit.Path{"a", "x"}, value(`[1,"z"]`), "b"),
		},
		"the end of a file without a line end": {
			"a.yaml", "a:\n  b: 1", "a:\n  b: 1\n  c: 2", edit.Set(edit.Path{"a", "c"}, value("2")),
		},
		"the last item of a block": {
			"a.yaml", "a: # empty?\n  b: 1\nc: 2\n", "a: {} # empty?\nc: 2\n", edit.Remove(edit.Path{"a", "b"}),
		},
		"a text that keeps its empty lines": {
			"a.yaml", "a: |+\n  one\n\nb: 6\n", "a: |+\n  one\n\nc: 2\nb: 6\n",
			edit.Set(edit.Path{"c"}, value("2"), "a"),
		},
		"an anchor that nothing uses": {
			"a.yaml", "a: &x 5\n", "a: &x 6\n", edit.Set(edit.Path{"a"}, value("6")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := edit.Apply(row.file, []byte(row.source), row.change)
			require.NoError(t, err)
			assert.Equal(t, row.want, string(got))
		})
	}
}

func TestWhatCannotBeEditedSafelyIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		file, source, want string
		change             edit.Change
	}{
		"an alias": {
			"a.yaml", "a: &x {b: 1}\nc: *x\n", "a.yaml: 2:4: the alias *x stands here",
			edit.Set(edit.Path{"c", "b"}, value("2")),
		},
		"a value that an alias repeats": {
			"a.yaml", "a: &x {b: 1}\nc: *x\n", "a.yaml: 1:4: aliases repeat the value of &x",
			edit.Set(edit.Path{"a", "b"}, value("2")),
		},
		"a text that an alias repeats": {
			"a.yaml", "a: &x text\nc: *x\n", "aliases repeat the value of &x", edit.Set(edit.Path{"a"}, value("2")),
		},
		"an alias in place of a text": {
			"a.yaml", "a: &x text\nc: *x\n", "the alias *x stands here", edit.Set(edit.Path{"c"}, value("2")),
		},
		"several documents": {
			"a.yaml", "a: 1\n---\nb: 2\n", "a second document follows the first",
			edit.Set(edit.Path{"a"}, value("2")),
		},
		"a name that occurs twice": {
			"a.json", `{"a": {"b": 1}, "a": {}}`, "a.json: a occurs twice", edit.Set(edit.Path{"a", "b"}, value("2")),
		},
		"a path that leads nowhere": {
			"a.json", `{"flags": {"a.b": {"rules": []}}}`, `there is no flags["a.b"].rules[0]`,
			edit.Set(edit.Path{"flags", "a.b", "rules", 0, "percent"}, value("2")),
		},
		"a member of a text": {"a.json", `{"a": "b"}`, "there is no a.b", edit.Set(edit.Path{"a", "b"}, value("2"))},
		"an index in an object": {
			"a.json", `{"a": {}}`, "there is no a[0]", edit.Insert(edit.Path{"a", 0}, value("2")),
		},
		"an element beyond the end": {"a.json", `[1]`, "there is no [2]", edit.Insert(edit.Path{2}, value("2"))},
		"a name that is there": {"a.json", `{"a": 1, "b": 2}`, "there already is b",
			edit.Rename(edit.Path{"a"}, "b")},
		"a tag": {
			"a.yaml", "a: !!str 5\n", "this place cannot be edited", edit.Set(edit.Path{"a"}, value("true")),
		},
		"a document that is not valid": {"a.json", `{"a"`, "not valid JSON", edit.Set(edit.Path{"a"}, value("2"))},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := edit.Apply(row.file, []byte(row.source), row.change)
			require.ErrorContains(t, err, row.want)
			assert.Nil(t, got)
		})
	}
}

func TestAFragmentTakesItsCommentsAlong(t *testing.T) {
	const jsonc = "{\n  // about b\n  \"b\": {\n    // why\n    \"c\": 1 // one\n  }\n}\n"
	const yaml = "# about b\nb:\n  # why\n  c: 1 # one\n"
	for name, row := range map[string]struct{ from, source, to, target, want string }{
		"from JSON to JSON with tabs": {
			"a.jsonc", jsonc, "b.jsonc", "{\n\t\"x\": {\n\t\t\"a\": {}\n\t}\n}\n",
			"{\n\t\"x\": {\n\t\t\"a\": {},\n" +
				"\t\t// about b\n\t\t\"b\": {\n\t\t\t// why\n\t\t\t\"c\": 1 // one\n\t\t}\n\t}\n}\n",
		},
		"in place of another value": {
			"a.jsonc", jsonc, "b.jsonc", "{\"x\": {\"b\": 7 /* seven */}}",
			"{\"x\": {\"b\": {\n  // why\n  \"c\": 1 // one\n} /* seven */}}",
		},
		"from YAML to YAML": {
			"a.yaml", yaml, "b.yaml", "x:\n    a: 1\ny: 2\n",
			"x:\n    a: 1\n    # about b\n    b:\n        # why\n        c: 1 # one\ny: 2\n",
		},
		"from YAML to JSON, without": {"a.yaml", yaml, "b.json", "{\"x\": {\"a\": 1}}",
			"{\"x\": {\"a\": 1, \"b\": {\"c\": 1}}}"},
		"from JSON to YAML, without": {"a.jsonc", jsonc, "b.yaml", "x: {}\n", "x:\n  b: {c: 1}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := edit.Cut(row.from, []byte(row.source), edit.Path{"b"})
			require.NoError(t, err)
			assert.Equal(t, row.from == "a.jsonc", f.HasComments())
			got, err := edit.Apply(row.to, []byte(row.target), edit.SetFragment(edit.Path{"x", "b"}, f))
			require.NoError(t, err)
			assert.Equal(t, row.want, string(got))
		})
	}
}

func TestALargeDocumentIsEditedInLinearTime(t *testing.T) {
	var b strings.Builder
	b.WriteString("{\"keys\": [")
	for range 300_000 {
		b.WriteString("\"user-1\",\n")
	}
	b.WriteString("\"user-1\"], \"a\": 1}")
	got, err := edit.Apply(
		"a.json",
		[]byte(b.String()),
		edit.Set(edit.Path{"a"}, value("2")),
		edit.Remove(edit.Path{"keys", 7}),
	)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(got), `"a": 2}`))
	assert.Len(t, got, b.Len()-len("\"user-1\",\n"))
}

// Places in YAML are guessed from the parser's. Any source must give a result or an error.
func FuzzAChangeNeverPanics(f *testing.F) {
	for _, source := range []string{
		"a:\n  - b: &x 1\n    c: *x\n", "a: {b: [1, 'x', \"y\"], c: }\n", "? a\n: b\n", "- - 1\n  - 2\n",
		"a: |+\n  x\n\n",
		"{\"a\": [1, {\"b\": null} /* c */,]} // end", "[a: b, {c}]", "a: !!str 5 # x\nb: >-\n   folded\n   text",
		"\xef\xbb\xbfa: b\r\nc:\r\n- d\r\n", "\"a\":1", "a:\n\u00a0\n", "%YAML 1.1\n---\na: b\n...\n",
	} {
		for action := range 6 {
			f.Add([]byte(source), uint8(action), uint8(action), uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, source []byte, action, first, second uint8) {
		steps := []any{"a", "b", "c", 0, 1, 2, "x-new"}
		path := edit.Path{steps[int(first)%len(steps)], steps[int(second)%len(steps)]}[:1+int(action/6)%2]
		for _, name := range []string{"a.yaml", "a.jsonc"} {
			var c edit.Change
			switch action % 6 {
			case 0:
				c = edit.Set(path, value("20"))
			case 1:
				c = edit.Set(path, value(`{"x": ["y"]}`), "a")
			case 2:
				c = edit.Insert(path, value(`"z"`))
			case 3:
				c = edit.Remove(path)
			case 4:
				c = edit.Rename(path, "d")
			case 5:
				fragment, err := edit.Cut(name, source, path)
				if err != nil {
					continue
				}
				c = edit.SetFragment(edit.Path{"x-new"}, fragment)
			}
			changed, err := edit.Apply(name, source, c)
			if err == nil {
				_, err = edit.Apply(name, changed)
				require.NoError(t, err)
			}
		}
	})
}
