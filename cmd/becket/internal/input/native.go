package input

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/native"
)

// Native reads the document as it is written, without the flags and segments that are invalid.
func (d *Document) Native(rules becket.Rules) (*native.Ruleset, error) {
	type name struct{ section, key string }
	bad := map[name]bool{}
	for _, b := range rules.Info().Bad {
		bad[name{b.Section, b.Key}] = true
	}
	return native.Read(d.Body, func(section, key string) bool { return bad[name{section, key}] })
}
