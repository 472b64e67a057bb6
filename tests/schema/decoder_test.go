package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/becketflags/becket"
	"github.com/stretchr/testify/assert"
)

// verdict is the decoder's result for a document.
type verdict struct {
	refusal error        // the error for the whole document, or nil
	bad     []becket.Bad // the invalid flags and segments
}

func decode(document []byte) verdict {
	rules, err := becket.Native.Decode(document)
	if err != nil {
		return verdict{refusal: err}
	}
	return verdict{bad: rules.Info().Bad}
}

// word returns the corpus's word for the verdict.
func (v verdict) word() string {
	switch {
	case v.refusal != nil:
		return refused
	case len(v.bad) > 0:
		return aside
	default:
		return good
	}
}

// errors returns all errors of the decoder.
func (v verdict) errors() []string {
	if v.refusal != nil {
		return []string{v.refusal.Error()}
	}
	texts := make([]string, len(v.bad))
	for i := range v.bad {
		texts[i] = v.bad[i].Error()
	}
	return texts
}

// keys returns the invalid flags and segments in the corpus's notation.
func (v verdict) keys() []string {
	keys := make([]string, len(v.bad))
	for i := range v.bad {
		keys[i] = v.bad[i].Section + "." + v.bad[i].Key
	}
	return keys
}

func TestDecoderOverTheCorpus(t *testing.T) {
	examples := readCorpus(t)
	for i := range examples {
		e := &examples[i]
		t.Run(e.title(), func(t *testing.T) {
			found := decode(e.bytes())
			said := strings.Join(found.errors(), "\n")
			hint := fmt.Sprintf("the decoder says: %.2000s\n%.2000s", said, e.bytes())

			assert.Equal(t, e.Decoder, found.word(), hint)
			assert.ElementsMatch(t, e.Aside, found.keys(), hint)
			for _, part := range e.Error {
				assert.Contains(t, said, part, "%.2000s", e.bytes())
			}
			for _, text := range found.errors() {
				assert.True(t, strings.HasPrefix(text, "becket: "), "an error without the prefix: %.2000s", text)
				assert.Less(t, len(text), 2000, "an error that is too long to read: %.2000s", text)
			}
		})
	}
}
