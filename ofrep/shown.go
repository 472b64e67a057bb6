package ofrep

import (
	"sync/atomic"

	"github.com/becketflags/becket"
)

// shown remembers which flags of a ruleset callers may see, since asking for each request would cost more than evaluating.
type shown struct {
	current atomic.Pointer[shownOf]
}

type shownOf struct {
	ruleset becket.RulesetID
	flags   map[string]becket.FlagInfo
}

// flags returns the flags of the view's ruleset that are exposed.
func (s *shown) flags(view becket.View, exposed func(becket.FlagInfo) bool) map[string]becket.FlagInfo {
	id := view.RulesetID()
	if known := s.current.Load(); known != nil && known.ruleset == id {
		return known.flags
	}
	flags := map[string]becket.FlagInfo{}
	for key := range view.All() {
		if info, ok := view.Flag(key); ok && exposed(info) {
			flags[key] = info
		}
	}
	s.current.Store(&shownOf{id, flags})
	return flags
}
