package main

import (
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// completionVerb writes a script that completes the command's words in a shell.
type completionVerb struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: ${enum}."`
}

// words are the words that may follow a verb: other verbs, flags, and the values of flags that have
// a fixed set of values.
type words struct {
	Path  string // the verbs, separated by spaces
	Verbs []described
	Flags []flagWord
}

type described struct{ Name, Help string }

type flagWord struct {
	described
	Short  string // with its dash; "" if it has none
	Takes  bool   // a value follows
	Values string // the possible values, separated by spaces; "" for a file name
}

// Run writes the script.
func (v *completionVerb) Run(e *env, app *kong.Kong) error {
	return completions[v.Shell].Execute(e.stdout, levels(app.Model.Node, ""))
}

// levels lists node and every verb below it.
func levels(node *kong.Node, path string) (all []words) {
	w := words{Path: path}
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			w.Flags = append(w.Flags, flagWords(flag)...)
		}
	}
	var below []words
	for _, child := range node.Children {
		if !child.Hidden {
			w.Verbs = append(w.Verbs, described{child.Name, shellText(child.Help)})
			below = append(below, levels(child, strings.TrimSpace(path+" "+child.Name))...)
		}
	}
	for _, positional := range node.Positional {
		for _, value := range positional.EnumSlice() {
			if value != "" {
				w.Verbs = append(w.Verbs, described{value, shellText(positional.Help)})
			}
		}
	}
	return append([]words{w}, below...)
}

func flagWords(flag *kong.Flag) []flagWord {
	values := slices.DeleteFunc(flag.EnumSlice(), func(value string) bool { return value == "" })
	w := flagWord{
		described: described{"--" + flag.Name, shellText(flag.Help)}, Takes: !flag.IsBool(),
		Values: strings.Join(values, " "),
	}
	if flag.Short != 0 {
		w.Short = "-" + string(flag.Short)
	}
	return []flagWord{w}
}

// shellText returns the first sentence of a help text, without characters that have a meaning in a
// shell.
func shellText(help string) string {
	sentence, _, _ := strings.Cut(help, ". ")
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("'\"`$\\[]:\n", c) {
			return -1
		}
		return c
	}, strings.TrimSuffix(sentence, "."))
}

// Candidates are the verbs and flags, with a space between.
func (w words) Candidates() string {
	var names []string
	for _, verb := range w.Verbs {
		names = append(names, verb.Name)
	}
	for _, flag := range w.Flags {
		names = append(names, flag.Name)
	}
	return strings.Join(names, " ")
}

// Condition returns fish's test for the words that precede the cursor.
func (w words) Condition() string {
	if w.Path == "" {
		return "__fish_use_subcommand"
	}
	var parts []string
	for verb := range strings.FieldsSeq(w.Path) {
		parts = append(parts, "__fish_seen_subcommand_from "+verb)
	}
	return strings.Join(parts, "; and ")
}

// Pattern returns the flag's form on the command line, for a shell's case.
func (f flagWord) Pattern() string {
	if f.Short == "" {
		return f.Name
	}
	return f.Name + "|" + f.Short
}

var completions = map[string]*template.Template{
	"bash": script("", "bash", bashScript),
	"zsh":  script("#compdef becket\n", "zsh", "autoload -U +X bashcompinit && bashcompinit\n"+bashScript),
	"fish": script("", "fish", fishScript),
}

func script(first, shell, text string) *template.Template {
	return template.Must(template.New(shell).Parse(first +
		fmt.Sprintf("# Completes becket in %s. Written by becket completion %[1]s.\n", shell) + text))
}

// In bash, the verbs before the cursor select the words. If no word fits, bash completes file
// names. zsh runs the script too; in zsh, a variable named path would be the search path.
const bashScript = `_becket() {
	local verbs="" word i current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="${COMP_WORDS[i]}"
		case "${verbs:+$verbs }$word" in
{{- range .}}{{if .Path}}
		"{{.Path}}") verbs="{{.Path}}" ;;
{{- end}}{{end}}
		esac
	done
	COMPREPLY=()
	case "$verbs" in
{{- range .}}
	"{{.Path}}")
		case "$previous" in
{{- range .Flags}}{{if .Takes}}
		{{.Pattern}})
			{{if .Values}}COMPREPLY=($(compgen -W "{{.Values}}" -- "$current")){{else}}COMPREPLY=($(compgen -f -- "$current")){{end}}
			return ;;
{{- end}}{{end}}
		esac
		COMPREPLY=($(compgen -W "{{.Candidates}}" -- "$current")) ;;
{{- end}}
	esac
}
complete -o default -F _becket becket
`

const fishScript = `{{range .}}{{$condition := .Condition}}
{{- range .Verbs}}complete -c becket -n '{{$condition}}' -a '{{.Name}}' -d '{{.Help}}'
{{end}}
{{- range .Flags}}complete -c becket -n '{{$condition}}' -l '{{slice .Name 2}}'{{if .Short}} -s '{{slice .Short 1}}'{{end}}{{if .Takes}} -r{{end}}{{if .Values}} -x -a '{{.Values}}'{{end}} -d '{{.Help}}'
{{end}}
{{- end}}`
