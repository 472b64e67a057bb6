package ofrep_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/ofrep"
)

// serving returns a client with a document, which is closed at the end of the test.
func serving(t testing.TB, document string, options ...becket.Option) *becket.Client {
	t.Helper()
	client, err := becket.New(becket.Bytes([]byte(document)), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	require.NoError(t, client.Refresh(t.Context()))
	return client
}

// counting is the native format with a counter of evaluations.
type counting struct {
	becket.Format
	evaluations atomic.Int64
}

type countingRules struct {
	becket.Rules
	format *counting
}

func (c *counting) Decode(document []byte) (becket.Rules, error) {
	rules, err := c.Format.Decode(document)
	return countingRules{rules, c}, err
}

func (r countingRules) Evaluate(flag string, want becket.Kind, subject *becket.Subject,
	at *becket.Moment) becket.Result {
	r.format.evaluations.Add(1)
	return r.Rules.Evaluate(flag, want, subject, at)
}

func TestBulkEvaluatesOnlyShownFlags(t *testing.T) {
	for _, hidden := range []int{0, 10, 1000} {
		var b strings.Builder
		b.WriteString(`{"schema": 1, "flags": {"a": {"tags": ["public"]}, "b": {"tags": ["public"]}`)
		for i := range hidden {
			fmt.Fprintf(&b, `, "hidden-%d": {}`, i)
		}
		format := &counting{Format: becket.Native}
		var asked atomic.Int64
		client := serving(t, b.String()+`}}`, becket.WithFormat(format))
		h := ofrep.NewHandler(client, ofrep.WithExposed(func(flag becket.FlagInfo) bool {
			asked.Add(1)
			return len(flag.Tags) > 0
		}))
		before := format.evaluations.Load()
		for range 10 {
			_, body := ask(t, h, "", `{}`)
			assert.Equal(t, 2, strings.Count(body, `"key"`))
		}
		assert.Equal(t, int64(20), format.evaluations.Load()-before, "%d hidden", hidden)
		assert.Equal(t, int64(hidden+2), asked.Load(), "each flag of a ruleset is asked for once")
	}
}

func TestTheFunctionIsCalledOncePerFlagAndRuleset(t *testing.T) {
	var revision atomic.Int64
	client, err := becket.New(changing(func() string {
		return fmt.Sprintf(`{"schema": 1, "revision": %d, "flags": {"a": {}, "b": {}, "c": {}}}`, revision.Add(1))
	}))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	var asked atomic.Int64
	h := ofrep.NewHandler(client, ofrep.WithExposed(func(becket.FlagInfo) bool { asked.Add(1); return true }))
	for range 20 {
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				for range 20 {
					ask(t, h, []string{"", "/a"}[i%2], `{}`)
				}
			})
		}
		require.NoError(t, client.Refresh(t.Context()))
		group.Wait()
	}
	assert.LessOrEqual(t, asked.Load(), 3*revision.Load())
	assert.Positive(t, asked.Load())
}

func TestRequestsThatComeAtOnceCallTheFunctionOncePerFlag(t *testing.T) {
	const requests = 16
	var arrived, asked atomic.Int64
	arrives := func(_ *http.Request, claimed becket.Subject) becket.Subject {
		arrived.Add(1)
		return claimed
	}
	// The first call waits until every request is about to look for the shown flags.
	exposed := func(becket.FlagInfo) bool {
		if asked.Add(1) == 1 {
			for arrived.Load() < requests {
				runtime.Gosched()
			}
			for range 1000 {
				runtime.Gosched()
			}
		}
		return true
	}
	client := serving(t, `{"schema": 1, "flags": {"a": {}, "b": {}, "c": {}}}`)
	h := ofrep.NewHandler(client, ofrep.WithSubject(arrives), ofrep.WithExposed(exposed))
	var group sync.WaitGroup
	for range requests {
		group.Go(func() { ask(t, h, "", `{}`) })
	}
	group.Wait()
	assert.Equal(t, int64(3), asked.Load())
}

