package ofrep

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
)

// shown remembers which flags of a ruleset callers may see, since asking for each request would
// cost more than evaluating.
type shown struct {
	current atomic.Pointer[flagsShown]
	mutex   sync.Mutex // held by the one goroutine that finds them
}

// flagsShown is the flags of a ruleset that are shown. Nothing changes it once it is published.
type flagsShown struct {
	ruleset becket.RulesetID
	list    []flag // in the order of the keys
	named   map[string]*flag
}

// flag is what an answer needs of a flag besides its evaluation.
type flag struct {
	key      string
	metadata map[string]any
}

// pin returns a view for the subject and the flags of its ruleset that are shown. Views that are
// made under the lock never go back to an earlier ruleset, so that no ruleset is looked through
// twice.
func (h *handler) pin(subject becket.Subject) (becket.View, *flagsShown) {
	view := h.client.For(subject)
	if known := h.shown.current.Load(); known != nil && known.ruleset == view.RulesetID() {
		return view, known
	}
	h.shown.mutex.Lock()
	defer h.shown.mutex.Unlock()
	view = h.client.For(subject)
	if known := h.shown.current.Load(); known != nil && known.ruleset == view.RulesetID() {
		return view, known
	}
	found := h.find(view)
	h.shown.current.Store(found)
	return view, found
}

// find looks through a ruleset. It evaluates nothing.
func (h *handler) find(view becket.View) *flagsShown {
	found := &flagsShown{ruleset: view.RulesetID()}
	for info := range view.Flags() {
		if h.shows(info) {
			found.list = append(found.list, flag{info.Key, writable(info.Metadata)})
		}
	}
	found.named = make(map[string]*flag, len(found.list))
	for i := range found.list {
		found.named[found.list[i].key] = &found.list[i]
	}
	return found
}

// shows asks the program's function. Where that panics the flag stays hidden and the others do not.
func (h *handler) shows(info becket.FlagInfo) (shown bool) {
	defer func() {
		if cause := recover(); cause != nil {
			h.logger.Error("becket: the function of ofrep.WithExposed panicked; the flag is not shown",
				slog.String("flag", shortened(info.Key)), slog.String("panic", shortened(fmt.Sprint(cause))))
			shown = false
		}
	}()
	return h.exposed(info)
}

// writable returns a flag's metadata if JSON can hold it, which a format of the program's own may
// fail at.
func writable(metadata map[string]any) map[string]any {
	if _, err := json.Marshal(metadata); err != nil {
		return nil
	}
	return metadata
}
