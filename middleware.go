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

// From returns the view that the context carries. If there is none, it returns the zero View, which
// serves the caller's defaults.
func From(ctx context.Context) View {
	v, _ := ctx.Value(contextKey{}).(View)
	return v
}

// Middleware returns middleware that puts a view for the request's subject into the request's
// context; [From] returns it. The view uses the same ruleset for the whole request. subjectOf is
// called once for each request and must be safe for concurrent use; if it is nil, every request has
// the zero Subject. With a nil client, handlers get the caller's defaults. With a nil handler,
// every request is answered with status 500.
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
