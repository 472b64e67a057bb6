package flagd

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repeated joins as many parts as size bytes need.
func repeated(size int, part string) string {
	return numbered(size, func(int) string { return part })
}

func numbered(size int, part func(i int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(part(i))
	}
	return b.String()
}

// entry writes a member of which the name is a number.
func entry(value string) func(int) string {
	return func(i int) string { return fmt.Sprintf(`"%d":%s`, i, value) }
}

// hostileDocuments are documents of about size bytes that take much memory or time without limits.
func hostileDocuments(size int) map[string]string {
	half := size / 2
	targeting := func(rule string) string {
		return `{"flags":{"f":{"state":"ENABLED","variants":{"a":1},"defaultVariant":"a","targeting":` + rule + `}}}`
	}
	return map[string]string{
		"zeros in a list":         targeting(`{"in":[1,[` + repeated(size, "0") + `]]}`),
		"zeros as arguments":      targeting(`{"+":[` + repeated(size, "0") + `]}`),
		"empty objects":           targeting(`{"+":[` + repeated(size, "{}") + `]}`),
		"empty lists":             targeting(`{"+":[` + repeated(size, "[]") + `]}`),
		"small objects":           targeting(`{"+":[` + repeated(size, `{"x":0}`) + `]}`),
		"many operators":          targeting(`{"+":[` + repeated(size, `{"!":0}`) + `]}`),
		"many variables":          targeting(`{"+":[` + repeated(size, `{"var":""}`) + `]}`),
		"unknown operators":       targeting(`[` + repeated(size, `{"x":0}`) + `]`),
		"a long operator":         targeting(`{"` + strings.Repeat("x", size) + `":0}`),
		"a long path":             targeting(`{"var":"` + strings.Repeat("a.", half) + `"}`),
		"deep rules":              targeting(`[` + repeated(size, nested(4_000, "1")) + `]`),
		"many buckets":            targeting(`{"fractional":[` + repeated(size, `["a",1]`) + `]}`),
		"texts in a list":         targeting(`{"in":[1,[` + repeated(size, `"a"`) + `]]}`),
		"escaped texts in a list": targeting(`{"in":[1,[` + repeated(size, `"\n"`) + `]]}`),
		"numbers in a list": targeting(`{"in":[1,[` +
			numbered(size, func(i int) string { return fmt.Sprint(i) }) + `]]}`),
		"a number of many digits":   targeting(`{"==":[1,` + strings.Repeat("9", size) + `]}`),
		"a fraction of many digits": targeting(`{"==":[1,1.` + strings.Repeat("9", size) + `]}`),
		"many variants":             `{"flags":{"f":{"variants":{` + numbered(size, entry("0")) + `}}}}`,
		"variants that are null":    `{"flags":{"f":{"variants":{` + numbered(size, entry("null")) + `}}}}`,
		"a variant of zeros":        `{"flags":{"f":{"variants":{"a":[` + repeated(size, "0") + `]}}}}`,
		"a variant of objects":      `{"flags":{"f":{"variants":{"a":[` + repeated(size, "{}") + `]}}}}`,
		"many flags":                `{"flags":{` + numbered(size, entry("{}")) + `}}`,
		"many flags that are null":  `{"flags":{` + numbered(size, entry("null")) + `}}`,
		"many flags without a key":  `{"flags":[` + repeated(size, "{}") + `]}`,
		"one key many times":        `{"flags":[` + repeated(size, `{"key":"a"}`) + `]}`,
		"duplicate flags":           `{"flags":{` + repeated(size, `"a":{}`) + `}}`,
		"duplicate members":         `{` + repeated(size, `"flags":{}`) + `}`,
		"metadata of a flag":        `{"flags":{"f":{"metadata":{` + numbered(size, entry("0")) + `}}}}`,
		"metadata of the document": `{"metadata":{` + numbered(half, entry("0")) + `},"flags":{` +
			numbered(half, entry("{}")) + `}}`,
		"a list in the metadata": `{"flags":{},"metadata":{"a":[` + repeated(size, "0") + `]}}`,
		"many evaluators":        `{"flags":{},"$evaluators":{` + numbered(size, entry("[0]")) + `}}`,
		"an evaluator of zeros":  `{"flags":{},"$evaluators":{"a":[` + repeated(size, "0") + `]}}`,
		"references to one": `{"$evaluators":{"a":[1]},"flags":{"f":{"targeting":[` +
			repeated(size, `{"$ref":"a"}`) + `]}}}`,
		"references to many": `{"$evaluators":{` + numbered(half, entry("[0]")) + `},"flags":{"f":{"targeting":[` +
			numbered(half, func(i int) string { return fmt.Sprintf(`{"$ref":"%d"}`, i) }) + `]}}}`,
		"a long key": `{"flags":{"` + strings.Repeat("x ", half) + `":{}}}`,
		"a long key and faults": `{"flags":{"` + strings.Repeat("x", half) + `":{"variants":{` +
			numbered(half, entry("null")) + `}}}}`,
		"a long state":   `{"flags":{"f":{"state":"` + strings.Repeat(`\u0000`, size/6) + `"}}}`,
		"a long default": `{"flags":{"f":{"defaultVariant":"` + strings.Repeat(`\u0000`, size/6) + `"}}}`,
		"unknown fields": `{"x":[` + repeated(half, "0") + `],"flags":{"f":{"x":[` + repeated(half, "0") + `]}}}`,
		"cut off":        `{"flags":{"f":{"variants":{"a":[` + repeated(size, "0"),
		"bottomless":     `{"flags":` + strings.Repeat("[", size),
	}
}

