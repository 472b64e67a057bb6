// Package push watches the signals that say when there may be a new document, and defines the text
// of the hints that publishers send.
package push

import (
	"encoding/json"
	"math"
	"time"
)

// Hint is what a publisher says about its new document. All fields may be zero.
type Hint struct {
	Revision int64
	ETag     string
	Spread   time.Duration
}

const (
	maxHint   = 4 << 10 // greatest length of the text of a hint, in bytes
	maxETag   = 1 << 10 // greatest length of an ETag in a hint, in bytes
	maxSpread = 10 * time.Minute
)

// wire is the text of a hint, which every engine carries: {"revision":7,"etag":"\"a\"","spread":5}.
type wire struct {
	Revision int64   `json:"revision,omitempty"`
	ETag     string  `json:"etag,omitempty"`
	Spread   float64 `json:"spread,omitempty"` // in seconds
}

// Text returns the hint as JSON.
func (h Hint) Text() []byte {
	text, err := json.Marshal(wire{h.Revision, h.ETag, h.Spread.Seconds()})
	if err != nil { // a hint has only numbers that JSON has
		return []byte("{}")
	}
	return text
}

// Parse reads the text of a hint. It returns the zero Hint for a text that is no hint, because any
// text says that there may be a new document.
func Parse(text []byte) Hint {
	var w wire
	if len(text) > maxHint || json.Unmarshal(text, &w) != nil {
		return Hint{}
	}
	h := Hint{Revision: max(0, w.Revision), ETag: w.ETag}
	if len(h.ETag) > maxETag {
		h.ETag = ""
	}
	if w.Spread > 0 && !math.IsInf(w.Spread, 0) {
		h.Spread = time.Duration(min(w.Spread, maxSpread.Seconds()) * float64(time.Second))
	}
	return h
}
