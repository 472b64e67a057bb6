package edit

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/becketflags/becket/internal/native"
)

// name writes a member's name in the document's notation.
func (d *document) name(name string, quote byte, inFlow bool) string {
	if d.yaml == nil {
		return string(Text(name))
	}
	return d.yamlText(name, quote, inFlow)
}

// nameQuote returns the quotation mark of the names beside the place of the change, or 0.
func (d *document) nameQuote() byte {
	for _, v := range slices.Backward(d.chain) {
		if v.kind == object && len(v.items) > 0 {
			return v.items[0].nameQuote
		}
	}
	return 0
}

// textQuote returns the quotation mark of the nearest text in the document, or 0 if it has none.
func (d *document) textQuote() byte {
	if d.yaml == nil {
		return '"'
	}
	for _, around := range slices.Backward(d.chain) {
		for i := range around.items {
			if v := around.items[i].value; v.kind == scalar && v.quote != 0 {
				return v.quote
			}
		}
	}
	return 0
}

// flow writes a value on one line.
func (d *document) flow(w native.Written, quote byte) string {
	var parts []string
	switch w.Raw[0] {
	case object:
		for name, value := range w.Fields() {
			parts = append(parts, d.yamlText(name, d.nameQuote(), true)+": "+d.flow(value, quote))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case array:
		for element := range w.Elements() {
			parts = append(parts, d.flow(element, quote))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case '"':
		return d.yamlText(w.Text(), quote, true)
	default:
		return string(w.Raw)
	}
}

// blockWriter writes values as blocks.
type blockWriter struct {
	*document
	quote byte
}

// value writes a value whose first line begins at a column.
func (b *blockWriter) value(w native.Written, indent, column int, many bool) string {
	isComposite := w.Raw[0] == object || w.Raw[0] == array
	switch {
	case !isComposite && w.Raw[0] == '"':
		return b.yamlText(w.Text(), b.quote, false)
	case !isComposite || len(w.Raw) == len("{}"):
		return string(w.Raw)
	}
	line := b.flow(w, b.quote)
	if !many && column+utf8.RuneCountInString(line) <= width {
		return line
	}
	var parts []string
	for name, value := range w.Fields() {
		head := b.yamlText(name, b.nameQuote(), false) + ":"
		parts = append(parts, head+b.under(value, indent, indent+len(head)))
	}
	for element := range w.Elements() {
		parts = append(parts, "- "+b.value(element, indent+2, indent+2, false))
	}
	return strings.Join(parts, b.newline+strings.Repeat(" ", indent))
}

// under writes a member's value after its colon.
func (b *blockWriter) under(w native.Written, indent, column int) string {
	if line := b.value(w, 0, column+1, false); !strings.Contains(line, b.newline) {
		return " " + line
	}
	indent += b.step()
	return b.newline + strings.Repeat(" ", indent) + b.value(w, indent, indent, true)
}

// yamlText writes a text with the given quotation mark, or with double ones if it would mean
// something else without. Words and dates that other readers of YAML take for booleans and times
// get them too, unless the document writes such texts without.
func (d *document) yamlText(text string, quote byte, inFlow bool) string {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	kind := kindOf(text)
	switch {
	case quote == '\'':
		n.Style = yaml.SingleQuotedStyle
	case quote == '"', strings.ContainsAny(text, "\r\n\u0085\u2028\u2029"), isOldBool(text) && !d.yaml.plainWords:
		n.Style = yaml.DoubleQuotedStyle
	case kind == "!!timestamp" && d.yaml.plainDates:
		return text
	case kind != "!!str":
		n.Style = yaml.DoubleQuotedStyle
	}
	around := n
	if inFlow {
		around = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{n}}
	}
	encoded, err := yaml.Marshal(around)
	line := strings.TrimSuffix(string(encoded), "\n")
	if err != nil || strings.Contains(line, "\n") {
		return string(Text(text))
	}
	if inFlow {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "["), "]")
	}
	return line
}

// isOldBool reports whether YAML 1.1 takes a word for a boolean.
func isOldBool(text string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(text))
}

// kindOf returns the tag of a text without quotation marks, or "" if it would be no scalar, or
// another one.
func kindOf(text string) string {
	var n yaml.Node
	if yaml.Unmarshal([]byte(text), &n) != nil || len(n.Content) == 0 {
		return ""
	}
	v := n.Content[0]
	if v.Kind != yaml.ScalarNode || v.Value != text {
		return ""
	}
	return v.ShortTag()
}
