package ofrep

import (
	"log/slog"
	"strings"
	"sync"

	"github.com/becketflags/becket"
)

// mostTold bounds the lines about flags that are not shown.
const mostTold = 100

// hidden remembers which flags the log has a line about.
type hidden struct {
	mutex sync.Mutex
	told  map[string]struct{}
}

// first reports whether nothing was said of the flag yet and there is room for it.
func (h *hidden) first(key string) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if _, told := h.told[key]; told || len(h.told) >= mostTold {
		return false
	}
	if h.told == nil {
		h.told = map[string]struct{}{}
	}
	h.told[key] = struct{}{}
	return true
}

// tellHidden says in the log that a flag was asked for that the ruleset has and callers do not see.
// The caller is told that there is no such flag, which would otherwise be all that anybody learns.
// Keys that the ruleset does not have are not logged: callers make them up.
func (h *handler) tellHidden(view becket.View, key string) {
	info, ok := view.Flag(key)
	if !ok || !h.hidden.first(key) {
		return
	}
	h.logger.Warn("becket: a flag was asked for by OFREP and is not shown",
		slog.String("flag", shortened(key)), slog.String("why", h.whyHidden(info)))
}

func (h *handler) whyHidden(info becket.FlagInfo) string {
	switch {
	case info.Err != nil:
		return "its definition could not be read"
	case h.tag != "":
		return "it does not have the tag \"" + h.tag + "\""
	default:
		return "the function of ofrep.WithExposed leaves it out"
	}
}

// shortened keeps a line of the log readable.
func shortened(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
