package ofrep_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/ofrep"
)

// fill repeats a piece, which may contain a number, between a beginning and an end until the text
// has the given size.
func fill(size int, begin, piece, end string) string {
	var b strings.Builder
	b.WriteString(begin)
	for i := 0; b.Len()+len(piece)+len(end)+8 < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.Contains(piece, "%") {
			fmt.Fprintf(&b, piece, i)
		} else {
			b.WriteString(piece)
		}
	}
	return b.String() + end
}

// hostileBodies returns bodies of a given size that would cost much more without limits.
func hostileBodies(size int) map[string]string {
	half := size / 2
	return map[string]string{
		"a long name over many leaves": fill(size, `{"context":{"`+strings.Repeat("n", half)+`":{`, `"%d":0`,
			`}}}`),
		"a name of the limit over many leaves": fill(size, `{"context":{"`+strings.Repeat("n", 1000)+`":{`, `"%d":0`,
			`}}}`),
		"many attributes":            fill(size, `{"context":{`, `"%d":0`, `}}`),
		"a list of numbers":          fill(size, `{"context":{"a":[`, `0`, `]}}`),
		"a list of empty objects":    fill(size, `{"context":{"a":[`, `{}`, `]}}`),
		"a list of objects":          fill(size, `{"context":{"a":[`, `{"":0}`, `]}}`),
		"objects in an attribute":    fill(size, `{"context":{"a":{`, `"%d":{}`, `}}}`),
		"members beside the context": fill(size, `{"context":{},`, `"%d":[{}]`, `}`),
		"objects in objects": `{"context":` + strings.Repeat(`{"a":`, size/6-4) + `0` +
			strings.Repeat(`}`, size/6-4) + `}`,
		"lists in lists": `{"context":{"a":` +
			strings.Repeat(`[`, half-20) + strings.Repeat(`]`, half-20) + `}}`,
		"one text":                    `{"context":{"a":"` + strings.Repeat("x", size-20) + `"}}`,
		"a text of escapes":           `{"context":{"a":"` + strings.Repeat(`\u0041`, size/6-4) + `"}}`,
		"one key":                     `{"context":{"targetingKey":"` + strings.Repeat("x", size-40) + `"}}`,
		"one number":                  `{"context":{"a":` + strings.Repeat("9", size-20) + `}}`,
		"names that are long in turn": nestedNames(size),
		"white space":                 strings.Repeat(" ", size),
	}
}

// nestedNames nests objects with leaves, so that flattening writes the names of all outer objects
// for each leaf.
func nestedNames(size int) string {
	begin := strings.Repeat(`{"nnnnnnnnnnnnnnn":`, 60)
	return fill(size-100, `{"context":`+begin+`{`, `"%d":0`, `}`+strings.Repeat(`}`, 60)+`}`)
}

// allocatedBy returns the number of bytes that a request allocates.
func allocatedBy(h http.Handler, path, body string) (bytes uint64, status int) {
	const times = 4
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range times {
		r := httptest.NewRequest(http.MethodPost, "/ofrep/v1/evaluate/flags"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		status = w.Code
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times, status
}

func TestARequestAllocatesInProportionToItsBytes(t *testing.T) {
	const perByte, once = 32, 1 << 20
	h := ofrep.NewHandler(newClient(t), ofrep.WithMaxBytes(1<<20))
	for _, size := range []int{64 << 10, 512 << 10} {
		for name, body := range hostileBodies(size) {
			require.LessOrEqual(t, len(body), size, name)
			require.Greater(t, len(body), size*3/4, name)
			for _, path := range []string{"", "/checkout"} {
				got, status := allocatedBy(h, path, body)
				assert.Less(t, got, uint64(perByte*size+once), "%d bytes, %s, %s: %d", size, path, name, status)
			}
		}
	}
}

func TestContextsBeyondALimitAreRefusedWithAReason(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))

	for _, c := range []struct{ name, context, refused string }{
		{"as many attributes as are allowed", object(1024), ""},
		{"one attribute more", object(1025), "too many attributes"},
		{"as many elements as are allowed", `{"a":[` + strings.Repeat("0,", 4094) + `0]}`, ""},
		{"one element more", `{"a":[` + strings.Repeat("0,", 4095) + `0]}`, "too many values"},
		{"a name as long as is allowed", `{"` + strings.Repeat("n", 1024) + `":0}`, ""},
		{"a name that is longer", `{"` + strings.Repeat("n", 1025) + `":0}`, "a name has more than 1024 bytes"},
		{"a nested name as long as is allowed", `{"` + strings.Repeat("n", 1021) + `":{"ab":0}}`, ""},
		{
			"a nested name that is longer", `{"` + strings.Repeat("n", 1021) + `":{"abc":0}}`,
			"a name has more than 1024 bytes",
		},
		{"objects as deep as is allowed", strings.Repeat(`{"a":`, 64) + `{}` + strings.Repeat(`}`, 64), ""},
		{"objects that are deeper", strings.Repeat(`{"a":`, 65) + `{}` + strings.Repeat(`}`, 65), "more than 64 deep"},
		{
			"lists that are deeper", `{"a":` + strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65) + `}`,
			"more than 64 deep",
		},
		{
			"many leaves below a long name", `{"` + strings.Repeat("n", 1000) + `":` + object(200) + `}`,
			"too many bytes",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"", "/checkout"} {
				response, body := ask(t, h, path, `{"context": `+c.context+`}`)
				if c.refused == "" {
					assert.Equal(t, http.StatusOK, response.StatusCode, body)
					continue
				}
				assert.Equal(t, http.StatusBadRequest, response.StatusCode)
				var failure map[string]string
				require.NoError(t, json.Unmarshal([]byte(body), &failure))
				assert.Equal(t, "INVALID_CONTEXT", failure["errorCode"])
				assert.Contains(t, failure["errorDetails"], c.refused)
			}
		})
	}
}

