package input

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// IsYAML reports whether a source is YAML. The file extension decides. Without a known extension,
// the first character decides that is neither white space nor part of a comment.
func IsYAML(name string, source []byte) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml":
		return true
	case ".json", ".jsonc", ".hujson", ".json5":
		return false
	}
	start := bytes.TrimLeft(source, " \t\r\n")
	return len(start) > 0 && start[0] != '{' && start[0] != '[' && start[0] != '/' && start[0] != '"'
}

// fromYAML writes a YAML document as JSON and returns the place of each token.
func fromYAML(source []byte) ([]byte, []span, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, nil, &placedError{second.Line, max(second.Column, 1), "a second document follows the first"}
	}
	w := yamlWriter{most: 4*len(source) + 1<<20}
	if err := w.node(root.Content[0], 0); err != nil {
		return nil, nil, err
	}
	return w.body, w.spans, nil
}

type yamlWriter struct {
	body    []byte
	spans   []span
	most    int // the largest size of body
	aliases int // aliases around the present node
	copies  int // nodes that were written for aliases
}

// node writes a node and follows aliases. A small document can expand to a huge one, so depth,
// copies and bytes are limited.
func (w *yamlWriter) node(n *yaml.Node, depth int) error {
	const maxDepth, maxCopies = 100, 250_000
	if w.aliases > 0 {
		w.copies++
	}
	// The size of a scalar counts before it is written.
	if depth > maxDepth || w.copies > maxCopies || len(w.body)+len(n.Value) > w.most {
		return &placedError{
			n.Line, n.Column, "the document is nested too deeply or, its aliases written out, too large",
		}
	}
	w.spans = append(w.spans, span{len(w.body), n.Line, n.Column})
	switch n.Kind {
	case yaml.MappingNode:
		return w.mapping(n, depth)
	case yaml.SequenceNode:
		w.body = append(w.body, '[')
		for i, element := range n.Content {
			w.comma(i)
			if err := w.node(element, depth+1); err != nil {
				return err
			}
		}
		w.body = append(w.body, ']')
		return nil
	case yaml.AliasNode:
		w.aliases++
		err := w.node(n.Alias, depth+1)
		w.aliases--
		return err
	default:
		return w.scalar(n)
	}
}

func (w *yamlWriter) mapping(n *yaml.Node, depth int) error {
	w.body = append(w.body, '{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return &placedError{key.Line, key.Column, "a name must be a plain text; merge keys are not read"}
		}
		w.comma(i)
		w.spans = append(w.spans, span{len(w.body), key.Line, key.Column})
		if len(w.body)+len(key.Value) > w.most {
			return &placedError{key.Line, key.Column, "the document is, its aliases written out, too large"}
		}
		w.text(key.Value)
		w.body = append(w.body, ':')
		if err := w.node(value, depth+1); err != nil {
			return err
		}
	}
	w.body = append(w.body, '}')
	return nil
}

func (w *yamlWriter) comma(i int) {
	if i > 0 {
		w.body = append(w.body, ',')
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// leadingZero matches a number that is octal in YAML 1.1 and decimal in YAML 1.2.
var leadingZero = regexp.MustCompile(`^[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)

// otherBase matches an integer in another base. YAML reads such an integer beyond 64 bits as a
// text.
var otherBase = regexp.MustCompile(`^[-+]?0(x[0-9A-Fa-f_]+|o[0-7_]+|b[01_]+)$`)

func (w *yamlWriter) scalar(n *yaml.Node) error {
	// a number that no float64 can hold is a number too
	plain := n.Style == 0 && n.ShortTag() == "!!str"
	switch tag := n.ShortTag(); {
	case tag == "!!null":
		w.body = append(w.body, "null"...)
	case tag == "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return &placedError{n.Line, n.Column, err.Error()}
		}
		w.body = strconv.AppendBool(w.body, b)
	case (tag == "!!int" || tag == "!!float" || plain) && jsonNumber.MatchString(n.Value):
		w.body = append(w.body, n.Value...)
	case (tag == "!!int" || tag == "!!float" || plain) && leadingZero.MatchString(n.Value):
		return &placedError{
			n.Line, n.Column,
			fmt.Sprintf("%s begins with 0, which some readers take for octal: "+
				"write %q for a text, or the number without it", n.Value, n.Value),
		}
	case tag == "!!int" || plain && otherBase.MatchString(n.Value):
		return w.integer(n)
	case tag == "!!float":
		var f float64
		if err := n.Decode(&f); err != nil || f-f != 0 {
			return &placedError{n.Line, n.Column, fmt.Sprintf("%q is not a JSON number", n.Value)}
		}
		w.body = strconv.AppendFloat(w.body, f, 'g', -1, 64)
	default:
		w.text(n.Value)
	}
	return nil
}

// integer writes an integer that JSON would write in another way, such as 0x1F.
func (w *yamlWriter) integer(n *yaml.Node) error {
	var i int64
	var u uint64
	switch {
	case n.Decode(&i) == nil:
		w.body = strconv.AppendInt(w.body, i, 10)
	case n.Decode(&u) == nil:
		w.body = strconv.AppendUint(w.body, u, 10)
	default:
		return &placedError{n.Line, n.Column, fmt.Sprintf("the integer %q is outside 64 bits", n.Value)}
	}
	return nil
}

func (w *yamlWriter) text(s string) {
	quoted, err := jsontext.AppendQuote(w.body, s)
	if err == nil {
		w.body = quoted
	}
}
