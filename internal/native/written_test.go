package native

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writtenIn returns the value of a document that begins with a text.
func writtenIn(document, begin string) Written {
	at := strings.Index(document, begin)
	end, _, _ := span([]byte(document), at)
	return Written{at, []byte(document[at:end])}
}

func TestPartsOfAValueKnowTheirPlace(t *testing.T) {
	t.Parallel()
	document := ` {"x": {"a" : 1, "b":[ true , "c,]}" ,{ } ], "\u0064": {"e": null}, "f": [], "g": {}}} `
	w := writtenIn(document, `{"a"`)
	fields := maps.Collect(w.Fields())
	texts := map[string]string{}
	for name, value := range fields {
		texts[name] = string(value.Raw)
		assert.Equal(t, document[value.At:value.At+len(value.Raw)], string(value.Raw), name)
	}
	assert.Equal(t,
		map[string]string{"a": "1", "b": `[ true , "c,]}" ,{ } ]`, "d": `{"e": null}`, "f": "[]", "g": "{}"}, texts)

	var elements []string
	for element := range fields["b"].Elements() {
		elements = append(elements, string(element.Raw))
		assert.Equal(t, document[element.At:element.At+len(element.Raw)], string(element.Raw))
	}
	assert.Equal(t, []string{"true", `"c,]}"`, "{ }"}, elements)
	assert.Equal(t, "null", string(w.Field("d").Field("e").Raw))
}

func TestAValueThatIsNotThereHasNoParts(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]Written{
		"no value":                   {},
		"an absent field":            writtenIn(`{"a": 1}`, "{").Field("b"),
		"the field of a number":      writtenIn(`{"a": 1}`, "1").Field("a"),
		"the field of an empty list": writtenIn(`[]`, "[").Field("a"),
	} {
		assert.False(t, w.IsThere(), name)
		assert.Empty(t, w.Text(), name)
		assert.Nil(t, w.Texts(), name)
		assert.Empty(t, slices.Collect(w.Elements()), name)
		assert.Empty(t, slices.Collect(w.AllTexts()), name)
		assert.Empty(t, maps.Collect(w.Fields()), name)
		assert.True(t, w.Equal(Written{}), name)
		assert.False(t, w.Equal(Written{Raw: []byte("null")}), name)
	}
	assert.Empty(t, slices.Collect(writtenIn(`{"a": 1}`, "{").Elements()), "an object has no elements")
	assert.Empty(t, maps.Collect(writtenIn(`["a"]`, "[").Fields()), "an array has no fields")
}

func TestTextsAreUnquoted(t *testing.T) {
	t.Parallel()
	document := `{"one": "gr\u00fcn", "many": ["a\"b", 2, "c"], "deep": [{"k": ["v"]}, true], "half": "\ud800."}`
	w := writtenIn(document, "{")
	assert.Equal(t, "grün", w.Field("one").Text())
	assert.Equal(t, []string{"grün"}, w.Field("one").Texts())
	assert.Equal(t, []string{`a"b`, "", "c"}, w.Field("many").Texts(), "a number is no text")
	assert.Empty(t, w.Field("many").Text())
	assert.Equal(t, []string{"k", "v"}, slices.Collect(w.Field("deep").AllTexts()))
	assert.Equal(t, "\ufffd.", w.Field("half").Text(), "the text of an invalid flag")
}

func TestWhiteSpaceDoesNotChangeDigests(t *testing.T) {
	t.Parallel()
	value := func(text string) Written { return Written{Raw: []byte(text)} }
	assert.True(t, value(`{ "a" : [1, "b c"] }`).Equal(value(`{"a":[1,"b c"]}`)))
	assert.Equal(t, `[1.0,"b c","\u0061"]`, string(value("[1.0,\n\"b c\", \"\\u0061\" ]").Compact()))
	assert.False(t, value(`"b c"`).Equal(value(`"bc"`)))
	assert.False(t, value(`1`).Equal(value(`1.0`)), "they are not written alike")
}

// TestValuesAreReadAsJSONReadsThem takes the files of the corpus, which are arrays of objects with
// everything that documents have.
func TestValuesAreReadAsJSONReadsThem(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "corpus", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		text = bytes.TrimSpace(text)
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var want any
		require.NoError(t, decoder.Decode(&want))
		if !assert.True(t, reflect.DeepEqual(want, decoded(t, text, Written{Raw: text}))) {
			t.Log(file)
		}
	}
}

// decoded returns a value as encoding/json does, from its parts.
func decoded(t *testing.T, document []byte, w Written) any {
	t.Helper()
	require.Equal(t, string(document[w.At:w.At+len(w.Raw)]), string(w.Raw))
	switch w.Raw[0] {
	case '{':
		object := map[string]any{}
		for name, value := range w.Fields() {
			object[name] = decoded(t, document, value)
		}
		return object
	case '[':
		array := []any{}
		for element := range w.Elements() {
			array = append(array, decoded(t, document, element))
		}
		return array
	case '"':
		return w.Text()
	case 't', 'f', 'n':
		return map[byte]any{'t': true, 'f': false}[w.Raw[0]]
	default:
		return json.Number(w.Raw)
	}
}

func TestReadingStopsWhereTheCallerStops(t *testing.T) {
	t.Parallel()
	w := writtenIn(`{"a": ["x", "y"], "b": 2}`, "{")
	for name := range w.Fields() {
		require.Equal(t, "a", name)
		break
	}
	for element := range w.Field("a").Elements() {
		require.Equal(t, "x", element.Text())
		break
	}
	for text := range w.AllTexts() {
		require.Equal(t, "a", text)
		break
	}
}
