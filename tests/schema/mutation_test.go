package schema_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const mutations = 12000

// Schema and decoder must also agree on generated documents: good documents in which a
// field or value is removed, renamed or replaced.
func TestSchemaAndDecoderAgreeOnMutations(t *testing.T) {
	schema := compile(t, readSchema(t))
	seeds := seedDocuments(t)
	names := fieldNames(t)
	random := rand.New(rand.NewPCG(1, 7)) // the same documents at every run

	agreedGood, agreedBad, exempt := 0, 0, 0
	for range mutations {
		m := mutator{random: random, names: names}
		value := m.mutate(parse(t, seeds[max(random.IntN(len(seeds)), random.IntN(len(seeds)))]))
		for random.IntN(3) == 0 {
			value = m.mutate(value)
		}
		document, err := json.Marshal(value)
		require.NoError(t, err)

		accepted, why := accepts(schema, document)
		found := decode(document)
		switch {
		case accepted && found.word() == good:
			agreedGood++
		case !accepted && found.word() != good:
			agreedBad++
		case accepted && onlyDecoderSees(found):
			exempt++
		default:
			assert.Fail(t, "schema and decoder disagree", "%v\nthe schema says: %v\nthe decoder says: %q\n%s",
				m.done, why, found.errors(), document)
		}
	}
	t.Logf("%d documents: both accept %d, both refuse %d, the decoder alone refuses %d",
		mutations, agreedGood, agreedBad, exempt)
	assert.Greater(t, agreedGood, mutations/20, "too few good documents to mean anything")
	assert.Greater(t, agreedBad, mutations/4, "too few bad documents to mean anything")
	assert.Less(t, exempt, mutations/3, "too many documents are left to the decoder")
}

// forDecoderAlone matches errors that a JSON Schema cannot report: references and cycles; order and
// unique names; the syntax of patterns, prefixes, versions and instants; time zones; limits.
var forDecoderAlone = []*regexp.Regexp{
	regexp.MustCompile(`the flag has no variant "|there is no (flag|segment) "|part of a cycle|uses the segment ".*", which is invalid`),
	regexp.MustCompile(`"from" must be before "until"|steps must rise in time|layer's "from" .* is above its "to"|the name ".*" is that of rules`),
	regexp.MustCompile(`error parsing regexp|not a version constraint|is not an instant of RFC 3339|is not a CIDR prefix|has no prefix length|knows no time zone`),
	regexp.MustCompile(`nested deeper than 64 levels`),
}

// onlyDecoderSees reports whether only the decoder can report each of the errors.
func onlyDecoderSees(v verdict) bool {
	for _, text := range v.errors() {
		if !slices.ContainsFunc(forDecoderAlone, func(r *regexp.Regexp) bool { return r.MatchString(text) }) {
			return false
		}
	}
	return true
}

// seedDocuments returns the corpus's documents that schema and decoder accept, short ones first. It
// leaves out documents at the limits, because they take too much time.
func seedDocuments(t *testing.T) [][]byte {
	t.Helper()
	var seeds [][]byte
	examples := readCorpus(t)
	for i := range examples {
		e := &examples[i]
		if e.Schema == good && e.Decoder == good && e.Document != nil && e.group != "limits" {
			seeds = append(seeds, e.Document)
		}
	}
	require.Greater(t, len(seeds), 100)
	slices.SortStableFunc(seeds, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	return seeds
}

// fieldNames returns all field names of the schema.
func fieldNames(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, p := range properties(readSchema(t)) {
		names[p.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func parse(t *testing.T, document []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	require.NoError(t, err)
	return value
}

// replacements are JSON values that a mutation puts in the place of other values.
var replacements = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `1.0`, `1.5`, `50`, `100`, `101`, `1e3`, `1e19`, `-1e19`, `""`, `"on"`,
	`"off"`, `"a"`, `"key"`, `"f"`, `"s"`, `"10m"`, `"2026-11-01"`, `"2026-02-30"`, `"2026-11-01T00:00:00Z"`,
	`"192.0.2.0/24"`, `">=1.0.0"`, `"all"`, `"integer"`, `[]`, `{}`, `[null]`, `[[]]`, `["on"]`, `[1]`, `[true, "a"]`,
	`[{}]`, `{"a": 1}`, `{"x-a": null}`, `{"on": 1}`, `{"all": []}`, `{"split": {"on": 1}}`, `{"serve": "on"}`,
	`[{"serve": "off"}]`, `{"attribute": "a", "exists": true}`, `[{"any": []}]`,
}

// mutator changes JSON values at random.
type mutator struct {
	random *rand.Rand
	names  []string
	done   []string // the mutations so far, for the failure message
}

// place is a value within a document: a field of an object, or an element of an array.
type place struct {
	object map[string]any
	name   string
	array  []any
	index  int
	put    func(any) // replaces the whole array in its parent
}

// mutate makes one change and returns the document.
func (m *mutator) mutate(document any) any {
	var all []place
	root := document
	collect(root, func(v any) { root = v }, &all)
	if len(all) == 0 {
		return root
	}
	p := all[m.random.IntN(len(all))]
	kind := m.random.IntN(5)
	switch {
	case kind == 0 && p.object != nil:
		m.note("drop", p.name)
		delete(p.object, p.name)
	case kind == 0:
		m.note("drop an element", "")
		p.put(slices.Delete(slices.Clone(p.array), p.index, p.index+1))
	case kind == 1 && p.object != nil:
		value := p.object[p.name]
		delete(p.object, p.name)
		name := m.rename(p.name)
		m.note("rename "+p.name, name)
		p.object[name] = value
	case kind == 2 && p.object != nil:
		name := m.names[m.random.IntN(len(m.names))]
		m.note("add", name)
		p.object[name] = m.value(all)
	default:
		m.note("replace", p.name)
		p.set(m.value(all))
	}
	return root
}

func (m *mutator) note(what, name string) { m.done = append(m.done, what+" "+name) }

// value returns one of the replacements, or a copy of another value of the document.
func (m *mutator) value(all []place) any {
	text := []byte(replacements[m.random.IntN(len(replacements))])
	if m.random.IntN(3) == 0 {
		text, _ = json.Marshal(all[m.random.IntN(len(all))].get()) // it was JSON before
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err) // replacements holds invalid JSON
	}
	return value
}

// rename returns a misspelt name, a name that begins with x-, or the name of another field.
func (m *mutator) rename(name string) string {
	switch m.random.IntN(4) {
	case 0:
		return name + "s"
	case 1:
		return "x-" + name
	case 2:
		return "_" + name
	default:
		return m.names[m.random.IntN(len(m.names))]
	}
}

func (p place) get() any {
	if p.object != nil {
		return p.object[p.name]
	}
	return p.array[p.index]
}

func (p place) set(value any) {
	if p.object != nil {
		p.object[p.name] = value
		return
	}
	p.array[p.index] = value
}

// collect lists the places of a value in a fixed order.
func collect(value any, put func(any), all *[]place) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			*all = append(*all, place{object: value, name: name})
			collect(value[name], func(v any) { value[name] = v }, all)
		}
	case []any:
		for i := range value {
			*all = append(*all, place{array: value, index: i, put: put})
			collect(value[i], func(v any) { value[i] = v }, all)
		}
	}
}
