package becket

import (
	"slices"
	"strings"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// compiler makes flags and segments of their definitions. It makes equal parts of definitions once.
type compiler struct {
	attributes map[string]*attributeName
	versions   map[*match.Constraint]*operand
	keySources map[string]*keySource
	variants   map[writtenVariants][]Variant
	references int // how many references have been compiled
}

// writtenVariants is the type of a flag's variants, and the object that they are written as.
type writtenVariants struct {
	kind Kind
	text string
}

// longestShared is how many bytes the variants of a flag may be written in to be compared with
// others.
const longestShared = 256

func newCompiler() *compiler {
	return &compiler{
		attributes: map[string]*attributeName{},
		versions:   map[*match.Constraint]*operand{},
		keySources: map[string]*keySource{},
		variants:   map[writtenVariants][]Variant{},
	}
}

// attribute returns the one name of that text.
func (c *compiler) attribute(text string) *attributeName {
	if kept, ok := c.attributes[text]; ok {
		return kept
	}
	kept := newAttributeName(text)
	c.attributes[text] = kept
	return kept
}

// hashedBy returns the source of the key to hash, nil for the targeting key alone. Equal ones are
// shared.
func (c *compiler) hashedBy(attributes []string) *keySource {
	if len(attributes) == 0 || len(attributes) == 1 && attributes[0] == keyName {
		return nil
	}
	key := strings.Join(attributes, "\x00")
	if source, ok := c.keySources[key]; ok {
		return source
	}
	var first *keySource
	for _, attribute := range slices.Backward(attributes) {
		first = &keySource{c.attribute(attribute), first}
	}
	c.keySources[key] = first
	return first
}

// versionRange returns the operand of semver. Equal ones are shared.
func (c *compiler) versionRange(versions *match.Constraint) *operand {
	if o, ok := c.versions[versions]; ok {
		return o
	}
	o := &operand{versions: versions}
	c.versions[versions] = o
	return o
}

func (c *compiler) reference(d *native.Reference) *reference {
	c.references++
	return &reference{key: d.Key, toFlag: d.ToFlag, variants: d.Variants, at: d.At, path: d.Path}
}

// valueOf returns a value of a document.
func valueOf(v native.Value) Value {
	switch v.Kind {
	case native.Bool:
		return BoolValue(v.Bool())
	case native.Text:
		return StringValue(v.Text)
	case native.Object:
		return ObjectValue([]byte(v.Text))
	default:
		return numberValue(v.Number())
	}
}
