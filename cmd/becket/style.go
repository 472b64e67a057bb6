package main

import "github.com/fatih/color"

// style colours words on terminals. Elsewhere it returns them unchanged.
type style struct{ coloured bool }

func (e *env) style() style { return style{e.coloured} }

func (s style) paint(text string, attributes ...color.Attribute) string {
	c := color.New(attributes...)
	if !s.coloured {
		return text
	}
	c.EnableColor()
	return c.Sprint(text)
}

func (s style) faint(text string) string { return s.paint(text, color.Faint) }
func (s style) bold(text string) string  { return s.paint(text, color.Bold) }
func (s style) good(text string) string  { return s.paint(text, color.FgGreen) }
func (s style) bad(text string) string   { return s.paint(text, color.FgRed) }

// outcome colours the outcome of a step.
func (s style) outcome(text string) string {
	switch text {
	case "true":
		return s.good(text)
	case "false":
		return s.bad(text)
	case "unknown":
		return s.paint(text, color.FgYellow)
	default:
		return s.bold(text)
	}
}
