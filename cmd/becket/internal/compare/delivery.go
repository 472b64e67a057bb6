package compare

import (
	"maps"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

// Delivery returns what clients look at before they take the document.
func (v Version) Delivery() delivery.Document {
	return delivery.Document{Format: v.Format, Unbuilt: v.Unbuilt, Info: v.Rules.Info()}
}

// judge adds the findings about the step to the new document. A document that is the same has no
// note, because the report is then empty.
func (r *Report) judge(before, after Version, now time.Time) {
	same := len(r.Flags)+len(r.Segments) == 0
	for _, f := range delivery.Judge(before.Delivery(), after.Delivery(), same, now) {
		switch {
		case f.Refused:
			r.Refused = append(r.Refused, f.Message)
		case f.Name != delivery.Unchanged:
			r.Notes = append(r.Notes, f.Message)
		}
	}
}

// SameContent reports whether two documents have the same flags and segments, descriptions
// included, and the same environment. Layout, order and revision do not count.
func SameContent(before, after Version) bool {
	return before.Rules.Info().Environment == after.Rules.Info().Environment &&
		maps.Equal(definitions(before.Rules), definitions(after.Rules)) &&
		maps.Equal(digests(before.Native), digests(after.Native))
}

// definitions returns the digests of the flags' definitions.
func definitions(rules becket.Rules) map[string]uint64 {
	all := map[string]uint64{}
	for info := range rules.Flags() {
		all[info.Key] = info.Definition
	}
	return all
}

// digests returns the digests of the segments' definitions.
func digests(r *ruleset.Ruleset) map[string]uint64 {
	all := map[string]uint64{}
	if r != nil {
		for _, s := range r.Segments {
			all[s.Key] = s.Digest
		}
	}
	return all
}
