package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/describe"
	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// toDefault is the name that --rule has for the flag's default.
const toDefault = "default"

// share changes the percentage or the ramp of a rule: of the one that --rule names, or of the only
// one that has either. A flag without rules gets a rule for everybody. change receives nil for
// that.
func (s *setter) share(change func(r *native.Rule, rule edit.Path) []edit.Change) error {
	if len(s.flag.Rules) == 0 && s.verb.Rule == "" {
		return s.newRule(change)
	}
	r, err := s.rule(func(r *native.Rule) bool { return r.HasPercent || r.HasRamp }, "with a percentage")
	if err != nil {
		return err
	}
	if s.verb.Serve != "" {
		return errors.New("--serve is for a new rule; set FLAG variant changes what a rule serves")
	}
	s.changes = func(path edit.Path) []edit.Change { return change(r, path.Add("rules", r.Index)) }
	return nil
}

// newRule adds a rule for everybody to a flag without rules.
func (s *setter) newRule(change func(r *native.Rule, rule edit.Path) []edit.Change) error {
	name, err := s.servedByNewRule()
	if err != nil {
		return err
	}
	s.changes = func(path edit.Path) []edit.Change {
		rule := edit.Object(edit.Member{Name: "serve", Value: edit.Text(name)})
		add := edit.Insert(path.Add("rules", 0), rule)
		if !s.flag.Written.Field("rules").IsThere() {
			add = setField(path, flagOrder, "rules", edit.Array(rule))
		}
		return append([]edit.Change{add}, change(nil, path.Add("rules", 0))...)
	}
	return nil
}

// servedByNewRule returns the variant of a new rule: the one that --serve names, or the only one
// that the flag does not serve otherwise.
func (s *setter) servedByNewRule() (string, error) {
	served := map[string]bool{}
	if s.flag.Default.IsThere {
		for _, name := range ruleset.Served(&s.flag.Default) {
			served[name] = true
		}
	} else {
		served[s.flag.OffName()] = true
	}
	if name := s.verb.Serve; name != "" {
		if err := s.isVariant(name); err != nil {
			return "", err
		}
		if served[name] && len(served) == 1 {
			return "", fmt.Errorf("everybody gets %s already, by the default: set the default to another variant first",
				name)
		}
		return name, nil
	}
	var others []string
	for _, v := range ruleset.Variants(s.flag) {
		if !served[v.Name] && (v.Name != s.flag.OffName() || len(s.flag.Variants) == 2) {
			others = append(others, v.Name)
		}
	}
	switch {
	case len(others) == 1 && others[0] != s.flag.OffName():
		return others[0], nil
	case len(others) == 1:
		return "", fmt.Errorf(
			"everybody gets %s already, by the default: set the default to another variant first, or "+
				"name one for the new rule with --serve",
			describe.Serve(&s.flag.Default),
		)
	}
	return "", fmt.Errorf("%s has no rule yet: name the variant of the new one with --serve: one of %s", s.flag.Key,
		s.variantNames())
}

func (s *setter) variantNames() string {
	var names []string
	for _, v := range ruleset.Variants(s.flag) {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

// rule returns the rule that --rule names, or else the only one that fits.
func (s *setter) rule(fits func(*native.Rule) bool, kind string) (*native.Rule, error) {
	var found []*native.Rule
	var names []string
	for i := range s.flag.Rules {
		r := &s.flag.Rules[i]
		names = append(names, r.Name)
		if r.Name == s.verb.Rule || s.verb.Rule == "" && fits(r) {
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case s.verb.Rule != "":
		return nil, fmt.Errorf("%s has no rule %q%s\n%s", s.flag.Key, s.verb.Rule, match.Suggest(s.verb.Rule, names),
			s.listRules())
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no rule %s: name the rule to change with --rule\n%s", s.flag.Key, kind,
			s.listRules())
	default:
		return nil, fmt.Errorf("%s has %d rules %s: name the rule to change with --rule\n%s", s.flag.Key, len(found),
			kind, s.listRules())
	}
}

// listRules describes the flag's rules, one on each line.
func (s *setter) listRules() string {
	lines := []string{"its rules are:"}
	for i := range s.flag.Rules {
		r := &s.flag.Rules[i]
		text := fmt.Sprintf("  %q serves %s to %s", r.Name, describe.Serve(&r.Serve), describe.Condition(r.If))
		if r.HasPercent || r.HasRamp {
			text += ", " + describe.Share(r)
		}
		lines = append(lines, text)
	}
	if len(s.flag.Rules) == 0 {
		return "it has no rules"
	}
	return strings.Join(lines, "\n")
}

// servePlace is the place of what a rule or the default serves.
type servePlace struct {
	rule *native.Rule  // nil for the default
	now  *native.Serve // nil if the document does not write the default
}

func (s *servePlace) path(flag edit.Path) edit.Path {
	if s.rule == nil {
		return flag.Add("default")
	}
	return flag.Add("rules", s.rule.Index, "serve")
}

// set returns the change that makes the rule or the default serve something else.
func (s *servePlace) set(flag edit.Path, value []byte) edit.Change {
	if s.rule == nil {
		return setField(flag, flagOrder, "default", value)
	}
	return edit.Set(s.path(flag), value)
}

// serve returns the place that a verb changes: that of --rule, or the only one that fits. A flag
// without rules serves its default.
func (s *setter) serve(isSplit bool) (*servePlace, error) {
	byDefault := &servePlace{}
	if s.flag.Default.IsThere {
		byDefault.now = &s.flag.Default
	}
	isRule := func(r *native.Rule) bool { return r.Name == toDefault }
	if s.verb.Rule == toDefault && !anyRule(s.flag, isRule) || s.verb.Field == "default" ||
		s.verb.Rule == "" && len(s.flag.Rules) == 0 {
		return byDefault, nil
	}
	splits := func(r *native.Rule) bool { return r.Serve.IsSplit }
	kind, fits := "whose variant is meant", func(*native.Rule) bool { return true }
	if isSplit {
		kind, fits = "with a split", splits
		if s.verb.Rule == "" && s.flag.Default.IsSplit {
			if !anyRule(s.flag, splits) {
				return byDefault, nil
			}
			return nil, fmt.Errorf("%s has several splits: name a rule with --rule, or --rule default\n%s", s.flag.Key,
				s.listRules())
		}
	}
	r, err := s.rule(fits, kind)
	if err != nil {
		return nil, err
	}
	return &servePlace{rule: r, now: &r.Serve}, nil
}

func anyRule(f *native.Flag, fits func(*native.Rule) bool) bool {
	for i := range f.Rules {
		if fits(&f.Rules[i]) {
			return true
		}
	}
	return false
}
