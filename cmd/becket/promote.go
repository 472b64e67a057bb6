package main

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// promoteVerb copies a flag from one ruleset into another one.
type promoteVerb struct {
	Flag         string `arg:"" help:"The flag's key."`
	From         string `arg:"" help:"The ruleset that has the flag, such as staging.json: a file, a folder or a URL."`
	To           string `arg:"" help:"The ruleset that gets it, such as production.json: a file, a folder, or - for standard input."`
	WithSegments bool   `       help:"Copy the segments too that the flag uses and that are missing or different."                   xor:"segments"`
	KeepSegments bool   `       help:"Use the segments of the second ruleset where they are different."                              xor:"segments"`
	WithFlags    bool   `       help:"Copy the flags too that the flag requires and that are missing."`
	changeFlags
}

// Run copies the flag.
func (v *promoteVerb) Run(e *env) error {
	if v.From == v.To {
		return fmt.Errorf("%s is named twice: name the ruleset to copy from and the one to copy to", v.From)
	}
	from, err := e.editable(v.From)
	if err != nil {
		return err
	}
	f, err := from.flag(v.Flag)
	if err != nil {
		return err
	}
	d, err := e.draft(v.To)
	if err != nil {
		return err
	}
	p := promotion{from: from, to: d, verb: v, made: map[string]bool{}}
	if err := p.needs(f); err != nil {
		return err
	}
	for _, s := range p.segments {
		if err := p.copySegment(s); err != nil {
			return err
		}
	}
	for _, f := range p.flags {
		if err := p.copyFlag(f); err != nil {
			return err
		}
	}
	return v.propose(e, d, fmt.Sprintf("%s has %s as it is in %s", d.document.Name, f.Key, from.document.Name))
}

// promotion copies definitions.
type promotion struct {
	from     *editable
	to       *draft
	verb     *promoteVerb
	segments []*native.Segment // to copy
	flags    []*native.Flag    // to copy: first those that others require
	missing  []string          // segments and flags that the target lacks
	differ   []string          // segments that differ
	seen     map[string]bool
	made     map[string]bool // sections that the target did not have
}

// needs finds the definitions to copy. It returns an error if the target lacks any that the user
// did not ask for.
func (p *promotion) needs(f *native.Flag) error {
	p.seen = map[string]bool{native.Flags + f.Key: true}
	for ref := range ruleset.OfFlag(f) {
		p.follow(ref)
	}
	if there := p.to.native.Flag(f.Key); there == nil || !there.Written.Equal(f.Written) {
		p.flags = append(p.flags, f)
	}
	var reasons []string
	if len(p.missing) > 0 {
		reasons = append(reasons, fmt.Sprintf("%s lacks %s, which %s needs: --with-segments copies segments, and "+
			"--with-flags copies flags", p.to.document.Name, strings.Join(p.missing, ", "), f.Key))
	}
	if len(p.differ) > 0 {
		reasons = append(reasons, fmt.Sprintf("%s of %s is different in %s: --with-segments copies it, and "+
			"--keep-segments leaves it", strings.Join(p.differ, ", "), p.to.document.Name, p.from.document.Name))
	}
	if len(reasons) > 0 {
		return errors.New(strings.Join(reasons, "; "))
	}
	return nil
}

// follow looks at a definition that the flag needs, and at those that this one needs.
func (p *promotion) follow(ref *native.Reference) {
	section := native.Segments
	if ref.ToFlag {
		section = native.Flags
	}
	if p.seen[section+ref.Key] {
		return
	}
	p.seen[section+ref.Key] = true
	if ref.ToFlag {
		p.required(p.from.native.Flag(ref.Key))
	} else {
		p.used(p.from.native.Segment(ref.Key))
	}
}

// used looks at a segment. A segment that stays as it is in the target needs nothing further.
func (p *promotion) used(s *native.Segment) {
	there := p.to.native.Segment(s.Key)
	name := "the segment " + s.Key
	switch {
	case there != nil && there.Written.Equal(s.Written):
		return
	case there != nil && p.verb.KeepSegments:
		p.to.warn("%s of %s is used, which is different in %s", name, p.to.document.Name, p.from.document.Name)
		return
	case !p.verb.WithSegments && there == nil:
		p.missing = append(p.missing, name)
	case !p.verb.WithSegments:
		p.differ = append(p.differ, name)
	}
	for ref := range ruleset.OfSegment(s) {
		p.follow(ref)
	}
	p.segments = append(p.segments, s)
}

// required looks at a flag that the promoted one asks for.
func (p *promotion) required(f *native.Flag) {
	there := p.to.native.Flag(f.Key)
	name := "the flag " + f.Key
	if there != nil {
		if !there.Written.Equal(f.Written) {
			p.to.warn("%s of %s is asked for, which is different in %s", name, p.to.document.Name,
				p.from.document.Name)
		}
		return
	}
	if !p.verb.WithFlags {
		p.missing = append(p.missing, name)
	}
	for ref := range ruleset.OfFlag(f) {
		p.follow(ref)
	}
	p.flags = append(p.flags, f)
}

