package compare

import "fmt"

// Refusals lists the reasons why a client that uses the old document refuses the new one and keeps
// the old one. See becket's Client for the rules.
func Refusals(before, after Version) (reasons []string) {
	add := func(format string, values ...any) { reasons = append(reasons, fmt.Sprintf(format, values...)) }
	old, now := before.Rules.Info(), after.Rules.Info()
	if before.Format != after.Format {
		add("the format changes from %s to %s", before.Format, after.Format)
	}
	if after.Unbuilt != "" {
		add("%s", after.Unbuilt)
	}
	switch {
	case now.Revision == 0 && old.Revision > 0:
		add("it has no revision, and the old one has %d", old.Revision)
	case now.Revision < old.Revision:
		add("the revision falls from %d to %d", old.Revision, now.Revision)
	}
	switch {
	case old.Environment == now.Environment || old.Environment == "":
	case now.Environment == "":
		add("it names no environment, and clients may expect %q", old.Environment)
	default:
		add("the environment changes from %q to %q", old.Environment, now.Environment)
	}
	if now.Flags == 0 && old.Flags > 0 {
		add("it has no flags, and the old one has %d", old.Flags)
	}
	return reasons
}

// sameRevision warns of two documents with one revision. Clients accept the second one.
func (r *Report) sameRevision(before, after Version) {
	old, now := before.Rules.Info().Revision, after.Rules.Info().Revision
	if old == now && now > 0 && len(r.Flags)+len(r.Segments) > 0 {
		r.Notes = append(r.Notes,
			fmt.Sprintf("the revision stays %d although the content changes: "+
				"nobody can tell the two documents apart by it", now))
	}
}
