package becket

import (
	"context"
	"net/http"
)

type contextKey struct{}

// NewContext returns a context that carries the view.
func NewContext(ctx context.Context, v View) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// From returns the view that the context carries, and the zero View, which answers with the
// caller's defaults, where there is none.
func From(ctx context.Context) View {
	v, _ := ctx.Value(contextKey{}).(View)
	return v
}

// Middleware returns middleware that puts a view for the request's subject into the request's
// context. The view pins the ruleset for the whole request. subjectOf is called once for each
// request, by many goroutines at once; where it is nil, everybody is the zero Subject. A nil
// client's handlers see defaults. A nil handler answers every request with status 500.
func (c *Client) Middleware(subjectOf func(*http.Request) Subject) func(http.Handler) http.Handler {
	if subjectOf == nil {
		subjectOf = func(*http.Request) Subject { return Subject{} }
	}
	return func(next http.Handler) http.Handler {
		if next == nil {
			next = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "becket: the middleware was given no handler", http.StatusInternalServerError)
			})
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			view := c.For(subjectOf(r))
			next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), view)))
		})
	}
}
