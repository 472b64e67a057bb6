package ofrep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/ofrep"
)

const document = `{"schema": 1, "revision": 42, "environment": "production", "flags": {
	"checkout": {"tags": ["public"], "owner": "payments", "description": "secret plans",
		"metadata": {"team": "checkout"},
		"rules": [{"name": "the rule", "if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]},
	"theme": {"tags": ["public", "mobile"], "variants": {"dark": "#000"}, "default": "dark"},
	"limit": {"tags": ["public"], "variants": {"high": 9007199254740993}, "default": "high"},
	"ratio": {"tags": ["public"], "variants": {"half": 0.5}, "default": "half"},
	"limits": {"tags": ["public"], "variants": {"small": {"rps": 10}}, "default": "small"},
	"arm": {"tags": ["public"], "default": {"split": {"on": 1}}},
	"silent": {"tags": ["public"], "enabled": false, "variants": {"a": "x"}, "default": "a"},
	"broken": {"tags": ["public"], "rules": 7},
	"a/b c": {"tags": ["public"]},
	"internal": {"tags": ["mobile"]}
}}`

func newClient(t *testing.T, options ...becket.Option) *becket.Client {
	t.Helper()
	return serving(t, document, options...)
}

// ask sends a request to a handler and returns the response with its body.
func ask(t *testing.T, h http.Handler, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/ofrep/v1/evaluate/flags"+path,
		strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	response := w.Result()
	got, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(got)
}

func TestASingleFlagIsEvaluated(t *testing.T) {
	const origin = `"flagSetId": "production", "version": "42"`
	cases := []struct{ name, flag, context, want string }{
		{"a rule applies", "checkout", `{"targetingKey": "u", "country": "DE"}`,
			`{"key": "checkout", "value": true, "reason": "TARGETING_MATCH", "variant": "on", "metadata": {"team": "checkout", ` + origin + `}}`},
		{"false is a value", "checkout", `{"country": "FR"}`,
			`{"key": "checkout", "value": false, "reason": "DEFAULT", "variant": "off", "metadata": {"team": "checkout", ` + origin + `}}`},
		{
			"text", "theme", `{}`,
			`{"key": "theme", "value": "#000", "reason": "STATIC", "variant": "dark", "metadata": {` + origin + `}}`,
		},
		{
			"fraction", "ratio", `{}`,
			`{"key": "ratio", "value": 0.5, "reason": "STATIC", "variant": "half", "metadata": {` + origin + `}}`,
		},
		{
			"object", "limits", `{}`,
			`{"key": "limits", "value": {"rps": 10}, "reason": "STATIC", "variant": "small", "metadata": {` + origin +
				`}}`,
		},
		{
			"no value where the caller's default counts", "silent", `{}`,
			`{"key": "silent", "reason": "DISABLED", "metadata": {` + origin + `}}`,
		},
		{
			"a key with a slash and a space", "a%2Fb%20c", `{}`,
			`{"key": "a/b c", "value": false, "reason": "STATIC", "variant": "off", "metadata": {` + origin + `}}`,
		},
	}
	h := ofrep.NewHandler(newClient(t))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			response, body := ask(t, h, "/"+c.flag, `{"context": `+c.context+`}`)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.Equal(t, "application/json; charset=utf-8", response.Header.Get("Content-Type"))
			assert.JSONEq(t, c.want, body)
		})
	}
	_, body := ask(t, h, "/limit", `{}`)
	assert.Contains(t, body, `"value":9007199254740993`, "no detour by float64")
}

