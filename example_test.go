package becket_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/flagtest"
)

// The examples of the README. A test compares the two word for word, except for the address: here
// it is replaced by the address of a local server.

// shipped is a ruleset as a program would embed it.
var shipped = []byte(`{"schema": 1, "revision": 1, "flags": {
	"new-checkout": {"rules": [{"name": "germany", "if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]},
	"theme": {"variants": {"light": "light", "dark": "dark"}, "default": "dark"},
	"upload-limit-mb": {"variants": {"normal": 25, "large": 100}, "default": "large"},
	"limits": {"variants": {"standard": {"rps": 100}, "generous": {"rps": 500}}, "default": "generous"}
}}`)

// Limits is the type into which the examples decode the object flag.
type Limits struct {
	RPS int `json:"rps"`
}

// cdn starts a server that sends the ruleset.
func cdnServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(shipped)
	}))
}

func shippedView() (becket.View, func()) {
	client, err := becket.New(becket.Bytes(shipped), becket.WithBootstrap(shipped))
	if err != nil {
		log.Fatal(err)
	}
	// so that the tier is always the same
	if err := client.Refresh(context.Background()); err != nil {
		log.Fatal(err)
	}
	view := client.For(becket.NewSubject("user-42", becket.String("country", "DE")))
	return view, func() { _ = client.Close() }
}

func Example() {
	server := cdnServer()
	defer server.Close()
	cdn := server.URL
	cacheDir, err := os.MkdirTemp("", "becket-example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(cacheDir)

	client, err := becket.New(
		becket.HTTP(cdn+"/flags/production.json"),
		becket.WithDiskCache(cacheDir), // the next start works without the flag service
		becket.WithBootstrap(shipped),  // so does the first
	)
	if err != nil {
		log.Fatal(err) // a mistake in the options, never an outage
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := client.Wait(ctx); err != nil { // nil with the disk copy or the bootstrap too
		log.Print(err)
	}

	flags := client.For(becket.NewSubject("user-42", becket.String("country", "DE"), becket.Int("age", 31)))
	if flags.Enabled("new-checkout") {
		fmt.Println("the new checkout")
	} else {
		fmt.Println("the old checkout")
	}
	// Output: the new checkout
}

func ExampleView_String() {
	flags, stop := shippedView()
	defer stop()

	theme := flags.String("theme", "light")
	limit := flags.Int("upload-limit-mb", 25)
	limits := becket.JSON(flags, "limits", Limits{RPS: 100}) // any type, decoded once per ruleset

	fmt.Println(theme, limit, limits.RPS)
	// Output: dark 100 500
}

func ExampleView_BoolDetail() {
	flags, stop := shippedView()
	defer stop()

	d := flags.BoolDetail("new-checkout", false)
	fmt.Println(d.Value, d.Variant, d.Rule, d.Reason, d.Revision, d.Tier, d.Err)
	// Output: true on germany TARGETING_MATCH 1 network <nil>
}

func subjectOf(r *http.Request) becket.Subject {
	return becket.NewSubject(r.Header.Get("X-User"), becket.String("country", r.Header.Get("X-Country")))
}

// login takes the place of a service that gives tokens.
func login(context.Context) (token string, expires time.Time, err error) {
	return "t-1", time.Now().Add(time.Hour), nil
}

func ExampleWithHeaderFunc() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Header.Get("Authorization"))
		_, _ = w.Write(shipped)
	}))
	defer server.Close()

	var token string
	var expires time.Time
	authorize := func(ctx context.Context) (header http.Header, err error) {
		if time.Until(expires) < time.Minute {
			if token, expires, err = login(ctx); err != nil {
				return nil, err
			}
		}
		return http.Header{"Authorization": {"Bearer " + token}}, nil
	}
	client, err := becket.New(becket.HTTP(server.URL, becket.WithHeaderFunc(authorize)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Println(client.Wait(context.Background()))
	// Output:
	// Bearer t-1
	// <nil>
}

func ExampleClient_Middleware() {
	client, err := becket.New(becket.Bytes(shipped), becket.WithBootstrap(shipped))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("/checkout", func(w http.ResponseWriter, r *http.Request) {
		if becket.From(r.Context()).Enabled("new-checkout") {
			fmt.Fprintln(w, "the new checkout")
			return
		}
		fmt.Fprintln(w, "the old checkout")
	})
	handler := client.Middleware(subjectOf)(mux)

	for _, country := range []string{"DE", "US"} {
		request := httptest.NewRequest(http.MethodGet, "/checkout", nil)
		request.Header.Set("X-Country", country)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Print(country, ": ", response.Body)
	}
	// Output:
	// DE: the new checkout
	// US: the old checkout
}

var NewCheckout = becket.BoolFlag{Key: "new-checkout"}

func checkout(flags becket.View) string {
	if NewCheckout.On(flags) {
		return "the new checkout"
	}
	return "the old checkout"
}

func ExampleBoolFlag() {
	flags, stop := shippedView()
	defer stop()
	fmt.Println(checkout(flags))
	// Output: the new checkout
}

func ExampleClient_Status() {
	client, err := becket.New(becket.FS(os.DirFS("."), "no-such-file.json"), becket.WithBootstrap(shipped))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	s := client.Status()
	fmt.Println(s.Tier, s.Revision, s.Health())
	// Output: bootstrap 1 degraded
}

// NewHandler takes the place of the program under test.
func NewHandler(client *becket.Client) http.Handler {
	return client.Middleware(subjectOf)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, checkout(becket.From(r.Context())), " in ", becket.From(r.Context()).String("theme", "light"))
	}))
}

func TestTheNewCheckout(t *testing.T) {
	fake := flagtest.New(t, flagtest.Values{"new-checkout": true, "theme": "dark"})
	handler := NewHandler(fake.Client())
	// ...
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := strings.TrimSpace(response.Body.String()); got != "the new checkout in dark" {
		t.Errorf("got %q", got)
	}
}
