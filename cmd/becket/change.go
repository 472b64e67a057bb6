package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// editable is a native ruleset whose text may be edited.
type editable struct {
	name     string // as the user names it
	document *input.Document
	rules    becket.Rules
	native   *ruleset.Ruleset
	bad      []report.Finding // the mistakes in it
}

// editable reads a native ruleset.
func (e *env) editable(name string) (*editable, error) {
	document, err := e.read(name)
	if err != nil {
		return nil, err
	}
	return editableOf(name, document)
}

// editableIn reads a native ruleset from a text.
func editableIn(name string, text []byte) (*editable, error) {
	document, err := input.Parse(name, text, input.Options{Format: "native"})
	if err != nil {
		return nil, err
	}
	return editableOf(name, document)
}

func editableOf(name string, document *input.Document) (*editable, error) {
	if document.Format != becket.Native {
		return nil, fmt.Errorf("only native documents can be edited, and %s is of the format %s", document.Name,
			document.Format.Name())
	}
	rules, err := document.Decode()
	if err != nil {
		return nil, err
	}
	s := &editable{name: name, document: document, rules: rules, bad: document.Problems(rules)}
	s.native, err = document.Native(rules)
	return s, err
}

// version returns the ruleset for a comparison.
func (s *editable) version() compare.Version {
	v := versionOf(s.document, s.rules)
	v.Native = s.native
	return v
}

// isFolder reports whether the ruleset has one file for each flag.
func (s *editable) isFolder() bool { return s.document.Source == nil }

// top returns the text of the document's object.
func (s *editable) top() native.Written {
	return native.Written{Raw: bytes.TrimSpace(s.document.Body)}
}

// flag returns the definition of a valid flag.
func (s *editable) flag(key string) (*native.Flag, error) {
	if f := s.native.Flag(key); f != nil {
		return f, nil
	}
	if _, there := s.rules.Flag(key); !there {
		return nil, errNoFlag(s.document.Name, key, s.rules)
	}
	return nil, &report.RefusedError{Findings: report.OfFlag(s.bad, key)}
}

// at returns the file that holds a definition of a section, its bytes, and the path to the
// definition in the file. offset is the place of the definition in the document.
func (s *editable) at(section, key string, offset int) (file string, text []byte, path edit.Path) {
	if !s.isFolder() {
		return s.document.Name, s.document.Source, edit.Path{section, key}
	}
	file, text = s.document.FileAt(offset)
	return file, text, edit.Path{}
}

// draft is a ruleset with changes that are not written yet.
type draft struct {
	*editable
	edited    []editedFile
	warnings  []string
	published bool // an earlier publication: only mistakes that the library refuses stop it
}

// editedFile is one file with its old and new bytes.
type editedFile struct {
	name     string
	old, new []byte // old is nil for a new file
}

// draft reads the ruleset that a verb changes.
func (e *env) draft(name string) (*draft, error) {
	if name == "" {
		name = e.config.Rules
	}
	if input.IsURL(name) {
		return nil, errors.New("a published ruleset cannot be edited: name the file that it is built from")
	}
	s, err := e.editable(name)
	if err != nil {
		return nil, err
	}
	return &draft{editable: s}, nil
}

// draftOf reads the ruleset and the flag that a verb changes. If the flag is invalid, the user
// learns that a change of another field does not help.
func (e *env) draftOf(name, key string) (*draft, *native.Flag, error) {
	d, err := e.draft(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := d.flag(key)
	if _, invalid := errors.AsType[*report.RefusedError](err); invalid {
		e.tell("nothing is written: the flag %q is invalid; correct it in the file first", key)
	}
	return d, f, err
}

func (d *draft) warn(format string, values ...any) {
	if text := fmt.Sprintf(format, values...); !slices.Contains(d.warnings, text) {
		d.warnings = append(d.warnings, text)
	}
}

// put gives a file new bytes. old is nil for a new file.
func (d *draft) put(name string, old, text []byte) {
	for i := range d.edited {
		if d.edited[i].name == name {
			d.edited[i].new = text
			return
		}
	}
	d.edited = append(d.edited, editedFile{name, old, text})
}

// text returns a file's bytes with the changes so far.
func (d *draft) text(name string, old []byte) []byte {
	for i := range d.edited {
		if d.edited[i].name == name {
			return d.edited[i].new
		}
	}
	return old
}

// edit changes a definition. The paths of the changes begin at the definition.
func (d *draft) edit(section, key string, offset int, changes func(path edit.Path) []edit.Change) error {
	file, old, path := d.at(section, key, offset)
	text, err := edit.Apply(file, d.text(file, old), changes(path)...)
	if err != nil {
		return err
	}
	d.put(file, old, text)
	return nil
}

// editFlag changes a flag.
func (d *draft) editFlag(f *native.Flag, changes func(path edit.Path) []edit.Change) error {
	return d.edit(native.Flags, f.Key, f.Written.At, changes)
}

// changed reports whether any file differs.
func (d *draft) changed() bool {
	return slices.ContainsFunc(d.edited, func(f editedFile) bool { return string(f.old) != string(f.new) })
}

// result reads the ruleset with the changes.
func (d *draft) result(e *env) (*editable, error) {
	contents := map[string][]byte{}
	for _, f := range d.edited {
		contents[f.name] = f.new
	}
	if d.isFolder() {
		document, err := input.Read(e.ctx, d.name, input.Options{Format: "native", Contents: contents})
		if err != nil {
			return nil, err
		}
		return editableOf(d.name, document)
	}
	return editableIn(d.name, d.text(d.document.Name, d.document.Source))
}

// mistakes lists the errors that becket check reports at a given time, unless the configuration
// silences them.
func (s *editable) mistakes(e *env, now time.Time) ([]report.Finding, error) {
	quiet, err := newSilence(nil, &e.config.Check)
	if err != nil {
		return nil, err
	}
	linted, err := lintFindings(s.document, s.rules, now, e.config.Attributes)
	return slices.DeleteFunc(slices.Concat(s.bad, linted), func(f report.Finding) bool {
		return f.Severity != report.Error || quiet.silences(f)
	}), err
}

// beyond lists the findings that are not among others.
func beyond(findings, others []report.Finding) []report.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f report.Finding) bool {
		return slices.ContainsFunc(others, func(old report.Finding) bool {
			return old.Path == f.Path && old.Message == f.Message
		})
	})
}