// cost is the memory and the time of a decoding.
func cost(t *testing.T, document string) (bytes uint64, took time.Duration) {
	t.Helper()
	raw := []byte(document)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	compiled, err := Format.Decode(raw)
	took = time.Since(begun)
	runtime.ReadMemStats(&after)
	if err != nil {
		assert.Less(t, len(err.Error()), 1_000)
	} else {
		assert.LessOrEqual(t, len(compiled.Info().Warnings), mostWarnings+1)
		for _, warning := range compiled.Info().Warnings {
			require.Less(t, len(warning.Error()), 1_000)
		}
	}
	return after.TotalAlloc - before.TotalAlloc, took
}

func TestDecodingTakesMemoryAndTimeInProportionToTheDocument(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory and time of its own")
	}
	const small, large = 150_000, 600_000
	ofLarge := hostileDocuments(large)
	for name, document := range hostileDocuments(small) {
		t.Run(name, func(t *testing.T) {
			few, soon := cost(t, document)
			many, late := cost(t, ofLarge[name])
			for size, bytes := range map[int]uint64{len(document): few, len(ofLarge[name]): many} {
				assert.LessOrEqual(t, bytes, uint64(40*size+1<<20), "bytes allocated for a document of %d", size)
			}
			assert.LessOrEqual(t, many, 6*few+1<<20, "four times the document")
			assert.LessOrEqual(t, late, 40*soon+time.Second, "four times the document")
		})
	}
}

func TestValuesAreReadAsEncodingJSONReadsThem(t *testing.T) {
	for _, written := range []string{
		`null`, ` true `, `false`, `0`, `-0`, `12`, `999999999999999`, `9007199254740993`, `1.5`, `-3e-7`, `1E+2`, `""`,
		`"a"`, `"\u00e4\ud83d\ude00\n\/"`, `"\ud800"`, "\"a\xffb\xc3\"", `[]`, `[ ]`, `[1,[2,[]],{}]`, `{}`,
		`{ "b" : 1 , "a" : [ { "c" : null } ] }`, `{"a":1,"a":2}`, `{"\u0061":1,"b":"]}\"["}`, "[1\n,\t2\r]",
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(written), &value))
		d, err := parse([]byte(written))
		require.NoError(t, err)
		assert.Equal(t, value, d.any(), written)
		want, err := json.Marshal(value)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(appendJSON(nil, &d)), written)
	}
	_, err := parse([]byte(`[1e999]`))
	assert.ErrorContains(t, err, "too large")
}

func TestAFlagHasAtMostAHundredWarnings(t *testing.T) {
	variants := numbered(5_000, entry("null"))
	compiled := load(t,
		`{"flags": {"a": {"state": "ENABLED", "variants": {`+variants+
			`}}, "b": {"state": "ENABLED", "variants": {"x": null}}}}`)
	assert.Len(t, compiled.Info().Warnings, mostOfFlag+2, "a hundred of the first and all of the second")
}

func TestAHundredEntriesOfTheDocumentsMetadataAreKept(t *testing.T) {
	compiled := load(t,
		`{"metadata": {`+numbered(2_000, entry("1"))+
			`}, "flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "metadata": {"own": true}}}}`)
	info, ok := compiled.Flag("a")
	require.True(t, ok)
	assert.Len(t, info.Metadata, mostMetadata+1)
	assert.Equal(t, true, info.Metadata["own"])
	require.Len(t, compiled.Info().Warnings, 1)
	assert.ErrorContains(t, compiled.Info().Warnings[0], "metadata at 1:14: more than 100 entries")
}