func TestContextsAtALimitAllocateLittle(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))
	for name, context := range map[string]string{
		"objects in a list":         `{"a":[` + strings.Repeat(`{"":0},`, 2046) + `0]}`,
		"empty objects in a list":   `{"a":[` + strings.Repeat(`{},`, 4094) + `0]}`,
		"objects in a list, nested": `{"b":{"a":[` + strings.Repeat(`{"":0},`, 2045) + `0]}}`,
		"attributes":                object(1024),
		"objects with an attribute": objects(1024),
		"a long name":               `{"` + strings.Repeat("n", 1000) + `":` + object(120) + `}`,
	} {
		got, status := allocatedBy(h, "/checkout", `{"context": `+context+`}`)
		assert.Equal(t, http.StatusOK, status, name)
		assert.Less(t, got, uint64(3<<20), name)
	}
}

// objects returns a list of that many objects with one attribute each.
func objects(members int) string {
	return strings.ReplaceAll(object(members), `:0`, `:{"y":0}`)
}

func object(members int) string {
	names := make([]string, members)
	for i := range names {
		names[i] = fmt.Sprintf(`"%d":0`, i)
	}
	return "{" + strings.Join(names, ",") + "}"
}

func TestALargerBodyMayHoldMore(t *testing.T) {
	h := ofrep.NewHandler(newClient(t), ofrep.WithMaxBytes(1<<20))
	response, _ := ask(t, h, "/checkout",
		`{"context": `+fill(200_000, "{", `"a-name-that-takes-its-share-of-the-body-`+strings.Repeat("x", 50)+`-%d":0`,
			"}")+`}`)
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

func TestAmbiguousBodiesAreRefused(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))
	for name, body := range map[string]string{
		"the context twice":         `{"context": {}, "context": {"country": "DE"}}`,
		"an attribute twice":        `{"context": {"country": "FR", "country": "DE"}}`,
		"a name twice in an object": `{"context": {"a": {"b": 1, "b": 2}}}`,
		"a bracket behind the end":  `{} ]`,
		"a brace behind the end":    `{}}`,
		"invalid UTF-8":             "{\"context\": {\"country\": \"\xff\"}}",
		"half a surrogate pair":     `{"context": {"country": "\ud800"}}`,
	} {
		response, text := ask(t, h, "/checkout", body)
		assert.Equal(t, http.StatusBadRequest, response.StatusCode, name)
		assert.Contains(t, text, "PARSE_ERROR", name)
	}
	_, text := ask(t, h, "/checkout", `{"Context": {"country": "DE"}}`)
	assert.Contains(t, text, `"value":false`, "a member of another name is not the context")
}

func TestTheOrderOfMembersMakesNoDifference(t *testing.T) {
	h := ofrep.NewHandler(serving(t, `{"schema": 1, "flags": {"f": {"tags": ["public"],
		"rules": [{"if": {"attribute": "a.b.c", "in": [1]}, "serve": "on"}]}}}`))
	for range 50 {
		for _, context := range []string{`{"a": {"b.c": 2}, "a.b": {"c": 1}}`, `{"a.b": {"c": 1}, "a": {"b.c": 2}}`} {
			_, text := ask(t, h, "/f", `{"context": `+context+`}`)
			assert.Contains(t, text, `"value":true`, context)
		}
	}
}
