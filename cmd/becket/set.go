package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// setVerb sets one field of a flag.
type setVerb struct {
	Flag   string   `arg:"" help:"The flag's key."`
	Field  string   `arg:"" help:"The field: ${enum}."                                                                                                                            enum:"percent,ramp,split,variant,default,value,owner,description,expires"`
	Values []string `arg:"" help:"A percentage; steps such as 5@2026-12-01,50@2026-12-08; weights such as red=50,blue=50; a variant; a variant and its value as JSON; or a text."`
	rulesFlag
	Rule   string `       help:"The rule to change, or default for the flag's default. By default, the only one that fits."                                                                                                                               placeholder:"NAME"`
	Serve  string `       help:"The variant of a new rule. By default, the only one that is not served otherwise."                                                                                                                                        placeholder:"VARIANT"`
	Linear *bool  `       help:"Let the ramp rise evenly between its steps. By default, as before, or in steps."                                                                                                                                                                negatable:""`
	changeFlags
}

// Run changes the field.
func (v *setVerb) Run(e *env) error {
	d, f, err := e.draftOf(v.Rules, v.Flag)
	if err != nil {
		return err
	}
	s := setter{verb: v, flag: f, value: strings.Join(v.Values, " ")}
	if err := s.set(); err != nil {
		return err
	}
	err = d.editFlag(f, func(path edit.Path) []edit.Change { return s.changes(path) })
	if err != nil {
		return err
	}
	if !f.Enabled && !slices.Contains(native.PeopleFields, v.Field) {
		d.warn("%s is off, so nobody sees the change before it is switched on", f.Key)
	}
	return v.propose(e, d, fmt.Sprintf("%s has that already", f.Key))
}

// setter finds the changes of one flag.
type setter struct {
	verb    *setVerb
	flag    *native.Flag
	value   string
	changes func(path edit.Path) []edit.Change
}

// set finds the changes for the verb's field and value.
func (s *setter) set() error {
	if s.verb.Field != "value" && s.verb.Field != "owner" && s.verb.Field != "description" && len(s.verb.Values) > 1 {
		s.value = strings.Join(s.verb.Values, "")
	}
	switch s.verb.Field {
	case "percent":
		return s.percent()
	case "ramp":
		return s.ramp()
	case "split":
		return s.split()
	case "variant", "default":
		return s.variant()
	case "value":
		return s.variantValue()
	case "expires":
		if _, err := time.Parse(time.DateOnly, s.value); err != nil {
			return fmt.Errorf("expires takes a date such as 2027-02-01, not %q", s.value)
		}
	}
	s.changes = func(path edit.Path) []edit.Change {
		return []edit.Change{setField(path, flagOrder, s.verb.Field, edit.Text(s.value))}
	}
	return nil
}

// percent sets the percentage of a rule.
func (s *setter) percent() error {
	number, err := percentOf(s.value)
	if err != nil {
		return err
	}
	return s.share(func(r *native.Rule, rule edit.Path) []edit.Change {
		var changes []edit.Change
		if r != nil && r.HasRamp {
			changes = append(changes, edit.Rename(rule.Add("ramp"), "percent"))
		}
		return append(changes, setField(rule, ruleOrder, "percent", number))
	})
}

// percentOf reads a percentage as a number of JSON.
func percentOf(text string) (jsontext.Value, error) {
	digits := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if strings.Contains(digits, ",") {
		return nil, fmt.Errorf("%q is not a percentage: write a point and not a comma, such as 2.5", text)
	}
	number, err := numberOf(digits)
	if err != nil || number.percent > 100 {
		return nil, fmt.Errorf("%q is not a percentage from 0 to 100, such as 20 or 2.5", text)
	}
	return number.text, nil
}

// ramp sets the steps of a rule's ramp.
func (s *setter) ramp() error {
	steps, err := stepsOf(s.value)
	if err != nil {
		return err
	}
	return s.share(func(r *native.Rule, rule edit.Path) []edit.Change {
		var changes []edit.Change
		if r != nil && r.HasRamp {
			changes = append(changes, edit.Set(rule.Add("ramp", "steps"), steps))
			if s.verb.Linear != nil {
				changes = append(changes, edit.Set(rule.Add("ramp", "linear"), edit.Bool(*s.verb.Linear)))
			}
			return changes
		}
		members := []edit.Member{{Name: "steps", Value: steps}}
		if s.verb.Linear != nil && *s.verb.Linear {
			members = append(members, edit.Member{Name: "linear", Value: edit.Bool(true)})
		}
		if r != nil && r.HasPercent {
			changes = append(changes, edit.Rename(rule.Add("percent"), "ramp"))
		}
		return append(changes, setField(rule, ruleOrder, "ramp", edit.Object(members...)))
	})
}

// stepsOf reads the steps of a ramp, such as 5@2026-12-01,50@2026-12-08T09:00:00Z.
func stepsOf(text string) (jsontext.Value, error) {
	var steps []jsontext.Value
	for step := range strings.SplitSeq(text, ",") {
		percent, at, ok := strings.Cut(step, "@")
		if !ok {
			return nil, fmt.Errorf("%q is not a step such as 5@2026-12-01 or 50@2026-12-08T09:00:00Z", step)
		}
		number, err := percentOf(percent)
		if err != nil {
			return nil, err
		}
		at = strings.TrimSpace(at)
		if _, err := parseInstant(at); err != nil {
			return nil, err
		}
		if len(at) == len(time.DateOnly) {
			at += "T00:00:00Z"
		}
		steps = append(steps, edit.Object(
			edit.Member{Name: "at", Value: edit.Text(at)}, edit.Member{Name: "percent", Value: number},
		))
	}
	return edit.Array(steps...), nil
}

// variant sets the variant that a rule or the default serves.
func (s *setter) variant() error {
	if err := s.isVariant(s.value); err != nil {
		return err
	}
	if s.verb.Field == "default" {
		s.verb.Rule = toDefault
	}
	serve, err := s.serve(false)
	if err != nil {
		return err
	}
	s.changes = func(path edit.Path) []edit.Change { return []edit.Change{serve.set(path, edit.Text(s.value))} }
	return nil
}

// isVariant returns an error for a name that is none of the flag's variants.
func (s *setter) isVariant(name string) error {
	var names []string
	for _, v := range ruleset.Variants(s.flag) {
		if v.Name == name {
			return nil
		}
		names = append(names, v.Name)
	}
	return fmt.Errorf("%s has no variant %q%s: it has %s", s.flag.Key, name, match.Suggest(name, names),
		strings.Join(names, ", "))
}

// variantValue sets the value of a variant, or adds the variant.
func (s *setter) variantValue() error {
	if len(s.verb.Values) < 2 {
		return fmt.Errorf("value takes a variant and its value, such as: set %s value blue '\"#00f\"'", s.flag.Key)
	}
	if s.flag.Implied {
		return fmt.Errorf("%s has no written variants: it is on or off", s.flag.Key)
	}
	name, text := s.verb.Values[0], strings.Join(s.verb.Values[1:], " ")
	value := jsontext.Value(strings.TrimSpace(text))
	isQuoted := len(value) > 0 && value[0] == '"' && value.IsValid()
	switch {
	case s.flag.Kind == native.Text && !isQuoted:
		value = edit.Text(text)
	case !value.IsValid():
		return fmt.Errorf("%q is not JSON", text)
	}
	s.changes = func(path edit.Path) []edit.Change { return []edit.Change{edit.Set(path.Add("variants", name), value)} }
	return nil
}
