// Package schema_test tests the published JSON Schema and the native decoder with one corpus of
// good and bad documents.
package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	good    = "good"
	bad     = "bad"     // the schema does not accept the document
	refused = "refused" // the decoder refuses the document
	aside   = "aside"   // the decoder accepts the document except for the listed flags and segments
)

// example is a document of the corpus with the expected results. One of Document, Text and Base64
// holds the document.
type example struct {
	Name    string   `json:"name"`
	Schema  string   `json:"schema"`  // good or bad
	Decoder string   `json:"decoder"` // good, refused or aside
	Aside   []string `json:"aside"`   // "flags." or "segments." and the key, with aside
	Error   []string `json:"error"`   // the decoder's error must contain each of these texts

	Document json.RawMessage `json:"document"`
	// for a document that is not JSON, or that a JSON encoder would change
	Text   *string `json:"text"`
	Base64 []byte  `json:"base64"` // for a document that is not text

	group string
}

func (e *example) title() string { return e.group + "/" + e.Name }

func (e *example) bytes() []byte {
	switch {
	case e.Text != nil:
		return []byte(*e.Text)
	case e.Base64 != nil:
		return e.Base64
	default:
		return e.Document
	}
}

// readCorpus reads all examples from the files, in the order of the files' names.
func readCorpus(t *testing.T) []example {
	t.Helper()
	files, err := filepath.Glob("../../testdata/corpus/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "no corpus")
	var all []example
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		var examples []example
		require.NoError(t, decoder.Decode(&examples), file)
		for i := range examples {
			examples[i].group = strings.TrimSuffix(filepath.Base(file), ".json")
		}
		all = append(all, examples...)
	}
	return all
}

func TestCorpusIsWellFormed(t *testing.T) {
	titles := map[string]bool{}
	examples := readCorpus(t)
	for i := range examples {
		e := &examples[i]
		require.NotEmpty(t, e.Name, "an example without a name in %s", e.group)
		require.False(t, titles[e.title()], "two examples are named %q", e.title())
		titles[e.title()] = true

		sources := 0
		for _, there := range []bool{e.Document != nil, e.Text != nil, e.Base64 != nil} {
			if there {
				sources++
			}
		}
		require.Equal(t, 1, sources, "%s needs one of document, text and base64", e.title())
		require.Contains(t, []string{good, bad}, e.Schema, e.title())
		require.Contains(t, []string{good, refused, aside}, e.Decoder, e.title())
		require.Equal(t, e.Decoder == aside, len(e.Aside) > 0, "%s: aside goes with a list, and a list with aside",
			e.title())
		if e.Schema == bad {
			require.NotEqual(t, good, e.Decoder, "%s: the schema may not be stricter than the decoder", e.title())
		}
	}
	require.GreaterOrEqual(t, len(examples), 250)
}
