package input

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

// Native returns the definitions of the document, without the flags and segments that are invalid.
func (d *Document) Native(rules becket.Rules) (*ruleset.Ruleset, error) {
	return ruleset.Read(d.Body, rules.Info().Bad)
}
