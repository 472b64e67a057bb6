package pages_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/flagtest"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/format/flagd"
	"github.com/becketflags/becket/ofrep"
	"github.com/becketflags/becket/shadow"
)

// The Go blocks of the pages, unchanged: the code that a reader copies compiles, and runs here.

type Limits struct{ RPS int }

const shop = `{"schema": 1, "revision": 1, "flags": {
	"new-checkout": {"expires": "2026-01-01", "owner": "payments", "default": "on"},
	"unused": {"default": "on"},
	"theme": {"variants": {"light": "light", "dark": "dark"}, "default": "dark"},
	"limits": {"variants": {"standard": {"RPS": 100}}, "default": "standard"}}}`

func newShop(t *testing.T) *becket.Client {
	t.Helper()
	client, err := becket.New(becket.Bytes([]byte(shop)), becket.WithBootstrap([]byte(shop)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestPageExposures(t *testing.T) {
	source, file := becket.Bytes([]byte(shop)), io.Discard
	client, err := becket.New(source, becket.WithExposures(becket.LineSink(file)))
	require.NoError(t, err)
	require.NoError(t, client.Wait(t.Context()))

	subject := becket.NewSubject("user-42")
	render := func(r becket.Result) any { return r.Variant.Name }
	view := client.For(subject)
	page := render(view.Peek("new-checkout", becket.KindBool))
	view.Expose("new-checkout")
	assert.Equal(t, "on", page)
	require.NoError(t, client.Close())
}

type warehouseFake struct{ rows int }

func (w *warehouseFake) Insert(_ context.Context, batch []becket.Exposure) error {
	w.rows += len(batch)
	return nil
}

func TestPageExposuresOwnSink(t *testing.T) {
	warehouse := &warehouseFake{}
	exposures := becket.WithExposures(func(ctx context.Context, batch []becket.Exposure) error {
		return warehouse.Insert(ctx, batch)
	})
	document := []byte(`{"schema": 1, "flags": {"f": {"track": "all", "default": "on"}}}`)
	client, err := becket.New(becket.Bytes(document), exposures, becket.WithBootstrap(document))
	require.NoError(t, err)
	client.For(becket.NewSubject("user-42")).Enabled("f")
	require.NoError(t, client.Close())
	assert.Equal(t, 1, warehouse.rows)
}

func TestPageHandles(t *testing.T) {
	client := newShop(t)
	flags := client.For(becket.NewSubject("user-42"))
	var (
		NewCheckout = becket.BoolFlag{Key: "new-checkout"}
		Theme       = becket.StringFlag{Key: "theme", Default: "light"}
		RateLimits  = becket.JSONFlag[Limits]{Key: "limits", Default: Limits{RPS: 100}}
	)

	if NewCheckout.On(flags) {
		fmt.Println("the new checkout")
	}
	theme := Theme.In(flags)
	assert.Equal(t, "dark", theme)

	logger := slog.New(slog.DiscardHandler)
	unasked, err := client.Verify(NewCheckout, Theme, RateLimits)
	if err != nil {
		logger.Error("handles do not fit the ruleset", "error", err)
	}
	for _, key := range unasked { // flags that no handle asks for
		logger.Warn("nobody asks for this flag", "flag", key)
	}
	require.NoError(t, err)
	assert.Equal(t, []string{"unused"}, unasked)

	client.Listen(becket.Hooks{OnChange: func(becket.Changes) {
		for _, flag := range client.Expired(time.Now()) {
			logger.Warn("a flag has expired", "flag", flag.Key, "owner", flag.Owner)
		}
	}})
}

func TestPageMovingFromConfigCat(t *testing.T) {
	sdkKey, cacheDir := "configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/AG6C1ngVb0CvM07un6JisQ", t.TempDir()
	client, err := becket.New(
		configcat.CDN(sdkKey), // the address, redirects and ETag that ConfigCat's SDK uses
		becket.WithFormat(configcat.V6),
		becket.WithDiskCache(cacheDir),
	)
	require.NoError(t, err)
	require.NoError(t, client.Close())
}

func TestPageMovingFromFlagd(t *testing.T) {
	cacheDir := t.TempDir()
	client, err := becket.New(
		becket.HTTP("https://cdn.example.com/flags.flagd.json"), // or becket.File(path)
		becket.WithFormat(flagd.Format),
		becket.WithDiskCache(cacheDir),
	)
	require.NoError(t, err)
	require.NoError(t, client.Close())
}

// oldLibrary stands for the library that a program moves away from.
type oldLibrary struct{}

func (oldLibrary) GetBoolValue(string, bool, string) bool { return true }

func TestPageMovingWithShadow(t *testing.T) {
	old, user, subject := oldLibrary{}, "user-42", becket.NewSubject("user-42")
	client, logger := newShop(t), slog.New(slog.DiscardHandler)
	compare := shadow.New(0.01, func(d shadow.Difference) { // one check in a hundred
		logger.Warn("flags differ", "flag", d.Flag, "old", d.Old, "becket", d.Becket)
	})

	enabled := shadow.Bool(compare, "new-checkout", old.GetBoolValue("new-checkout", false, user), func() bool {
		return client.For(subject).Enabled("new-checkout")
	})
	assert.True(t, enabled)
}

func TestPageOFREP(t *testing.T) {
	client, mux := newShop(t), http.NewServeMux()
	authorize := func(*http.Request) error { return nil }
	mux.Handle("/ofrep/", ofrep.NewHandler(client, ofrep.WithAuthorization(authorize)))

	mux = http.NewServeMux()
	mux.Handle("/ofrep/", ofrep.NewHandler(client, ofrep.WithEventStream()))

	type session struct{ User string }
	sessionOf := func(*http.Request) session { return session{"user-42"} }
	countryOf := func(*http.Request) string { return "DE" }
	subject := ofrep.WithSubject(func(r *http.Request, claimed becket.Subject) becket.Subject {
		return becket.NewSubject(sessionOf(r).User, becket.String("country", countryOf(r)))
	})
	asked := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/ofrep/v1/evaluate/flags/new-checkout", strings.NewReader("{}"))
	request.Header.Set("Content-Type", "application/json")
	everything := ofrep.WithExposed(func(becket.FlagInfo) bool { return true })
	ofrep.NewHandler(client, subject, everything).ServeHTTP(asked, request)
	assert.Equal(t, http.StatusOK, asked.Code, asked.Body)

	request = httptest.NewRequest(http.MethodPost, "/ofrep/v1/evaluate/flags", strings.NewReader("{}"))
	asked = httptest.NewRecorder()
	mux.ServeHTTP(asked, request)
	assert.Contains(t, asked.Body.String(), `"eventStreams":[{"type":"sse"`)
}

func NewHandler(client *becket.Client) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, client.For(becket.NewSubject("user-42")).String("theme", ""))
	})
}

func TestPageTesting(t *testing.T) {
	fake := flagtest.New(t, flagtest.Values{"new-checkout": true, "theme": "dark"})
	handler := NewHandler(fake.Client())
	assert.HTTPBodyContains(t, handler.ServeHTTP, http.MethodGet, "/", nil, "dark")
}
