package edit

import (
	"bytes"

	"github.com/tailscale/hujson"
)

// parseJSON finds the places of JSON with or without comments. The source has been read before, so
// it is valid.
func (d *document) parseJSON() error {
	root, err := hujson.Parse(d.text)
	if err != nil {
		// hujson needs a line break after a comment, even at the end
		again, second := hujson.Parse(append(bytes.Clone(d.text), '\n'))
		if second != nil {
			return err
		}
		root = again
	}
	d.root = jsonValue(&root)
	return nil
}

func jsonValue(h *hujson.Value) *value {
	v := &value{from: h.StartOffset, to: h.EndOffset, kind: scalar}
	switch composite := h.Value.(type) {
	case *hujson.Object:
		v.kind = object
		v.open = func() []item { return jsonMembers(composite) }
	case *hujson.Array:
		v.kind = array
		v.open = func() []item { return jsonElements(composite) }
	}
	return v
}

func jsonMembers(o *hujson.Object) []item {
	items := make([]item, len(o.Members))
	for i := range o.Members {
		m := &o.Members[i]
		name := ""
		if text, ok := m.Name.Value.(hujson.Literal); ok {
			name = text.String()
		}
		items[i] = item{
			name: name, nameFrom: m.Name.StartOffset, nameTo: m.Name.EndOffset, nameQuote: '"',
			from: m.Name.StartOffset, value: jsonValue(&m.Value),
		}
	}
	return items
}

func jsonElements(a *hujson.Array) []item {
	items := make([]item, len(a.Elements))
	for i := range a.Elements {
		v := jsonValue(&a.Elements[i])
		items[i] = item{from: v.from, value: v}
	}
	return items
}
