package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/table"
	"github.com/becketflags/becket/internal/prose"
	"github.com/becketflags/becket/internal/wording"
)

// listVerb lists flags in words.
type listVerb struct {
	rulesArgument
	Owner   []string     `sep:"none" placeholder:"NAME" help:"List only flags of this owner; \"\" for flags without an owner. Repeatable."`
	State   []prose.Kind `enum:"${states}" placeholder:"KIND" help:"List only flags in this state: ${enum}. Repeatable, or separated by commas."`
	Expired bool         `help:"List only flags that have expired."`
	Search  string       `short:"s" placeholder:"TEXT" help:"List only flags with this text in their key, description, owner, tags or state, in upper or lower case."`
	At      *instant     `placeholder:"INSTANT" help:"List the states at this time (RFC 3339, or a date in UTC). By default, now."`
}

// listed is a flag of a list.
type listed struct {
	Flag        string      `json:"flag"`
	State       prose.State `json:"state"`
	Type        string      `json:"type,omitempty"`
	Variants    []string    `json:"variants,omitempty"`
	Owner       string      `json:"owner,omitempty"`
	Tags        []string    `json:"tags,omitempty"`
	Created     string      `json:"created,omitempty"`
	Expires     string      `json:"expires,omitempty"`
	Expired     bool        `json:"expired,omitempty"`
	Permanent   bool        `json:"permanent,omitempty"`
	Description string      `json:"description,omitempty"`
	Error       string      `json:"error,omitempty"` // why the flag is invalid
}

// Run prints the flags as a table, and their numbers. Invalid flags among them set the exit code 1.
func (v *listVerb) Run(e *env) error {
	document, rules, err := e.load(v.Rules)
	if err != nil {
		return err
	}
	all, err := listFlags(document, rules, e.at(v.At))
	if err != nil {
		return err
	}
	shown := slices.DeleteFunc(slices.Clone(all), func(l listed) bool { return !v.wants(&l) })
	if err := v.write(e, shown, len(all)); err != nil {
		return err
	}
	problems := slices.DeleteFunc(document.Problems(rules), func(f report.Finding) bool {
		return !slices.ContainsFunc(shown, func(l listed) bool { return l.Flag == f.Flag && l.Error != "" })
	})
	if len(problems) > 0 {
		return &report.RefusedError{Findings: problems}
	}
	return nil
}

func (v *listVerb) write(e *env, shown []listed, all int) error {
	if e.options.JSON {
		return report.Indented(e.stdout, shown)
	}
	if len(shown) > 0 {
		rows := [][]string{{"FLAG", "STATE", "OWNER", "EXPIRES", "DESCRIPTION"}}
		for i := range shown {
			rows = append(rows, shown[i].row())
		}
		if err := table.Write(e.stdout, rows, e.width); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout)
	}
	_, err := fmt.Fprintln(e.stdout, numbers(shown, all))
	return err
}

// listFlags returns all flags in the order of their keys.
func listFlags(document *input.Document, rules becket.Rules, now time.Time) ([]listed, error) {
	states, err := statesOf(document, rules, now)
	if err != nil {
		return nil, err
	}
	problems := map[string][]string{}
	for _, f := range document.Problems(rules) {
		problems[f.Flag] = append(problems[f.Flag], f.Message)
	}
	all := []listed{}
	for info := range rules.Flags() {
		l := listed{
			Flag: info.Key, Type: info.Kind.String(), Variants: info.Variants, Owner: info.Owner, Tags: info.Tags,
			Created: date(info.Created), Expires: date(info.Expires), Expired: prose.HasExpired(info.Expires, now),
			Permanent: info.Permanent, Description: info.Description,
		}
		state, known := states[info.Key]
		switch {
		case info.Err != nil:
			l.Error = problemText(problems[info.Key], info.Err)
			l.State, l.Type = prose.Problem(l.Error), ""
		case known:
			l.State = state
		default:
			l.State = prose.Unknown(info.Enabled, len(info.Variants))
		}
		all = append(all, l)
	}
	return all, nil
}

// problemText returns the first problem of a flag, and the number of the others.
func problemText(problems []string, err error) string {
	switch len(problems) {
	case 0:
		return report.Plain(err)
	case 1:
		return problems[0]
	default:
		return fmt.Sprintf("%s (and %s more)", problems[0], wording.Thousands(len(problems)-1))
	}
}

// statesOf returns the states of the valid flags of a native document.
func statesOf(document *input.Document, rules becket.Rules, now time.Time) (map[string]prose.State, error) {
	states := map[string]prose.State{}
	if document.Format != becket.Native {
		return states, nil
	}
	native, err := document.Native(rules)
	if err != nil {
		return nil, err
	}
	for _, f := range native.Flags {
		states[f.Key] = prose.StateOf(f, now)
	}
	return states, nil
}

// date writes a date, or "" for none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// wants reports whether the user asked for a flag.
func (v *listVerb) wants(l *listed) bool {
	if len(v.Owner) > 0 && !slices.ContainsFunc(v.Owner, func(o string) bool { return strings.EqualFold(o, l.Owner) }) {
		return false
	}
	if len(v.State) > 0 && !slices.Contains(v.State, l.State.Kind) || v.Expired && !l.Expired {
		return false
	}
	wanted := strings.ToLower(v.Search)
	texts := append([]string{l.Flag, l.Description, l.Owner, l.State.Text}, l.Tags...)
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), wanted) })
}

func (l *listed) row() []string {
	key, expires := l.Flag, l.Expires
	if prose.Line(key) != key {
		key = strconv.Quote(key)
	}
	switch {
	case l.Expired:
		expires += " (expired)"
	case l.Permanent && expires == "":
		expires = "permanent"
	}
	return []string{key, l.State.Text, prose.Line(l.Owner), expires, prose.Line(l.Description)}
}

// numbers counts flags by their states: "3 of 12 flags: 1 on, 2 off; 1 expired".
func numbers(shown []listed, all int) string {
	text := wording.Count(all, "flag")
	if len(shown) < all {
		text = wording.Thousands(len(shown)) + " of " + text
	}
	var parts []string
	for _, kind := range prose.Kinds {
		n := 0
		for i := range shown {
			if shown[i].State.Kind == kind {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, wording.Thousands(n)+" "+string(kind))
		}
	}
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	expired := 0
	for i := range shown {
		if shown[i].Expired {
			expired++
		}
	}
	if expired > 0 {
		text += "; " + wording.Thousands(expired) + " expired"
	}
	return text
}

// states lists the kinds of states, separated by commas.
func states() string {
	words := make([]string, len(prose.Kinds))
	for i := range prose.Kinds {
		words[i] = string(prose.Kinds[i])
	}
	return strings.Join(words, ",")
}