func (p *promotion) copySegment(s *native.Segment) error {
	offset := -1
	if there := p.to.native.Segment(s.Key); there != nil {
		offset = there.Written.At
	}
	return p.copy(native.Segments, s.Key, s.Written.At, offset, nil)
}

// copyFlag copies a flag. Rules and splits that the target has under the same names keep its salts,
// so that no subject is drawn again.
func (p *promotion) copyFlag(f *native.Flag) error {
	there := p.to.native.Flag(f.Key)
	if there == nil {
		if _, invalid := p.to.rules.Flag(f.Key); invalid {
			_, err := p.to.flag(f.Key)
			return err
		}
		return p.copy(native.Flags, f.Key, f.Written.At, -1, nil)
	}
	return p.copy(native.Flags, f.Key, f.Written.At, there.Written.At, func(at edit.Path) []edit.Change {
		return p.salts(f, there, at)
	})
}

// salts returns the changes that give a copied flag the salts of the target's flag.
func (p *promotion) salts(f, there *native.Flag, at edit.Path) (changes []edit.Change) {
	keep := func(path edit.Path, what, salt string) {
		p.to.warn("%s keeps the salt %q of %s, so that nobody is drawn again", what, salt, p.to.document.Name)
		changes = append(changes, edit.Set(path.Add("salt"), edit.Text(salt)))
	}
	for i := range f.Rules {
		r := &f.Rules[i]
		j := slices.IndexFunc(there.Rules, func(other native.Rule) bool { return other.Name == r.Name })
		if j < 0 {
			continue
		}
		old, path := &there.Rules[j], at.Add("rules", r.Index)
		if (r.HasPercent || r.HasRamp) && (old.HasPercent || old.HasRamp) && r.Salt != old.Salt {
			keep(path, fmt.Sprintf("rule %q", r.Name), old.Salt)
		}
		if r.Serve.IsSplit && old.Serve.IsSplit && r.Serve.Salt != old.Serve.Salt {
			keep(path.Add("serve"), fmt.Sprintf("the split of rule %q", r.Name), old.Serve.Salt)
		}
	}
	if f.Default.IsSplit && there.Default.IsSplit && f.Default.Salt != there.Default.Salt {
		keep(at.Add("default"), "the split of the default", there.Default.Salt)
	}
	return changes
}

// copy copies a definition. offset is its place in the target, or -1 if the target does not have
// it.
func (p *promotion) copy(section, key string, from, offset int, more func(edit.Path) []edit.Change) error {
	name, text, at := p.from.at(section, key, from)
	fragment, err := edit.Cut(name, text, at)
	if err != nil {
		return err
	}
	if offset < 0 && p.to.isFolder() {
		return p.newFile(section, key, name, text, fragment)
	}
	file, old, path := p.to.at(section, key, max(offset, 0))
	if p.isPlain(file, fragment) {
		fragment = fragment.Plain()
	}
	changes := []edit.Change{edit.SetFragment(path, fragment)}
	if offset < 0 && !p.made[section] && !p.to.top().Field(section).IsThere() {
		p.made[section] = true
		changes = append([]edit.Change{edit.Set(edit.Path{section}, edit.Object(), "$schema", "schema", "revision",
			"environment")}, changes...)
	}
	if more != nil {
		changes = append(changes, more(path)...)
	}
	changed, err := edit.Apply(file, p.to.text(file, old), changes...)
	if err != nil {
		return err
	}
	p.to.put(file, old, changed)
	return nil
}

// isPlain reports whether comments cannot be copied, because the file is plain JSON.
func (p *promotion) isPlain(file string, f *edit.Fragment) bool {
	if !f.HasComments() || path.Ext(file) != ".json" {
		return false
	}
	if _, needsBuild := p.to.document.NeedsBuild(); needsBuild {
		return false
	}
	p.to.warn("comments are left out, because %s is plain JSON", file)
	return true
}

// newFile makes a file of a folder for a definition that it does not have. It gets the place that
// the file has in the other folder.
func (p *promotion) newFile(section, key, name string, text []byte, f *edit.Fragment) error {
	extension := path.Ext(name)
	if !slices.Contains([]string{".json", ".jsonc", ".hujson", ".yaml", ".yml"}, extension) {
		extension = ".json"
	}
	if !p.from.isFolder() {
		if f.HasComments() && extension == ".json" {
			extension = ".jsonc"
		}
		file := input.FileOf(p.to.document.Name, section, key, extension)
		empty := "{\n  \"x\": 1\n}\n"
		if extension == ".yaml" || extension == ".yml" {
			empty = "x: 1\n"
		}
		text, err := edit.Apply(file, []byte(empty), edit.SetFragment(edit.Path{}, f))
		if err == nil {
			p.to.put(file, nil, text)
		}
		return err
	}
	below, err := filepath.Rel(p.from.document.Name, name)
	if err != nil {
		return err
	}
	p.to.put(filepath.ToSlash(filepath.Join(p.to.document.Name, below)), nil, text)
	return nil
}
