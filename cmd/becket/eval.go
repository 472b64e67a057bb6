package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/match"
)

// evalVerb decides flags for a subject.
type evalVerb struct {
	Flag string `arg:"" optional:"" help:"The flag's key."`
	All  bool   `help:"Evaluate every flag of the ruleset."`
	rulesFlag
	subjectFlags
}

// answer is a decision in its printed form.
type answer struct {
	Flag        string           `json:"flag"`
	Value       any              `json:"value"` // nil for the caller's default
	Variant     string           `json:"variant,omitempty"`
	Reason      becket.Reason    `json:"reason"`
	Rule        string           `json:"rule,omitempty"`
	Missing     string           `json:"missing,omitempty"`
	Unfit       string           `json:"unfit,omitempty"`
	UnfitReason string           `json:"unfit_reason,omitempty"`
	Code        becket.ErrorCode `json:"code,omitempty"`
	Error       string           `json:"error,omitempty"`
}

// Run prints the answers. An answer that is an error sets the exit code 1.
func (v *evalVerb) Run(e *env) error {
	if (v.Flag == "") != v.All {
		return errors.New("name one flag, or use --all")
	}
	subject, at, err := v.subject(e)
	if err != nil {
		return err
	}
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	e.printProblems(document, rules, v.Flag)
	keys := []string{v.Flag}
	if v.All {
		keys = flagKeys(rules)
	}
	answers := make([]answer, len(keys))
	failed := false
	for i, key := range keys {
		r := rules.Evaluate(key, becket.KindAny, &subject, at)
		if errors.Is(r.Err, becket.ErrFlagNotFound) {
			r.Err = unknownFlag(key, rules)
		}
		answers[i] = answerOf(key, r)
		failed = failed || answers[i].Error != ""
	}
	if err := v.write(e, answers); err != nil {
		return err
	}
	if failed {
		return errFound
	}
	return nil
}

func (v *evalVerb) write(e *env, answers []answer) error {
	switch {
	case e.options.JSON && v.All:
		return report.Indented(e.stdout, answers)
	case e.options.JSON:
		return report.Indented(e.stdout, answers[0])
	case v.All:
		return writeAnswers(e.stdout, answers)
	}
	_, err := fmt.Fprintln(e.stdout, answers[0].text())
	return err
}

func answerOf(flag string, r becket.Result) answer {
	a := answer{
		Flag: flag, Reason: r.Reason, Rule: r.Rule, Missing: r.Missing, Unfit: r.Unfit, UnfitReason: r.UnfitReason,
	}
	if r.Variant != nil {
		a.Variant, a.Value = r.Variant.Name, r.Variant.Value.Any()
	}
	if r.Err != nil {
		a.Code, a.Error = r.Err.Code, report.Plain(r.Err)
	}
	return a
}

// errNoFlag says which ruleset lacks a flag, and names the nearest known key.
func errNoFlag(ruleset, flag string, rules becket.Rules) error {
	return fmt.Errorf("%s has no flag %q%s", ruleset, flag, match.Suggest(flag, flagKeys(rules)))
}

// unknownFlag returns the error for an unknown flag, with the nearest known key.
func unknownFlag(flag string, rules becket.Rules) *becket.EvaluationError {
	message := becket.ErrFlagNotFound.Message + match.Suggest(flag, flagKeys(rules))
	return &becket.EvaluationError{Code: becket.CodeFlagNotFound, Message: message}
}

// text writes an answer on one line.
func (a *answer) text() string {
	text := fmt.Sprintf("%s = %s, %s", a.Variant, a.valueText(), a.why())
	if a.Variant == "" {
		text = "the caller's default, " + a.why()
	}
	if a.Missing != "" && a.Error == "" {
		text += fmt.Sprintf("; %q is missing", a.Missing)
	}
	if a.Unfit != "" && a.Error == "" {
		text += fmt.Sprintf("; %q: %s", a.Unfit, a.UnfitReason)
	}
	return text
}

func (a *answer) why() string {
	switch {
	case a.Error != "":
		return fmt.Sprintf("%s: %s", a.Code, a.Error)
	case a.Rule != "":
		return fmt.Sprintf("%s by rule %q", a.Reason, a.Rule)
	default:
		return string(a.Reason)
	}
}

func (a *answer) valueText() string {
	text, err := json.Marshal(a.Value)
	if err != nil {
		return fmt.Sprint(a.Value)
	}
	return string(text)
}

// writeAnswers writes answers as a table.
func writeAnswers(w io.Writer, answers []answer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FLAG\tVARIANT\tVALUE\tWHY")
	for i := range answers {
		a := &answers[i]
		variant, value := a.Variant, a.valueText()
		if variant == "" {
			variant, value = "-", "the caller's default"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Flag, variant, value, a.why())
	}
	return table.Flush()
}

// flagKeys lists the keys of all flags in order.
func flagKeys(rules becket.Rules) (keys []string) {
	for info := range rules.Flags() {
		keys = append(keys, info.Key)
	}
	return keys
}
