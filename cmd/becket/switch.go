package main

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/native"
)

// offVerb switches a flag off.
type offVerb struct{ switchFlags }

// onVerb switches a flag on.
type onVerb struct{ switchFlags }

type switchFlags struct {
	Flag string `arg:"" help:"The flag's key."`
	rulesFlag
	changeFlags
}

// Run sets "enabled" to false.
func (v *offVerb) Run(e *env) error { return v.turn(e, false) }

// Run sets "enabled" to true.
func (v *onVerb) Run(e *env) error { return v.turn(e, true) }

func (v *switchFlags) turn(e *env, enabled bool) error {
	d, f, err := e.draftOf(v.Rules, v.Flag)
	if err != nil {
		return err
	}
	word := map[bool]string{false: "off", true: "on"}[enabled]
	if f.Enabled != enabled {
		err = d.editFlag(f, func(path edit.Path) []edit.Change {
			return []edit.Change{setField(path, flagOrder, "enabled", edit.Bool(enabled))}
		})
	}
	if err != nil {
		return err
	}
	if !enabled {
		d.warnOfDependents(f)
	}
	return v.propose(e, d, fmt.Sprintf("%s is %s already", f.Key, word))
}

// warnOfDependents names the flags and segments that ask for a flag that is switched off, and for
// variants that it does not serve then.
func (d *draft) warnOfDependents(f *native.Flag) {
	serves := "serves no variant"
	if f.Off == native.None {
		d.warn("%s has no \"off\" variant: while it is off, programs get the default in their code", f.Key)
	} else {
		serves = fmt.Sprintf("serves %q", f.OffName())
	}
	for _, other := range d.native.Flags {
		for ref := range ruleset.OfFlag(other) {
			if ref.ToFlag && ref.Key == f.Key {
				d.warn("%s asks for %s, and %s %s while it is off", other.Key, describe.Reference(ref), f.Key, serves)
			}
		}
	}
	for _, s := range d.native.Segments {
		for ref := range ruleset.OfSegment(s) {
			if ref.ToFlag && ref.Key == f.Key {
				d.warn(
					"the segment %s asks for %s, and %s %s while it is off",
					s.Key,
					describe.Reference(ref),
					f.Key,
					serves,
				)
			}
		}
	}
}

// The orders in which documents usually write the fields of flags and rules. A new field is written
// behind those that stand before it here.
var (
	flagOrder = strings.Fields("description owner tags created expires permanent metadata type variants " +
		"enabled off requires rules default max_age track")
	ruleOrder = strings.Fields("name if from until every layer percent ramp by salt guard serve")
)

// setField sets a field of the flag or rule at a path.
func setField(path edit.Path, order []string, name string, value []byte) edit.Change {
	before := []string{}
	for _, field := range order {
		if field == name {
			break
		}
		before = append(before, field)
	}
	return edit.Set(path.Add(name), value, before...)
}