func TestAFlagForWhichTheFunctionPanicsIsHidden(t *testing.T) {
	var log bytes.Buffer
	h := ofrep.NewHandler(newClient(t), ofrep.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		ofrep.WithExposed(func(flag becket.FlagInfo) bool {
			if flag.Key == "theme" {
				panic("no such team")
			}
			return flag.Tags != nil
		}))
	_, body := ask(t, h, "", `{}`)
	assert.NotContains(t, body, `"theme"`)
	assert.Contains(t, body, `"checkout"`)
	assert.Contains(t, log.String(), "flag=theme")
	assert.Contains(t, log.String(), "no such team")
}

func TestANilFunctionPanics(t *testing.T) {
	for name, option := range map[string]ofrep.Option{
		"WithExposed": ofrep.WithExposed(nil), "WithAuthorization": ofrep.WithAuthorization(nil),
		"WithSubject": ofrep.WithSubject(nil),
	} {
		assert.PanicsWithValue(t, "becket: ofrep.NewHandler: the function is nil in "+name,
			func() { ofrep.NewHandler(newClient(t), option) })
	}
	assert.NotPanics(t, func() { ofrep.NewHandler(nil, nil, ofrep.WithLogger(nil)) })
}

func TestTheLogSaysOnceThatAFlagIsNotShown(t *testing.T) {
	var log bytes.Buffer
	logger := ofrep.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))
	lines := func() string { text := log.String(); log.Reset(); return text }
	h := ofrep.NewHandler(newClient(t), logger)
	for range 3 {
		ask(t, h, "/internal", `{}`)
	}
	text := lines()
	assert.Equal(t, 1, strings.Count(text, "\n"), text)
	assert.Contains(t, text, "level=WARN")
	assert.Contains(t, text, "flag=internal")
	assert.Contains(t, text, `it does not have the tag \"public\"`)
	ask(t, h, "/broken", `{}`)
	assert.Contains(t, lines(), "its definition could not be read")
	ask(t, h, "/nowhere", `{}`)
	ask(t, h, "/checkout", `{}`)
	ask(t, h, "", `{}`)
	assert.Empty(t, lines(), "keys that callers make up are not logged, and bulk asks for none")

	ask(t, ofrep.NewHandler(newClient(t), logger, ofrep.WithExposed(func(becket.FlagInfo) bool { return false })),
		"/internal", `{}`)
	text = lines()
	assert.Contains(t, text, "the function of ofrep.WithExposed leaves it out")
	assert.Contains(t, text, "the function of ofrep.WithExposed leaves out all of them")
	ask(t,
		ofrep.NewHandler(newClient(t), logger,
			ofrep.WithAuthorization(func(*http.Request) error { return errors.New("no") })), "/internal", `{}`)
	assert.Empty(t, lines(), "requests of unauthorised callers log nothing")

	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, `"hidden-%d": {}, `, i)
	}
	h = ofrep.NewHandler(serving(t,
		`{"schema": 1, "flags": {"shown": {"tags": ["public"]}, `+b.String()+`"`+strings.Repeat("k", 500)+`": {}}}`),
		logger)
	ask(t, h, "/"+strings.Repeat("k", 500), `{}`)
	assert.Less(t, len(lines()), 400, "keys are shortened")
	for i := range 150 {
		ask(t, h, fmt.Sprintf("/hidden-%d", i), `{}`)
	}
	assert.Equal(t, 99, strings.Count(lines(), "\n"), "the number of lines is bounded")
}

// SDKs for browsers ask for all flags at once.
func TestTheLogSaysOnceThatNoFlagIsShown(t *testing.T) {
	var log bytes.Buffer
	logger := ofrep.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))
	h := ofrep.NewHandler(serving(t, `{"schema": 1, "flags": {"a": {}, "b": {"tags": ["Public"]}}}`), logger)
	for range 3 {
		ask(t, h, "", `{}`)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), "OFREP shows no flag of the ruleset")
	assert.Contains(t, log.String(), "flags=2")
	assert.Contains(t, log.String(), `none of them has the tag \"public\"`)

	log.Reset()
	ask(t, ofrep.NewHandler(serving(t, `{"schema": 1, "flags": {}}`), logger), "", `{}`)
	ask(t, ofrep.NewHandler(serving(t, `{"schema": 1, "flags": {"a": {"tags": ["public"]}, "b": {}}}`), logger), "",
		`{}`)
	assert.Empty(t, log.String())
}

