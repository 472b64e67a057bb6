package ofrep

import (
	"log/slog"
	"strings"
	"sync"

	"github.com/becketflags/becket"
)

// mostLogged is the maximum number of log lines about hidden flags.
const mostLogged = 100

// hidden remembers which flags have been logged.
type hidden struct {
	mutex  sync.Mutex
	logged map[string]struct{}
	all    sync.Once // for the line that says that no flag is shown
}

// first reports whether the flag has not been logged yet and the limit is not reached.
func (h *hidden) first(key string) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if _, logged := h.logged[key]; logged || len(h.logged) >= mostLogged {
		return false
	}
	if h.logged == nil {
		h.logged = map[string]struct{}{}
	}
	h.logged[key] = struct{}{}
	return true
}

// tellHidden logs that a caller asked for a flag that exists but is not shown. The caller learns
// only that the flag does not exist, so without the log nobody would find the reason. Keys that the
// ruleset does not have are not logged, because callers can make up any number of them.
func (h *handler) tellHidden(view becket.View, key string) {
	info, ok := view.Flag(key)
	if !ok || !h.hidden.first(key) {
		return
	}
	h.logger.Warn("becket: a flag was asked for by OFREP and is not shown",
		slog.String("flag", shortened(key)), slog.String("why", h.whyHidden(info)))
}

// tellAllHidden logs once that the handler shows none of the ruleset's flags. SDKs for browsers ask
// for all flags at once, so no request names the flag that they miss.
func (h *handler) tellAllHidden(flags int) {
	h.hidden.all.Do(func() {
		why := "the function of ofrep.WithExposed leaves out all of them"
		if h.tag != "" {
			why = "none of them has the tag \"" + h.tag + "\""
		}
		h.logger.Warn("becket: OFREP shows no flag of the ruleset", slog.Int("flags", flags), slog.String("why", why))
	})
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

// shortened shortens a text for the log.
func shortened(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