func TestErrorsHaveTheProtocolsBodies(t *testing.T) {
	cases := []struct {
		name, path, body string
		status           int
		key, code        string
	}{
		{"no such flag", "/nowhere", `{}`, 404, "nowhere", "FLAG_NOT_FOUND"},
		{"a flag that is not shown", "/internal", `{}`, 404, "internal", "FLAG_NOT_FOUND"},
		{"a split without a key", "/arm", `{"context": {}}`, 400, "arm", "TARGETING_KEY_MISSING"},
		{"a flag that could not be read", "/broken", `{}`, 404, "broken", "FLAG_NOT_FOUND"},
		{"no JSON", "/checkout", `{"context"`, 400, "checkout", "PARSE_ERROR"},
		{"two documents", "/checkout", `{} {}`, 400, "checkout", "PARSE_ERROR"},
		{"a context that is no object", "/checkout", `{"context": [1]}`, 400, "checkout", "INVALID_CONTEXT"},
		{"a key that is no text", "/checkout", `{"context": {"targetingKey": 7}}`, 400, "checkout", "INVALID_CONTEXT"},
		{
			"a number out of range", "/checkout", `{"context": {"a": {"b": [1e999]}}}`, 400, "checkout",
			"INVALID_CONTEXT",
		},
		{
			"too large", "/checkout", `{"context": {"a": "` + strings.Repeat("x", 70_000) + `"}}`, 413, "checkout",
			"INVALID_CONTEXT",
		},
		{"no JSON, bulk", "", `nonsense`, 400, "", "PARSE_ERROR"},
		{"too large, bulk", "", strings.Repeat(" ", 70_000), 413, "", "INVALID_CONTEXT"},
	}
	h := ofrep.NewHandler(newClient(t))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			response, body := ask(t, h, c.path, c.body)
			assert.Equal(t, c.status, response.StatusCode)
			var failure map[string]string
			require.NoError(t, json.Unmarshal([]byte(body), &failure), body)
			assert.Equal(t, c.code, failure["errorCode"])
			assert.Equal(t, c.key, failure["key"])
			assert.NotEmpty(t, failure["errorDetails"])
		})
	}
}

func TestOtherMethodsAndTypesAreRefused(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))
	response, _ := ask(t, h, "/checkout", `{}`, "Content-Type", "text/plain")
	assert.Equal(t, http.StatusUnsupportedMediaType, response.StatusCode)
	w := httptest.NewRecorder()
	h.ServeHTTP(w,
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ofrep/v1/evaluate/flags/checkout", http.NoBody))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestBulkReturnsEveryShownFlag(t *testing.T) {
	h := ofrep.NewHandler(newClient(t))
	response, body := ask(t, h, "", `{"context": {"country": "DE"}}`)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.JSONEq(t, `{"metadata": {"flagSetId": "production", "version": "42"}, "flags": [
		{"key": "a/b c", "value": false, "reason": "STATIC", "variant": "off"},
		{"key": "arm", "errorCode": "TARGETING_KEY_MISSING",
			"errorDetails": "a split was reached and the subject has no key to hash"},
		{"key": "checkout", "value": true, "reason": "TARGETING_MATCH", "variant": "on",
			"metadata": {"team": "checkout"}},
		{"key": "limit", "value": 9007199254740993, "reason": "STATIC", "variant": "high"},
		{"key": "limits", "value": {"rps": 10}, "reason": "STATIC", "variant": "small"},
		{"key": "ratio", "value": 0.5, "reason": "STATIC", "variant": "half"},
		{"key": "silent", "reason": "DISABLED"},
		{"key": "theme", "value": "#000", "reason": "STATIC", "variant": "dark"}
	]}`, body)
}

func TestAnswersRevealNothingInternal(t *testing.T) {
	h := ofrep.NewHandler(newClient(t), ofrep.WithExposed(func(becket.FlagInfo) bool { return true }))
	_, bulk := ask(t, h, "", `{"context": {"targetingKey": "u", "country": "DE"}}`)
	_, single := ask(t, h, "/checkout", `{"context": {"country": "DE"}}`)
	_, broken := ask(t, h, "/broken", `{}`)
	assert.Contains(t, bulk, `"internal"`)
	assert.Contains(t, broken, "PARSE_ERROR")
	for _, secret := range []string{"payments", "secret plans", "the rule", "rules"} {
		assert.NotContains(t, bulk+single+broken, secret)
	}
}