// publicPrefix shows flags by their keys. It is for formats without tags.
func publicPrefix(flag becket.FlagInfo) bool { return strings.HasPrefix(flag.Key, "public") }

func TestKeysOfHiddenFlagsAreInNoDetails(t *testing.T) {
	cycle := `{"p": {"s": "salt"}, "f": {
		"public": {"t": 0, "v": {"b": false},
			"r": [{"c": [{"p": {"f": "hidden-one", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
		"hidden-one": {"t": 0, "v": {"b": false},
			"r": [{"c": [{"p": {"f": "public", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}}}`
	h := ofrep.NewHandler(serving(t, cycle, becket.WithFormat(configcat.V6)), ofrep.WithExposed(publicPrefix))
	for _, path := range []string{"", "/public"} {
		_, body := ask(t, h, path, `{"context": {"targetingKey": "u"}}`)
		assert.Contains(t, body, `"errorCode":"PARSE_ERROR","errorDetails":"the flag's definition could not be read"`)
		assert.NotContains(t, body, "hidden")
	}
}

// randomDocument refers to hidden flags and segments in every possible way, often incorrectly.
func randomDocument(random *rand.Rand) string {
	key := func() string { return []string{"public", "hidden"}[random.IntN(2)] + fmt.Sprint("-", random.IntN(5)) }
	condition := func() string {
		return []string{
			`{"segment": "hidden-` + fmt.Sprint(random.IntN(6)) + `"}`, `{"attribute": "a", "in": ["x"]}`,
			`{"attribute": "a", "hiddenn": 1}`,
			`{"any": [{"segment": "hidden-1"}, {"attribute": "b", "matches": "("}]}`,
		}[random.IntN(4)]
	}
	flags, segments := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for i := range 5 {
		segments[fmt.Sprint("hidden-", i)] = json.RawMessage(`{"if": ` + condition() + `}`)
		for _, prefix := range []string{"public", "hidden"} {
			serve := []string{`"on"`, `{"split": {"on": 1}}`, `"hidden-variant"`}[random.IntN(3)]
			flags[fmt.Sprint(prefix, "-", i)] = json.RawMessage(fmt.Sprintf(
				`{"tags": [%q], "requires": [{"flag": %q, "is": "on"}], "rules": [{"if": %s, "serve": %s}], "owner": "hidden"}`,
				prefix, key(), condition(), serve))
			if random.IntN(3) > 0 {
				flags[fmt.Sprint(prefix, "-",
					i)] = json.RawMessage(fmt.Sprintf(`{"tags": [%q], "rules": [{"if": %s, "serve": %s}]}`,
					prefix, condition(), serve))
			}
		}
	}
	text, _ := json.Marshal(map[string]any{"schema": 1, "segments": segments, "flags": flags})
	return string(text)
}

func FuzzKeysOfHiddenFlagsLeaveInNoAnswer(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		client := serving(t, randomDocument(rand.New(rand.NewPCG(seed, 1))))
		for _, expose := range []ofrep.Option{ofrep.WithExposedTag("public"), ofrep.WithExposed(publicPrefix)} {
			silent := ofrep.WithLogger(slog.New(slog.DiscardHandler))
			h := ofrep.NewHandler(client, expose, silent, ofrep.WithEventStream())
			events := once(t, h).Body.String()
			assert.Contains(t, events, "refetchEvaluation")
			for _, word := range []string{"hidden", "public"} {
				assert.NotContains(t, events, word)
			}
			for _, path := range []string{"", "/public-1", "/public-2", "/public-9", "/hiden-1"} {
				for _, body := range []string{`{}`, `{"context": {"targetingKey": "u", "a": "x"}}`, `{"context": 7}`} {
					_, text := ask(t, h, path, body)
					assert.NotContains(t, text, "hidden")
				}
			}
			_, hidden := ask(t, h, "/hidden-1", `{}`)
			_, absent := ask(t, h, "/absent-1", `{}`)
			assert.Equal(t, absent, strings.Replace(hidden, "hidden", "absent", 1),
				"a hidden flag is as one that is not there")
		}
	})
}

// literal is a format whose flags have the values and metadata of a test.
type literal map[string]becket.Value

