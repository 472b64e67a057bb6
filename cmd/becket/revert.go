package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/native"
)

// revertVerb brings an old document back. Clients refuse a lower revision, so the old document gets
// one above the live one.
type revertVerb struct {
	Old      string `arg:"" help:"The ruleset to bring back, such as yesterday's: a file, a URL, or - for standard input; beside a live URL also a folder."`
	Live     string `arg:"" help:"The ruleset that is live now: a file or a URL."`
	Output   string `       help:"The file to write. By default, the live file; beside a live URL, the old file."                                           short:"o" placeholder:"FILE"`
	Revision int64  `       help:"The new revision, if the live ruleset cannot be read. By default, one above the live one."                                          placeholder:"N"`
	Yes      bool   `       help:"Write without asking."                                                                                                    short:"y"`
	DryRun   bool   `       help:"Show the change and write nothing."                                                                                       short:"n"`
	populationFlags
}

// Run writes the old document with a new revision.
func (v *revertVerb) Run(e *env) error {
	old, err := e.editable(v.Old)
	if err != nil {
		return err
	}
	d := &draft{editable: old, published: true}
	live, err := v.live(e, d)
	if err != nil {
		return err
	}
	file, err := v.file(old)
	if err != nil {
		return err
	}
	if file == v.Old {
		err = d.raiseRevision(v.above(live))
	} else {
		err = v.rewrite(e.ctx, d, file, v.above(live))
	}
	if err != nil {
		return err
	}
	after, err := d.result(e)
	if err != nil {
		return err
	}
	if v.Revision == 0 && sameContent(live, after) {
		d.edited = nil
		return e.nothingToDo(d, fmt.Sprintf("%s and %s hold the same", old.document.Name, live.document.Name))
	}
	flags := changeFlags{Yes: v.Yes, DryRun: v.DryRun, populationFlags: v.populationFlags}
	return flags.present(e, d, live, after)
}

// live reads the live ruleset. Without it there is nothing to compare with, so the old one stands
// for it, and the user must name the revision.
func (v *revertVerb) live(e *env, d *draft) (*editable, error) {
	live, err := e.editable(v.Live)
	refused, isRefused := errors.AsType[*report.RefusedError](err)
	if !isRefused {
		return live, err
	}
	if v.Revision == 0 {
		e.tell("%s cannot be read: name the new revision with --revision", v.Live)
		return nil, err
	}
	d.warn("%s cannot be read, so nobody knows whom the change moves: %s", v.Live, refused.Error())
	return d.editable, nil
}

// above returns the revision that the new one must exceed.
func (v *revertVerb) above(live *editable) int64 {
	if v.Revision > 0 {
		return v.Revision - 1
	}
	return live.rules.Info().Revision
}

// file returns the file or folder to write, or "-" for standard output.
func (v *revertVerb) file(old *editable) (string, error) {
	name := v.Output
	switch {
	case name != "":
	case !input.IsURL(v.Live):
		name = v.Live
	case input.IsURL(v.Old):
		return "", errors.New("both rulesets are URLs: name the file to write with --output")
	default:
		name = v.Old
	}
	if old.isFolder() && name != v.Old {
		return "", errors.New("a folder can only be brought back in its place: check its old files out, and name the " +
			"live URL as the second ruleset")
	}
	return name, nil
}

// rewrite puts the old document into another file.
func (v *revertVerb) rewrite(ctx context.Context, d *draft, file string, above int64) error {
	present, err := input.File(ctx, file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old := d.document
	if input.IsYAML(file, old.Source) != input.IsYAML(old.Name, old.Source) {
		return fmt.Errorf("%s and %s are of different notations, JSON and YAML: name the file to write with --output",
			old.Name, filepath.ToSlash(file))
	}
	next, err := d.nextRevision(above)
	if err != nil {
		return err
	}
	text, err := edit.Apply(old.Name, old.Source, setRevision(next))
	if err != nil {
		return err
	}
	d.put(file, present, text)
	d.editable, err = editableIn(file, text)
	return err
}

// sameContent reports whether two rulesets hold the same values beside their revision.
func sameContent(a, b *editable) bool {
	one, other := contentOf(a), contentOf(b)
	return maps.EqualFunc(one, other, native.Written.Equal)
}

func contentOf(s *editable) map[string]native.Written {
	content := maps.Collect(s.top().Fields())
	delete(content, "revision")
	return content
}
