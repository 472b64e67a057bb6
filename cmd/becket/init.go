package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// initVerb writes a first ruleset.
type initVerb struct {
	File        string `arg:"" optional:"" default:"flags.jsonc" help:"The new file: .jsonc for JSON with comments, .json for plain JSON, .yaml or .yml. By default, ${default}."`
	Environment string `placeholder:"NAME" help:"The environment that the ruleset is for, such as production. By default, none."`
	Owner       string `default:"my-team" help:"The owner of the example flags."`
	Empty       bool   `help:"Write no example flags."`
}

// started is the result of init.
type started struct {
	Wrote []string `json:"wrote"`
	Next  []string `json:"next"` // commands to run next
	notes []string // about each command
}

// Run writes the ruleset, and the configuration if there is none.
func (v *initVerb) Run(e *env) error {
	body, err := v.ruleset(e.now())
	if err != nil {
		return err
	}
	var config bytes.Buffer
	if err := toml.NewEncoder(&config).Encode(struct {
		Rules string `toml:"rules"`
	}{v.File}); err != nil {
		return err
	}
	s := started{}
	// isNamed says that the configuration names the new file
	isNamed := filepath.Clean(e.config.Rules) == filepath.Clean(v.File)
	err = e.writing(func() error {
		if err := create(v.File, body); err != nil {
			return err
		}
		s.Wrote = append(s.Wrote, v.File)
		switch err := createFile(e.options.Config, bytes.TrimSpace(config.Bytes()), 0o644); {
		case err == nil:
			s.Wrote, isNamed = append(s.Wrote, e.options.Config), true
		case !errors.Is(err, fs.ErrExist):
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.next(v, isNamed && e.options.Config == defaultConfig)
	if e.options.JSON {
		return report.Indented(e.stdout, s)
	}
	if !isNamed {
		s.notes = append(s.notes, fmt.Sprintf("%s stays as it is: it does not name %s.", e.options.Config, v.File))
	}
	return s.write(e)
}

// create writes a new file. It never changes a file that exists.
func create(path string, body []byte) error {
	err := createFile(path, bytes.TrimSuffix(body, []byte("\n")), 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%q exists and stays as it is: name another file", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %q", filepath.Dir(path))
	default:
		return err
	}
}

// ruleset returns the new file.
func (v *initVerb) ruleset(now time.Time) ([]byte, error) {
	extension := filepath.Ext(v.File)
	if input.IsURL(v.File) || !slices.Contains([]string{".json", ".jsonc", ".yaml", ".yml"}, extension) {
		return nil, fmt.Errorf("init writes a file whose name ends with .jsonc, .json, .yaml or .yml, not %q", v.File)
	}
	text := firstJSON
	if extension == ".yaml" || extension == ".yml" {
		text = firstYAML
	}
	var b bytes.Buffer
	if err := text.Execute(&b, map[string]any{
		"Schema": schemaAddress, "Environment": v.Environment, "Owner": v.Owner, "Empty": v.Empty,
		"Comments": extension == ".jsonc", "Created": now.Format(time.DateOnly),
		"Expires": now.AddDate(0, 3, 0).Format(time.DateOnly),
	}); err != nil {
		return nil, err
	}
	if text == firstYAML {
		return b.Bytes(), nil
	}
	return layout.Format(b.Bytes())
}

// schemaAddress is the address of the JSON Schema, for editors.
const schemaAddress = "https://raw.githubusercontent.com/becketflags/becket/main/schema/ruleset.v1.json"

var firstJSON = template.Must(template.New("JSON").Funcs(quoting).Parse(`{
  {{- if .Comments}}
  // Editors complete and explain the fields with this schema.
  {{- end}}
  "$schema": {{quote .Schema}},
  "schema": 1,
  {{- if .Comments}}
  // Raise the revision with every change that you publish.
  {{- end}}
  "revision": 1,
  {{- if .Environment}}
  "environment": {{quote .Environment}},
  {{- end}}
  "flags": {
  {{- if not .Empty}}
    {{- if .Comments}}
    // A new feature: first for ten percent of all subjects, later for more.
    {{- end}}
    "new-search": {
      "description": "Search with spelling correction",
      "owner": {{quote .Owner}},
      "created": {{quote .Created}},
      "expires": {{quote .Expires}},
      "rules": [
        {"name": "a tenth of everybody", "percent": 10, "serve": "on"}
      ]
    },
    {{- if .Comments}}

    // A kill switch: on for everybody until somebody sets "enabled" to false.
    {{- end}}
    "recommendations": {
      "description": "Recommendations on the start page, to be switched off if they slow it down",
      "owner": {{quote .Owner}},
      "created": {{quote .Created}},
      "permanent": true,
      "enabled": true,
      "default": "on"
    }
  {{end -}}
  }
}
`))

var firstYAML = template.Must(template.New("YAML").Funcs(quoting).Parse(`# yaml-language-server: $schema={{.Schema}}
# Editors complete and explain the fields with this schema.
$schema: {{.Schema}}
schema: 1
# Raise the revision with every change that you publish.
revision: 1
{{- if .Environment}}
environment: {{quote .Environment}}
{{- end}}
{{- if .Empty}}
flags: {}
{{- else}}
flags:
  # A new feature: first for ten percent of all subjects, later for more.
  new-search:
    description: Search with spelling correction
    owner: {{quote .Owner}}
    created: {{quote .Created}}
    expires: {{quote .Expires}}
    rules:
      - name: a tenth of everybody
        percent: 10
        serve: "on"

  # A kill switch: on for everybody until somebody sets "enabled" to false.
  recommendations:
    description: Recommendations on the start page, to be switched off if they slow it down
    owner: {{quote .Owner}}
    created: {{quote .Created}}
    permanent: true
    enabled: true
    default: "on"
{{- end}}
`))

// quoting writes texts as JSON does. YAML reads that too.
var quoting = template.FuncMap{"quote": func(text string) string {
	var b bytes.Buffer
	writeLine(&b, text)
	return strings.TrimSuffix(b.String(), "\n")
}}

// next sets the commands to run next. isNamed says that they find the file by the configuration.
func (s *started) next(v *initVerb, isNamed bool) {
	argument, option := "", ""
	if !isNamed {
		argument, option = " "+shellWord(v.File), " --rules "+shellWord(v.File)
	}
	s.Next = []string{"becket check" + argument, "becket list" + argument}
	s.notes = []string{"finds mistakes", "shows all flags in words"}
	if v.Empty {
		s.Next = append(s.Next, "becket serve"+argument)
		s.notes = append(s.notes, "serves the ruleset on this machine, for a program to try")
		return
	}
	s.Next = append(s.Next, "becket eval new-search --key user-1"+option)
	s.notes = append(s.notes, "shows what a subject gets")
}

// simpleWord matches words that mean themselves in every shell.
var simpleWord = regexp.MustCompile(`^[A-Za-z0-9._/@:+][A-Za-z0-9._/@:+-]*$`)

// shellWord returns a file's name as a word of a command line.
func shellWord(name string) string {
	if simpleWord.MatchString(name) {
		return name
	}
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func (s *started) write(e *env) error {
	longest := 0
	for _, command := range s.Next {
		longest = max(longest, len(command))
	}
	fmt.Fprintf(e.stdout, "wrote %s\n", strings.Join(s.Wrote, " and "))
	for _, note := range s.notes[len(s.Next):] {
		fmt.Fprintln(e.stdout, note)
	}
	fmt.Fprintln(e.stdout, "\nNext:")
	for i, command := range s.Next {
		if _, err := fmt.Fprintf(e.stdout, "  %-"+strconv.Itoa(longest)+"s  # %s\n", command, s.notes[i]); err != nil {
			return err
		}
	}
	return nil
}
