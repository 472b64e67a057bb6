package ofrep

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/becketflags/becket"
)

// shown remembers which flags of a ruleset are shown. Deciding this for each request would cost
// more than the evaluation.
type shown struct {
	current atomic.Pointer[flagsShown]
	mutex   sync.Mutex // held by the goroutine that finds them
}

// flagsShown holds the shown flags of a ruleset. It does not change after it is published.
type flagsShown struct {
	ruleset uint64
	list    []flag // in the order of the keys
	named   map[string]*flag
}

// keys lists the keys of the shown flags, in order.
func (f *flagsShown) keys() []string {
	keys := make([]string, len(f.list))
	for i := range f.list {
		keys[i] = f.list[i].key
	}
	return keys
}

// digest returns a digest of everything that callers see of the flags and that does not depend on
// the evaluation. Digests of different processes cannot be compared.
func (f *flagsShown) digest() uint64 {
	var hash maphash.Hash
	hash.SetSeed(digestSeed)
	for i := range f.list {
		metadata, _ := json.Marshal(f.list[i].metadata) // see writable
		_, _ = hash.WriteString(strconv.Quote(f.list[i].key))
		_, _ = hash.Write(metadata)
	}
	return hash.Sum64()
}

var digestSeed = maphash.MakeSeed()

// flag holds the parts of an answer that do not depend on the evaluation.
type flag struct {
	key      string
	metadata map[string]any
}

// pin returns a view for the subject and the shown flags of its ruleset. Views that are created
// under the lock never go back to an earlier ruleset, so each ruleset is examined once.
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

// find finds the shown flags of a ruleset. It evaluates nothing.
func (h *handler) find(view becket.View) *flagsShown {
	found := &flagsShown{ruleset: view.RulesetID()}
	flags := 0
	for info := range view.Flags() {
		flags++
		if h.shows(info) {
			found.list = append(found.list, flag{info.Key, writable(info.Metadata)})
		}
	}
	if flags > 0 && len(found.list) == 0 {
		h.tellAllHidden(flags)
	}
	found.named = make(map[string]*flag, len(found.list))
	for i := range found.list {
		found.named[found.list[i].key] = &found.list[i]
	}
	return found
}

// shows calls the program's function. If the function panics, only this flag stays hidden.
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

// writable returns a flag's metadata if JSON can express it. A format of the program may have other
// metadata.
func writable(metadata map[string]any) map[string]any {
	if _, err := json.Marshal(metadata); err != nil {
		return nil
	}
	return metadata
}
