package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// explainVerb explains a decision.
type explainVerb struct {
	Flag string `arg:"" help:"The flag's key."`
	rulesFlag
	subjectFlags
}

// Run prints the decision and its tree.
func (v *explainVerb) Run(e *env) error {
	subject, at, err := v.subject(e)
	if err != nil {
		return err
	}
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	explainer, ok := rules.(becket.Explainer)
	if !ok {
		return fmt.Errorf("decisions of the format %s cannot be explained", document.Format.Name())
	}
	e.printProblems(document, rules, v.Flag)
	x := explainer.Explain(v.Flag, &subject, at, nil)
	x.Key, x.Revision, x.Tier = subject.Key(), rules.Info().Revision, becket.TierNetwork
	if errors.Is(x.Err, becket.ErrFlagNotFound) {
		x.Err = unknownFlag(v.Flag, rules)
	}
	if e.options.JSON {
		err = report.Indented(e.stdout, x)
	} else {
		err = v.write(e, &x)
	}
	if err == nil && x.Err != nil {
		return errFound
	}
	return err
}

func (v *explainVerb) write(e *env, x *becket.Explanation) error {
	a := answer{Flag: x.Flag, Value: x.Value, Variant: x.Variant, Reason: x.Reason, Rule: x.Rule, Missing: x.Missing}
	if failure, ok := errors.AsType[*becket.EvaluationError](x.Err); ok {
		a.Code, a.Error = failure.Code, report.Plain(failure)
	}
	if _, err := fmt.Fprintf(e.stdout, "%s for %q: %s\n", x.Flag, x.Key, a.text()); err != nil {
		return err
	}
	return writeTree(e.stdout, e.style(), x.Steps, "")
}

// writeTree writes steps as a tree, each with lines that lead to its parts.
func writeTree(w io.Writer, s style, steps []becket.Step, indent string) error {
	for i := range steps {
		step := &steps[i]
		branch, below := "├─ ", "│  "
		if i == len(steps)-1 {
			branch, below = "└─ ", "   "
		}
		text := step.What
		if step.Text != "" {
			text += " " + step.Text
		}
		note := ""
		if step.Note != "" {
			note = s.faint(" (" + step.Note + ")")
		}
		if _, err := fmt.Fprintf(w, "%s%s%s: %s%s\n", indent, branch, text, s.outcome(step.Outcome), note); err != nil {
			return err
		}
		if err := writeTree(w, s, step.Steps, indent+below); err != nil {
			return err
		}
	}
	return nil
}
