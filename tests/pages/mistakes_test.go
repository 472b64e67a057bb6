package pages_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/testdata/mistakes"
)

// placeOf has the part of a document in which a mistake is, by the mistake's frame.
var placeOf = map[string]string{
	"document": "document", "flags": "flags", "flag": "flag", "banner": "flag", "rule": "rule", "if": "condition",
	"segments": "segments", "segment": "segment",
}

func TestThePageAboutRulesetsShowsTheCommonFirstMistakes(t *testing.T) {
	var table strings.Builder
	table.WriteString("| in a | written | to write |\n|---|---|---|\n")
	for _, m := range mistakes.All() {
		if m.Shown {
			fmt.Fprintf(&table, "| %s | `%s` | `%s` |\n", placeOf[m.Frame], m.Wrong, m.Right)
		}
	}
	page := read(t, root+"/docs/ruleset.md")
	_, section, _ := strings.Cut(page, "\n## Common first mistakes\n")
	section, _, _ = strings.Cut(section, "\n## ")
	assert.Contains(t, section, "\n\n"+table.String()+"\n", "the table must show these mistakes")
}
