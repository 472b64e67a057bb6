package main

import (
	"fmt"
	"path"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// raiseRevision gives the draft a revision above its own one and above a published one. A document
// without a revision gets one.
func (d *draft) raiseRevision(published int64) error {
	next, err := d.nextRevision(published)
	if err != nil {
		return err
	}
	file, old := d.document.Name, d.document.Source
	if d.isFolder() {
		file, old = d.document.TopFile()
	}
	if file == "" {
		d.newTopFile(next)
		return nil
	}
	text, err := edit.Apply(file, d.text(file, old), setRevision(next))
	if err != nil {
		return err
	}
	d.put(file, old, text)
	return nil
}

// nextRevision returns the revision above the document's own one and a published one.
func (d *draft) nextRevision(published int64) (int64, error) {
	own := max(d.rules.Info().Revision, published)
	if own >= maxRevision {
		return 0, fmt.Errorf("the revision %d cannot rise: it is the highest one", own)
	}
	if !d.hasRevision() {
		d.warn("the document had no revision, and has %d now: clients refuse it if a higher one is live", own+1)
	}
	return own + 1, nil
}

func setRevision(revision int64) edit.Change {
	return edit.Set(edit.Path{"revision"}, edit.Int(revision), "$schema", "schema")
}

func (d *draft) hasRevision() bool {
	return d.top().Field("revision").IsThere()
}

// newTopFile makes the file of a folder that holds the revision, in the notation of the file that
// changes too.
func (d *draft) newTopFile(revision int64) {
	for _, f := range d.edited {
		if !input.IsYAML(f.name, f.new) {
			d.put(
				path.Join(d.document.Name, "ruleset.json"),
				nil,
				fmt.Appendf(nil, "{\n  \"revision\": %d\n}\n", revision),
			)
			return
		}
	}
	d.put(path.Join(d.document.Name, "ruleset.yaml"), nil, fmt.Appendf(nil, "revision: %d\n", revision))
}

// publishedRevision returns the revision of the ruleset that --live names, or 0 without one.
func (e *env) publishedRevision(name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	_, rules, err := e.load(name)
	if err != nil {
		return 0, err
	}
	return rules.Info().Revision, nil
}
