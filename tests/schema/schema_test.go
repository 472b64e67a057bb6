package schema_test

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	schemaFile = "../../schema/ruleset.v1.json"
	schemaID   = "https://raw.githubusercontent.com/becketflags/becket/main/schema/ruleset.v1.json"
)

// readSchema returns the published schema as JSON that the caller may change.
func readSchema(t *testing.T) map[string]any {
	t.Helper()
	body, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err)
	return object(document)
}

// object returns the value as a JSON object. If it is not an object, the result is nil, and the
// assertions fail.
func object(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

// compile makes a validator. It fails if the schema is not valid under draft 2020-12.
func compile(t *testing.T, document map[string]any) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(schemaID, document))
	schema, err := compiler.Compile(schemaID)
	require.NoError(t, err)
	return schema
}

// accepts reports whether the schema accepts the document. It accepts only JSON. It skips a
// byte-order mark at the beginning, because the schema cannot judge it.
func accepts(schema *jsonschema.Schema, document []byte) (bool, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.TrimPrefix(document, []byte("\ufeff"))))
	if err != nil {
		return false, err
	}
	err = schema.Validate(value)
	return err == nil, err
}

func TestSchemaIsThePublishedOne(t *testing.T) {
	document := readSchema(t)
	assert.Equal(t, schemaID, document["$id"])
	assert.Equal(t, "https://json-schema.org/draft/2020-12/schema", document["$schema"])
	compile(t, document)
}

func TestSchemaOverTheCorpus(t *testing.T) {
	schema := compile(t, readSchema(t))
	examples := readCorpus(t)
	for i := range examples {
		e := &examples[i]
		t.Run(e.title(), func(t *testing.T) {
			accepted, err := accepts(schema, e.bytes())
			assert.Equal(t, e.Schema == good, accepted, "the schema says: %v\n%.2000s", err, e.bytes())
		})
	}
}

// property is a field that the schema describes.
type property struct {
	owner string // the definition's name, or "" for the document
	name  string
}

// properties lists the fields of all objects that the schema defines.
func properties(schema map[string]any) []property {
	var all []property
	for _, name := range slices.Sorted(maps.Keys(fields(schema, ""))) {
		all = append(all, property{"", name})
	}
	definitions := object(schema["$defs"])
	for _, owner := range slices.Sorted(maps.Keys(definitions)) {
		for _, name := range slices.Sorted(maps.Keys(fields(schema, owner))) {
			all = append(all, property{owner, name})
		}
	}
	return all
}

// fields returns the properties of a definition, or of the document.
func fields(schema map[string]any, owner string) map[string]any {
	if owner == "" {
		return object(schema["properties"])
	}
	return object(object(object(schema["$defs"])[owner])["properties"])
}

func TestSchemaExplainsEveryField(t *testing.T) {
	schema := readSchema(t)
	for _, p := range properties(schema) {
		field := object(fields(schema, p.owner)[p.name])
		assert.NotEmpty(t, field["title"], "%s.%s has no title", p.owner, p.name)
		assert.NotEmpty(t, field["description"], "%s.%s has no description", p.owner, p.name)
	}
}

// The schema must accept its own examples and defaults.
func TestSchemaAcceptsItsOwnExamples(t *testing.T) {
	schema := readSchema(t)
	seen := 0
	check := func(owner, name string, field map[string]any) {
		values, _ := field["examples"].([]any)
		if byDefault, ok := field["default"]; ok {
			values = append(values, byDefault)
		}
		if len(values) == 0 {
			return
		}
		pointer := "#/$defs/" + owner
		if owner == "" {
			pointer = "#"
		}
		if name != "" {
			pointer += "/properties/" + name
		}
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource(schemaID, readSchema(t)))
		part, err := compiler.Compile(schemaID + pointer)
		require.NoError(t, err)
		for _, value := range values {
			seen++
			assert.NoError(t, part.Validate(value), "%s gives %v", pointer, value)
		}
	}
	for _, p := range properties(schema) {
		check(p.owner, p.name, object(fields(schema, p.owner)[p.name]))
	}
	for owner, definition := range object(schema["$defs"]) {
		check(owner, "", object(definition))
	}
	check("", "", schema)
	assert.Greater(t, seen, 40)
}

// If a field is removed from the schema, or allows any value, the corpus must fail; otherwise the
// corpus has no good or no bad document for that field. This test also finds fields and operators
// that were added only to the schema.
func TestCorpusCoversEveryField(t *testing.T) {
	examples := readCorpus(t)
	original := readSchema(t)
	for _, p := range properties(original) {
		if p == (property{"", "$schema"}) {
			continue // the field allows any value
		}
		without := readSchema(t)
		delete(fields(without, p.owner), p.name)
		assert.True(t, noticed(compile(t, without), examples), "no example needs %s.%s", p.owner, p.name)

		anything := readSchema(t)
		fields(anything, p.owner)[p.name] = true
		assert.True(t, noticed(compile(t, anything), examples), "no bad example of %s.%s", p.owner, p.name)
	}
}

// Without any one of its constraints, the schema must give a wrong answer for some example;
// otherwise that constraint is not tested. The test leaves out types, because
// TestCorpusCoversEveryField checks them field by field.
func TestCorpusNeedsEveryConstraint(t *testing.T) {
	examples := readCorpus(t)
	schema := readSchema(t)
	tried := 0
	eachConstraint(schema, "#", func(parent map[string]any, keyword, pointer string) {
		tried++
		constraint := parent[keyword]
		delete(parent, keyword)
		assert.True(t, noticed(compile(t, maps.Clone(schema)), examples), "no example needs %s/%s", pointer, keyword)
		parent[keyword] = constraint
	})
	assert.Greater(t, tried, 150)
}

// annotations are the keywords that refuse nothing by themselves, and keywords that other tests
// check.
var annotations = []string{
	"$schema", "$id", "title", "description", "default", "examples", "format", "type",
	"$defs", "properties", "patternProperties", "dependentSchemas",
}

// eachConstraint calls visit for each constraint in a schema, with the object that holds it.
func eachConstraint(schema map[string]any, pointer string, visit func(parent map[string]any, keyword, pointer string)) {
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		if !slices.Contains(annotations, keyword) {
			visit(schema, keyword, pointer)
		}
		for below, part := range subschemas(keyword, schema[keyword]) {
			eachConstraint(part, pointer+"/"+below, visit)
		}
	}
}

// subschemas yields the schemas below a keyword with their JSON pointers, in a fixed order.
func subschemas(keyword string, value any) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		switch keyword {
		case "default", "examples", "const", "dependentRequired":
			return // values, not schemas
		case "$defs", "properties", "patternProperties", "dependentSchemas":
			named := object(value)
			for _, name := range slices.Sorted(maps.Keys(named)) {
				if !yield(keyword+"/"+name, object(named[name])) {
					return
				}
			}
		case "allOf", "anyOf":
			list, _ := value.([]any)
			for i, part := range list {
				if !yield(fmt.Sprintf("%s/%d", keyword, i), object(part)) {
					return
				}
			}
		default:
			if part := object(value); part != nil {
				yield(keyword, part)
			}
		}
	}
}

// noticed reports whether the schema gives a wrong answer for an example. It skips the large
// examples at the limits, because they take too much time.
func noticed(schema *jsonschema.Schema, examples []example) bool {
	return slices.ContainsFunc(examples, func(e example) bool {
		if e.group == "limits" {
			return false
		}
		accepted, _ := accepts(schema, e.bytes())
		return accepted != (e.Schema == good)
	})
}