func TestTheETagFollowsTheAnswer(t *testing.T) {
	var body atomic.Pointer[string]
	set := func(text string) { body.Store(&text) }
	set(document)
	client, err := becket.New(changing(func() string { return *body.Load() }))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	h := ofrep.NewHandler(client)

	first, _ := ask(t, h, "", `{"context": {"country": "DE"}}`)
	tag := first.Header.Get("ETag")
	require.NotEmpty(t, tag)
	for _, header := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		same, rest := ask(t, h, "", `{"context": {"country": "DE"}}`, "If-None-Match", header)
		assert.Equal(t, http.StatusNotModified, same.StatusCode, header)
		assert.Equal(t, tag, same.Header.Get("ETag"))
		assert.Empty(t, rest)
	}
	other, _ := ask(t, h, "", `{"context": {"country": "FR"}}`, "If-None-Match", tag)
	assert.Equal(t, http.StatusOK, other.StatusCode, "another context, another answer")

	set(strings.Replace(document, `"#000"`, `"#111"`, 1))
	require.NoError(t, client.Refresh(t.Context()))
	changed, text := ask(t, h, "", `{"context": {"country": "DE"}}`, "If-None-Match", tag)
	assert.Equal(t, http.StatusOK, changed.StatusCode)
	assert.Contains(t, text, "#111")
	assert.NotEqual(t, tag, changed.Header.Get("ETag"))

	set(strings.Replace(document, `"mobile"`, `"internal"`, 1))
	require.NoError(t, client.Refresh(t.Context()))
	_, text = ask(t, h, "", `{}`)
	assert.Contains(t, text, `"theme"`)
	set(strings.Replace(document, `"public", "mobile"`, `"mobile"`, 1))
	require.NoError(t, client.Refresh(t.Context()))
	_, text = ask(t, h, "", `{}`)
	assert.NotContains(t, text, `"theme"`, "the shown flags follow the ruleset")
}

// changing is a source whose document a test changes.
type changing func() string

func (c changing) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{Body: []byte(c())}, nil
}

func (c changing) Identity() string { return "changing" }

func TestUnauthorisedCallersGetNoInformation(t *testing.T) {
	h := ofrep.NewHandler(newClient(t), ofrep.WithAuthorization(func(r *http.Request) error {
		switch r.Header.Get("Authorization") {
		case "Bearer good":
			return nil
		case "Bearer other":
			return fmt.Errorf("wrong team: %w", ofrep.ErrForbidden)
		default:
			return errors.New("the secret reason")
		}
	}))
	for header, status := range map[string]int{"Bearer good": 200, "Bearer other": 403, "": 401} {
		for _, path := range []string{"", "/checkout", "/nowhere"} {
			response, body := ask(t, h, path, `{}`, "Authorization", header)
			if path == "/nowhere" && status == 200 {
				assert.Equal(t, 404, response.StatusCode)
				continue
			}
			assert.Equal(t, status, response.StatusCode)
			assert.Equal(t, status != 200, body == "", body)
		}
	}
}

func TestTheProgramMayReplaceTheSubject(t *testing.T) {
	h := ofrep.NewHandler(newClient(t), ofrep.WithSubject(func(r *http.Request, claimed becket.Subject) becket.Subject {
		country, _ := claimed.Attribute("country")
		return becket.NewSubject(r.Header.Get("X-Session"), becket.String("country", strings.ToUpper(country.Text())))
	}))
	_, body := ask(t, h, "/checkout", `{"context": {"country": "de"}}`)
	assert.Contains(t, body, `"value":true`)
	_, body = ask(t, h, "/arm", `{"context": {}}`, "X-Session", "user-42")
	assert.Contains(t, body, `"value":true`)
}

func TestFlagsAreShownByTag(t *testing.T) {
	h := ofrep.NewHandler(newClient(t), ofrep.WithExposedTag("mobile"))
	_, body := ask(t, h, "", `{}`)
	assert.Contains(t, body, `"internal"`)
	assert.Contains(t, body, `"theme"`)
	assert.NotContains(t, body, `"checkout"`)
}

func TestWithoutARulesetTheAnswerSaysSo(t *testing.T) {
	for _, path := range []string{"", "/checkout"} {
		response, body := ask(t, ofrep.NewHandler(nil), path, `{}`)
		assert.Equal(t, http.StatusInternalServerError, response.StatusCode)
		assert.Contains(t, body, `"errorCode":"PROVIDER_NOT_READY"`)
	}
}

func TestOnlySingleEvaluationsAreExposures(t *testing.T) {
	exposed := make(chan []becket.Exposure, 1)
	client := newClient(t, becket.WithExposures(becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
		exposed <- batch
		return nil
	})))
	h := ofrep.NewHandler(client)
	ask(t, h, "", `{"context": {"targetingKey": "user-1"}}`)
	ask(t, h, "/arm", `{"context": {"targetingKey": "user-2"}}`)
	require.NoError(t, client.Flush(t.Context()))
	batch := <-exposed
	require.Len(t, batch, 1)
	assert.Equal(t, "user-2", batch[0].Subject.Key())
}

