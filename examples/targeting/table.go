package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/becketflags/becket"
)

// section writes a heading.
func section(out io.Writer, title string) {
	fmt.Fprintf(out, "%s\n\n", title)
}

// table asks one flag for all people, and shows each answer beside the attribute that decides it.
func table[T any](
	out io.Writer, client *becket.Client, attribute string,
	ask func(becket.View, string, T) becket.Detail[T], flag string, fallback T,
) {
	const row = "  %-9s%-18s%-14s%-17s%s\n"
	fmt.Fprintf(out, row, "SUBJECT", strings.ToUpper(attribute), flag, "REASON", "RULE")
	for _, subject := range people {
		known := "-"
		if value, ok := subject.Attribute(attribute); ok {
			known = strings.Trim(value.String(), `"`)
		}
		d := ask(client.For(subject), flag, fallback)
		fmt.Fprintf(out, row, subject.Key(), known, fmt.Sprint(d.Value), d.Reason, why(d.Rule, d.Missing))
	}
	fmt.Fprintln(out)
}

// why returns the rule that applied, or the attribute whose absence kept rules from applying.
func why(rule, missing string) string {
	switch {
	case rule != "":
		return rule
	case missing != "":
		return "(no " + missing + ")"
	default:
		return "-"
	}
}
