package main

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"net/http"

	"github.com/becketflags/becket"
)

// The flags that the pages ask, with what holds where there is no ruleset.
var (
	newCheckout      = becket.BoolFlag{Key: "new-checkout"}
	reviews          = becket.BoolFlag{Key: "reviews"}
	banner           = becket.StringFlag{Key: "banner", Default: "Welcome"}
	freeShippingFrom = becket.FloatFlag{Key: "free-shipping-from", Default: 49}
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// visitorCookie holds the targeting key: something that stays, so that a visitor sees one variant and not a new one each time.
const visitorCookie = "visitor"

// newHandler puts the middleware before everything that asks flags. That which gives cookies comes first, since the key is in one.
func newHandler(client *becket.Client) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", start)
	mux.HandleFunc("GET /checkout", checkout)
	withFlags := client.Middleware(subjectOf)
	return withVisitor(withFlags(mux))
}

// subjectOf is asked once per request. A real shop would know country and plan from the session.
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

// withVisitor gives a cookie to who has none, and shows it to the handlers behind it already in the first request.
func withVisitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(visitorCookie); err != nil {
			cookie := &http.Cookie{ //nolint:gosec // Secure where there is TLS; loopback has none
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

// start shows the start page. It takes the view once; all its checks are answered by one ruleset, whatever is published meanwhile.
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