func TestPagesOfOtherOrigins(t *testing.T) {
	const app, elsewhere = "https://app.example.com", "https://elsewhere.example.com"
	preflight := func(h http.Handler, origin string) http.Header {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/ofrep/v1/evaluate/flags", http.NoBody)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, http.StatusNoContent, w.Code)
		return w.Header()
	}
	denied := ofrep.WithAuthorization(func(*http.Request) error { return errors.New("no") })

	h := ofrep.NewHandler(newClient(t), ofrep.WithAllowedOrigins(app), denied)
	assert.Equal(t, app, preflight(h, app).Get("Access-Control-Allow-Origin"))
	assert.Contains(t, preflight(h, app).Get("Access-Control-Allow-Headers"), "If-None-Match")
	assert.Empty(t, preflight(h, elsewhere).Get("Access-Control-Allow-Origin"))

	response, _ := ask(t, ofrep.NewHandler(newClient(t), ofrep.WithAllowedOrigins(app)), "", `{}`, "Origin", app)
	assert.Equal(t, "ETag", response.Header.Get("Access-Control-Expose-Headers"))
	assert.Equal(t, "Origin", response.Header.Get("Vary"))

	all := ofrep.NewHandler(newClient(t), ofrep.WithAllowedOrigins("*"))
	assert.Equal(t, "*", preflight(all, elsewhere).Get("Access-Control-Allow-Origin"))
	assert.Empty(t, preflight(all, elsewhere).Get("Access-Control-Allow-Credentials"))
	assert.Empty(t, preflight(ofrep.NewHandler(newClient(t)), app).Get("Access-Control-Allow-Origin"),
		"by default no other origin is allowed")
}

func TestContextsKeepTheirMeaning(t *testing.T) {
	cases := []struct{ name, condition, context string }{
		{"an integer beyond int64", `{"attribute": "a", "in": [18446744073709551615]}`, `{"a": 18446744073709551615}`},
		{"an integer beyond 64 bits", `{"attribute": "a", "gt": 18446744073709551615}`, `{"a": 18446744073709551616}`},
		{"a list with null", `{"attribute": "a", "in": ["beta"]}`, `{"a": ["beta", null]}`},
		{"an integer beyond float64", `{"attribute": "a", "in": [9007199254740993]}`, `{"a": 9007199254740993}`},
		{"an integral number however written", `{"attribute": "a", "in": [7]}`, `{"a": 7.0}`},
		{"a fraction", `{"attribute": "a", "in": [7.5]}`, `{"a": 7.5}`},
		{"a list", `{"attribute": "a", "in": [7]}`, `{"a": ["x", 7]}`},
		{"a nested object", `{"attribute": "a.b.c", "in": [7]}`, `{"a": {"b": {"c": 7}}}`},
		{"a name written out beats an object", `{"attribute": "a.b", "in": [7]}`, `{"a": {"b": 8}, "a.b": 7}`},
		{"the key", `{"attribute": "key", "in": ["u"]}`, `{"targetingKey": "u"}`},
		{"null is missing", `{"attribute": "a", "exists": false}`, `{"a": null}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf(`{"schema": 1, "flags": {"f": {"tags": ["public"], "rules": [{"if": %s, "serve": "on"}]}}}`, c.condition)
			client, err := becket.New(becket.Bytes([]byte(text)))
			require.NoError(t, err)
			defer client.Close()
			require.NoError(t, client.Refresh(t.Context()))
			_, body := ask(t, ofrep.NewHandler(client), "/f", `{"context": `+c.context+`}`)
			assert.Contains(t, body, `"value":true`)
		})
	}
}

func FuzzRequest(f *testing.F) {
	client, err := becket.New(becket.Bytes([]byte(document)))
	require.NoError(f, err)
	defer client.Close()
	require.NoError(f, client.Refresh(f.Context()))
	h := ofrep.NewHandler(client)
	for _, seed := range []string{
		`{}`, `{"context": {"targetingKey": "u", "a": [1, {"b": 2}]}}`, `{"context": 7}`, `nonsense`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"", "/arm"} {
			response, text := ask(t, h, path, body)
			assert.Contains(t, []int{200, 400, 413}, response.StatusCode)
			assert.True(t, json.Valid([]byte(text)))
		}
	})
}
