package main

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"

	"github.com/becketflags/becket"
)

// These are the flags of the pages, with the values that they have if there is no ruleset.
var (
	newCheckout      = becket.BoolFlag{Key: "new-checkout"}
	reviews          = becket.BoolFlag{Key: "reviews"}
	banner           = becket.StringFlag{Key: "banner", Default: "Welcome"}
	freeShippingFrom = becket.FloatFlag{Key: "free-shipping-from", Default: 49}
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// visitorCookie holds the targeting key. It is permanent, so that a visitor always sees the same
// variant.
const visitorCookie = "visitor"

// newHandler puts the client's middleware before all handlers that use flags. The middleware for
// cookies comes first, because the key is in a cookie. The pages for operators need neither; keep
// /status from the public.
func newHandler(client *becket.Client) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", start)
	mux.HandleFunc("GET /checkout", checkout)
	withFlags := client.Middleware(subjectOf)

	all := http.NewServeMux()
	all.Handle("/", withVisitor(withFlags(mux)))
	all.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(client.Status())
	})
	all.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		if !client.Status().Health().Serving {
			http.Error(w, "there is no ruleset", http.StatusServiceUnavailable)
		}
	})
	return all
}

// subjectOf is called once per request. A real shop would take country and plan from the session.
func subjectOf(r *http.Request) becket.Subject {
	key := ""
	if cookie, err := r.Cookie(visitorCookie); err == nil {
		key = cookie.Value
	}
	var attributes []becket.Attribute
	for _, name := range []string{"country", "plan", "email"} {
		if value := r.URL.Query().Get(name); value != "" {
			attributes = append(attributes, becket.String(name, value))
		}
	}
	return becket.NewSubject(key, attributes...)
}

// withVisitor gives a cookie to visitors without one, and adds it to the request, so that the next
// handlers see it in the first request too.
func withVisitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(visitorCookie); err != nil {
			cookie := &http.Cookie{ //nolint:gosec // Secure if there is TLS; loopback has none
				Name: visitorCookie, Value: rand.Text(), Path: "/", MaxAge: 365 * 24 * 60 * 60,
				HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
			}
			http.SetCookie(w, cookie)
			r = r.Clone(r.Context())
			r.AddCookie(cookie)
		}
		next.ServeHTTP(w, r)
	})
}

// start shows the start page. It takes the view once, so one ruleset answers all its checks, even
// if a new one is published in between.
func start(w http.ResponseWriter, r *http.Request) {
	flags := becket.From(r.Context())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, map[string]any{
		"Banner":       banner.In(flags),
		"FreeShipping": freeShippingFrom.In(flags),
		"NewCheckout":  newCheckout.On(flags),
		"Reviews":      reviews.On(flags),
	})
}

// checkout is the if-else that flags are for.
func checkout(w http.ResponseWriter, r *http.Request) {
	if newCheckout.On(becket.From(r.Context())) {
		_, _ = w.Write([]byte("All on one page.\n"))
	} else {
		_, _ = w.Write([]byte("Step 1 of 4: your address.\n"))
	}
}
