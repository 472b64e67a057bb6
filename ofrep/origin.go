package ofrep

import (
	"net/http"
	"slices"
)

// allowOrigin sends the headers that let a page of another origin read the answer, if the program
// allows that origin.
func (h *handler) allowOrigin(w http.ResponseWriter, r *http.Request) bool {
	if len(h.origins) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return false
	case slices.Contains(h.origins, origin):
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Credentials", "true")
	case slices.Contains(h.origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	default:
		return false
	}
	header.Set("Access-Control-Expose-Headers", "ETag")
	return true
}

// preflight answers a browser's question whether a page may ask. Such a request carries no
// credentials, so it needs no authorisation.
func (h *handler) preflight(w http.ResponseWriter, r *http.Request) {
	if h.allowOrigin(w, r) {
		header := w.Header()
		header.Set("Access-Control-Allow-Methods", http.MethodPost)
		header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match")
		if r.URL.Path == streamPath { // only programs that open streams with headers ask this
			header.Set("Access-Control-Allow-Methods", http.MethodGet)
			header.Set("Access-Control-Allow-Headers", "Authorization, Cache-Control, Last-Event-ID")
		}
		header.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}
