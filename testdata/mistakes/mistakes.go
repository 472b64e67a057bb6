// Package mistakes holds mistakes that people make when they write their first rulesets, and the
// messages that tell them what to write instead.
package mistakes

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// Mistake is one mistake in a document.
type Mistake struct {
	Name  string `json:"name"`
	Frame string `json:"frame"` // the document around the mistake, by its name in the file

	Wrong string `json:"wrong"` // the text with the mistake
	Right string `json:"right"` // the text that the message leads to

	// The first problem of the document, as the library reports it.
	Line    int    `json:"line"`
	Column  int    `json:"column"` // counted in bytes
	Path    string `json:"path"`
	Message string `json:"message"`

	// Advice is the end of Message about a document that is not valid JSON. Parsers differ in the
	// rest.
	Advice string `json:"advice"`

	Paste string `json:"paste"` // a part of Message that occurs in Right; "" if there is none
	Shown bool   `json:"shown"` // the page about rulesets shows the mistake

	// Before is the document with the mistake, and After the document that follows the message.
	Before, After string `json:"-"`
}

//go:embed mistakes.json
var file []byte

// All returns the mistakes in the order of the file. It panics if the file is not valid.
func All() []Mistake {
	var all struct {
		Frames   map[string]string
		Mistakes []Mistake
	}
	if err := json.Unmarshal(file, &all); err != nil {
		panic(err)
	}
	for i := range all.Mistakes {
		m := &all.Mistakes[i]
		m.Before = strings.Replace(all.Frames[m.Frame], "%s", m.Wrong, 1)
		m.After = strings.Replace(all.Frames[m.Frame], "%s", m.Right, 1)
	}
	return all.Mistakes
}
