package becket

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func subjectOf(r *http.Request) Subject { return NewSubject(r.Header.Get("User")) }

func TestTheMiddlewareFindsTheSubjectOnce(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	found := 0
	handler := client.Middleware(func(r *http.Request) Subject { found++; return subjectOf(r) })(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			flags := From(r.Context())
			fmt.Fprint(w, flags.Subject().Key(), " ", flags.String("theme", "none"), " ",
				From(r.Context()).Int("limit", 0))
		}))
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("User", "user-42")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	assert.Equal(t, "user-42 dark 10", answer.Body.String())
	assert.Equal(t, 1, found)
}

func TestAContextWithoutAViewGivesDefaults(t *testing.T) {
	t.Parallel()
	assert.True(t, From(t.Context()).Bool("theme", true))
	assert.Equal(t, ReasonError, From(t.Context()).StringDetail("theme", "").Reason)
	for range From(t.Context()).All() {
		t.Error("the zero view has no flags")
	}
	_, ok := From(t.Context()).Flag("theme")
	assert.False(t, ok)
}

func TestANilClientsMiddlewareServesDefaults(t *testing.T) {
	t.Parallel()
	var none *Client
	answer := httptest.NewRecorder()
	none.Middleware(subjectOf)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, From(r.Context()).String("theme", "none"))
	})).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, "none", answer.Body.String())
}

func TestTheMiddlewareWithoutAFunctionServesAnEmptySubject(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	answer := httptest.NewRecorder()
	client.Middleware(nil)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := From(r.Context()).Subject()
		fmt.Fprint(w, From(r.Context()).String("theme", "none"), " ", subject.IsZero())
	})).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, "dark true", answer.Body.String())
}

func TestAttributesAddedLaterKeepTheRulesetOfTheView(t *testing.T) {
	t.Parallel()
	rules := `{"schema":1,"flags":{"a":{"rules":[{"if":{"attribute":"plan","in":["gold"]},"serve":"on"}]}}}`
	client := newTestClient(t, Bytes([]byte(rules)), WithBootstrap([]byte(rules)))
	v := client.For(NewSubject("user-1", String("plan", "free"), Int("age", 31)))
	ctx := NewContext(t.Context(), v)
	ctx = NewContext(ctx, From(ctx).With(String("plan", "gold")))
	assert.True(t, From(ctx).Enabled("a"), "the later attribute counts")
	assert.False(t, v.Enabled("a"), "the earlier view has not changed")
	subject := From(ctx).Subject()
	age, _ := subject.Attribute("age")
	assert.Equal(t, int64(31), age.Int())
	assert.Same(t, v.snapshot, From(ctx).snapshot)
}

// TestOneRequestSeesOneRuleset publishes rulesets in the middle of every request. Four requests run
// at a time. All flags of a ruleset serve its number, so that a request notices if two checks use
// different rulesets.
func TestOneRequestSeesOneRuleset(t *testing.T) {
	t.Parallel()
	const flags = 5
	document := func(number int) []byte {
		parts := make([]string, flags)
		for i := range parts {
			parts[i] = fmt.Sprintf(`"f%d":{"variants":{"v":%d},"default":"v","requires":[{"flag":"on","in":["on"]}]}`,
				i, number)
		}
		return fmt.Appendf(nil, `{"schema":1,"revision":%d,"flags":{"on":{"default":"on"},%s}}`,
			number, strings.Join(parts, ","))
	}
	client := newTestClient(t, Bytes(document(1)), WithBootstrap(document(1)))
	require.NoError(t, client.Refresh(t.Context()))
	snapshots := make([]*snapshot, 64)
	for i := range snapshots {
		rules, err := Native.Decode(document(i + 2))
		require.NoError(t, err)
		snapshots[i] = newSnapshot(rules, TierNetwork, client.config.clock, nil)
	}
	var mixed, asked, swapped atomic.Int64
	seen := sync.Map{}
	handler := client.Middleware(subjectOf)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		first := From(r.Context()).IntDetail("f0", -1)
		seen.Store(first.Value, true)
		for i := range 20 * flags {
			if i == 10*flags { // in the middle of every request
				client.cache.store(snapshots[int(swapped.Add(1))%len(snapshots)])
			}
			d := From(r.Context()).IntDetail(fmt.Sprint("f", i%flags), -1)
			if d.Value != first.Value || d.Revision != int64(first.Value) || d.Variant != "v" {
				mixed.Add(1)
			}
			asked.Add(1)
		}
	}))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 500 {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}
		})
	}
	group.Wait()
	assert.Zero(t, mixed.Load(), "answers of another ruleset than the request's first")
	assert.Equal(t, int64(4*500*20*flags), asked.Load())
	assert.Equal(t, int64(4*500), swapped.Load())
	rulesets := 0
	seen.Range(func(any, any) bool { rulesets++; return true })
	assert.Greater(t, rulesets, 10, "the requests must have met several rulesets")
	t.Logf("%d swaps during %d requests, which met %d rulesets", swapped.Load(), 2000, rulesets)
}

func TestMiddlewareWithoutAHandlerAnswersWithAnError(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, newScript(failing(errDown)))
	for _, handler := range []http.Handler{nil, http.NotFoundHandler()} {
		recorder := httptest.NewRecorder()
		client.Middleware(nil)(handler).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
		assert.Equal(t, handler == nil, recorder.Code == http.StatusInternalServerError)
		assert.Equal(t, handler == nil, strings.Contains(recorder.Body.String(), "was given no handler"))
	}
}
