package becket_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/becketflags/becket"
)

// The examples of docs/handles.md, docs/explain.md, docs/exposures.md and docs/testing.md.

const shop = `{"schema": 1, "revision": 42, "flags": {
	"new-checkout": {"owner": "payments", "expires": "2026-10-01", "rules": [
		{"name": "germany", "if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]},
	"theme": {"variants": {"light": "light", "dark": "dark"}, "default": {"split": {"light": 1, "dark": 1}}},
	"limits": {"variants": {"standard": {"rps": 100}}, "default": "standard"},
	"search": {}
}}`

// newShop returns a client that serves the shop's flags.
func newShop(options ...becket.Option) *becket.Client {
	clock := func() time.Time { return time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC) }
	client, err := becket.New(becket.Bytes([]byte(shop)),
		append(options, becket.WithBootstrap([]byte(shop)), becket.WithClock(clock))...)
	if err != nil {
		panic(err)
	}
	return client
}

func ExampleClient_Verify() {
	client := newShop()
	defer client.Close()
	handles := []becket.Handle{
		becket.BoolFlag{Key: "new-chekout"},
		becket.StringFlag{Key: "theme", Default: "mauve"},
		becket.JSONFlag[Limits]{Key: "limits", Default: Limits{RPS: 100}},
	}
	unasked, err := client.Verify(handles...)
	fmt.Println(err)
	fmt.Println("nobody asks for", unasked)
	// Output:
	// becket: handle "new-chekout": the ruleset has no such flag (did you mean "new-checkout"?)
	// becket: handle "theme": the default is none of the flag's variants: "mauve"
	// nobody asks for [new-checkout search]
}

func ExampleJSONFlag() {
	limits := becket.JSONFlag[Limits]{Key: "limits", Default: Limits{RPS: 10}}
	client := newShop()
	defer client.Close()
	fmt.Println(limits.In(client.For(becket.NewSubject("user-42"))).RPS)
	// Output: 100
}

func ExampleNewContext() {
	client := newShop()
	defer client.Close()
	ctx := becket.NewContext(context.Background(), client.For(becket.NewSubject("user-42")))

	// Further down, the country is known. The ruleset stays the one that the context pinned.
	ctx = becket.NewContext(ctx, becket.From(ctx).With(becket.String("country", "DE")))
	fmt.Println(becket.From(ctx).Enabled("new-checkout"))
	// Output: true
}

func ExampleClient_Explain() {
	client := newShop(becket.WithPrivateAttributes("country"))
	defer client.Close()
	fmt.Print(client.Explain("new-checkout", becket.NewSubject("user-42", becket.String("country", "FR"))))
	// Output:
	// new-checkout for "user-42": off = false, DEFAULT (revision 42, from bootstrap)
	//   flag new-checkout: serves off (DEFAULT)
	//     rule germany: false
	//       condition country in ["DE"]: false (country is ***)
}

func ExampleWithExposures() {
	sink := becket.Sink(func(_ context.Context, batch []becket.Exposure) error {
		for _, x := range batch {
			fmt.Println(x.Subject.Key(), "saw", x.Flag, x.Variant)
		}
		return nil
	})
	client := newShop(becket.WithExposures(sink), becket.WithExposureWindow(24*time.Hour, 0))
	defer client.Close()
	for range 3 {
		client.For(becket.NewSubject("user-42")).String("theme", "light")
	}
	if err := client.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	s := client.Status().Exposures
	fmt.Println(s.Produced, "produced,", s.Sent, "sent,", s.Duplicates, "duplicates,", s.Dropped, "dropped")
	// Output:
	// user-42 saw theme light
	// 3 produced, 1 sent, 2 duplicates, 0 dropped
}

func ExampleLineSink() {
	client := newShop(becket.WithExposures(becket.LineSink(os.Stdout)), becket.WithPrivateAttributes("email"))
	client.For(becket.NewSubject("user-42", becket.String("email", "ann@example.com"))).String("theme", "light")
	client.Close()
	// Output:
	// {"time":"2026-11-15T12:00:00Z","subject":"user-42","unit":"key","unit_key":"user-42","flag":"theme","variant":"light","reason":"SPLIT","revision":42,"attributes":{"email":"***"}}
}

func ExampleWithOverrides() {
	file := filepath.Join(os.TempDir(), "becket-example-overrides.json")
	if err := os.WriteFile(file, []byte(`{"new-checkout": true, "theme": "dark"}`), 0o600); err != nil {
		panic(err)
	}
	defer os.Remove(file)
	_ = os.Setenv("BECKET_OVERRIDES", file) // the developer does, in a shell
	defer func() { _ = os.Unsetenv("BECKET_OVERRIDES") }()

	client := newShop(becket.WithOverrides(os.Getenv("BECKET_OVERRIDES")))
	defer client.Close()
	d := client.For(becket.NewSubject("user-42")).BoolDetail("new-checkout", false)
	fmt.Println(d.Value, d.Reason)
	// Output: true OVERRIDE
}

func ExampleClient_Expired() {
	client := newShop()
	defer client.Close()
	for _, flag := range client.Expired(time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)) {
		fmt.Println(flag.Key, "of", flag.Owner, "was to be gone after", flag.Expires.Format(time.DateOnly))
	}
	// Output: new-checkout of payments was to be gone after 2026-10-01
}

func ExampleHooks() {
	source := &changing{document: shop}
	client, err := becket.New(source, becket.WithHooks(becket.Hooks{OnChange: func(c becket.Changes) {
		for _, change := range c.Changed {
			fmt.Printf("%s of %s changed from revision %d to %d\n",
				change.After.Key, change.After.Owner, c.FromRevision, c.ToRevision)
		}
	}}))
	if err != nil {
		panic(err)
	}
	if err := client.Refresh(context.Background()); err != nil {
		panic(err)
	}
	source.document = `{"schema": 1, "revision": 43, "flags": {"new-checkout": {"owner": "payments", "enabled": false}}}`
	if err := client.Refresh(context.Background()); err != nil {
		panic(err)
	}
	client.Close() // waits until the hooks have been told
	// Output: new-checkout of payments changed from revision 42 to 43
}

// changing is a source that the example publishes to.
type changing struct{ document string }

func (c *changing) Fetch(context.Context, becket.Validator) (becket.Document, error) {
	return becket.Document{Body: []byte(c.document)}, nil
}

func (c *changing) Identity() string { return "example" }