func (literal) Name() string                          { return "literal" }
func (l literal) Decode([]byte) (becket.Rules, error) { return literalRules{becket.Rules(nil), l}, nil }

type literalRules struct {
	becket.Rules
	values literal
}

func (r literalRules) Info() becket.RulesInfo { return becket.RulesInfo{Flags: len(r.values)} }

func (r literalRules) Flag(key string) (becket.FlagInfo, bool) {
	_, ok := r.values[key]
	return becket.FlagInfo{Key: key, Enabled: true}, ok
}

func (r literalRules) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		for key := range r.values {
			if !yield(becket.FlagInfo{Key: key, Enabled: true}) {
				return
			}
		}
	}
}

func (r literalRules) Evaluate(flag string, _ becket.Kind, _ *becket.Subject, _ *becket.Moment) becket.Result {
	return becket.Result{Variant: &becket.Variant{Name: "v", Value: r.values[flag]}, Reason: becket.ReasonStatic}
}

func TestSingleAndBulkAnswersHaveTheSameValue(t *testing.T) {
	object := func(text string) becket.Value { return becket.ObjectValue([]byte(text)) }
	for _, c := range []struct {
		name  string
		value becket.Value
		want  string // "" expects an error
	}{
		{
			"an integer in an object beyond a float64", object(`{"id": 9007199254740993}`),
			`"value":{"id":9007199254740993}`,
		},
		{"many digits in a list", object(`[1.00000000000000000001]`), `"value":[1.00000000000000000001]`},
		{"an integer beyond a float64", becket.IntValue(9007199254740993), `"value":9007199254740993`},
		{"a large float", becket.FloatValue(1e300), `"value":1e+300`},
		{"a number in an object that no float64 can hold", object(`{"id": 1e400}`), ""},
		{"JSON that is none", object(`{"id": `), ""},
		{"an infinity", becket.FloatValue(inf()), ""},
		{"a text", becket.StringValue("</script>"), `"value":"\u003c/script\u003e"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			format := literal{"f": c.value, "other": becket.BoolValue(true)}
			h := ofrep.NewHandler(serving(t, `{}`, becket.WithFormat(format)),
				ofrep.WithExposed(func(becket.FlagInfo) bool { return true }))
			response, single := ask(t, h, "/f", `{}`)
			bulkResponse, bulk := ask(t, h, "", `{}`)
			assert.Equal(t, http.StatusOK, bulkResponse.StatusCode, "the other flag is answered")
			assert.Contains(t, bulk, `"value":true`)
			if c.want == "" {
				c.want = `"errorCode":"PARSE_ERROR"`
				assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			}
			assert.Contains(t, single, c.want)
			assert.Contains(t, bulk, c.want)
		})
	}
}

func inf() float64 { f := 1e308; return f * 10 }

func TestRequestsOfOtherKinds(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))
	send := func(method, path, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	const all, kind = "/ofrep/v1/evaluate/flags", "Content-Type"
	assert.Equal(t, http.StatusOK, send("POST", all, `{}`).Code, "a program without a type for its body")
	assert.Equal(t, http.StatusUnsupportedMediaType, send("POST", all, `{}`, "Origin", "https://example.com").Code,
		"any page can send that")
	assert.Equal(t, http.StatusUnsupportedMediaType,
		send("POST", all, `a=b`, kind, "application/x-www-form-urlencoded").Code)
	assert.Equal(t, http.StatusUnsupportedMediaType,
		send("POST", all, `{}`, kind, "application/json", "Content-Encoding", "gzip").Code)
	assert.Equal(t, http.StatusOK,
		send("POST", all, `{}`, kind, "application/json; charset=utf-8", "Content-Encoding", "identity").Code)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "TRACE"} {
		w := send(method, all, "")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Contains(t, w.Header().Get("Allow"), "POST")
	}
	assert.Equal(t, http.StatusNoContent, send("OPTIONS", all+"/checkout", "").Code)
	assert.Equal(t, http.StatusNotFound, send("POST", "/ofrep/v1/elsewhere", `{}`).Code)
	r := httptest.NewRequestWithContext(t.Context(), "POST", all, http.NoBody)
	r.Body = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, http.StatusOK, w.Code, "a request without a body, from a program")
}
