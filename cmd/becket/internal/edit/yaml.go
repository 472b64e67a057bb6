package edit

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlSource finds the places of YAML. The parser says where a node begins, but not where it ends.
type yamlSource struct {
	text    []byte
	lines   []int               // offsets of the lines, as the parser counts them
	aliased map[*yaml.Node]bool // nodes that aliases refer to

	// whether the document writes words such as on, and dates, without quotation marks
	plainWords, plainDates bool
}

// Texts without quotation marks that other readers of YAML take for booleans or dates.
var (
	plainWord = regexp.MustCompile(`(?m)(?:[:,[{-][ \t]+|[[{])(?:on|off|yes|no)[ \t\r]*(?:$|[],}:]| #)`)
	plainDate = regexp.MustCompile(`(?m)(?:[:,[{-][ \t]+|[[{])\d{4}-\d\d-\d\d`)
)

// parseYAML finds the places of a YAML document. The source has been read before, so it is valid
// and a single document.
func (d *document) parseYAML() error {
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil {
		return err
	}
	d.yaml = &yamlSource{text: d.text, lines: yamlLines(d.text), aliased: map[*yaml.Node]bool{}}
	d.yaml.plainWords, d.yaml.plainDates = plainWord.Match(d.text), plainDate.Match(d.text)
	d.yaml.findAliases(&root)
	top := root.Content[0]
	d.root = d.yaml.value(top, false, -1)
	return nil
}

// yamlLines returns the offset of each line. YAML knows more line ends than other formats.
func yamlLines(text []byte) []int {
	lines := []int{0}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		at += size
		isPair := r == '\r' && at < len(text) && text[at] == '\n'
		if !isPair && strings.ContainsRune("\n\r\u0085\u2028\u2029", r) {
			lines = append(lines, at)
		}
	}
	return lines
}

func (y *yamlSource) findAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		y.aliased[n.Alias] = true
		return
	}
	for _, child := range n.Content {
		y.findAliases(child)
	}
}

// at returns the offset of a node. Columns count characters.
func (y *yamlSource) at(n *yaml.Node) int {
	line := min(max(n.Line, 1), len(y.lines))
	at := y.lines[line-1]
	for column := 1; column < n.Column && at < len(y.text); column++ {
		_, size := utf8.DecodeRune(y.text[at:])
		at += size
	}
	return at
}

// value returns the value of a node. below is the column of the block around it, or -1.
func (y *yamlSource) value(n *yaml.Node, inFlow bool, below int) *value {
	v := &value{kind: scalar}
	v.from = y.properties(y.at(n), n)
	isFlow := inFlow || n.Style&yaml.FlowStyle != 0
	switch n.Kind {
	case yaml.MappingNode:
		v.kind = object
	case yaml.SequenceNode:
		v.kind = array
	default:
		v.quote = y.text[min(v.from, len(y.text)-1)]
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
			v.quote = 0
		}
	}
	if v.kind != scalar && !isFlow {
		v.isBlock, v.column = true, v.from-y.lineStart(v.from)
	}
	v.to = y.end(n, v.from, isFlow, below)
	if v.kind != scalar {
		v.open = func() []item { return y.items(n, v, isFlow) }
	}
	if n.Kind == yaml.AliasNode || y.aliased[n] {
		v.shared = y.sharedError(n)
	}
	if n.Kind == yaml.AliasNode {
		v.kind = object // reported as shared, whatever it stands for
	}
	return v
}

func (y *yamlSource) lineStart(at int) int { return bytes.LastIndexByte(y.text[:at], '\n') + 1 }

// sharedError is the error for a place that aliases share.
func (y *yamlSource) sharedError(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("%d:%d: the alias *%s stands here: write its value out, or edit the file by hand",
			n.Line, n.Column, n.Value)
	}
	return fmt.Errorf("%d:%d: aliases repeat the value of &%s: write it out at each place, or edit the file by hand",
		n.Line, n.Column, n.Anchor)
}

// properties returns the offset after a node's anchor and tag.
func (y *yamlSource) properties(at int, n *yaml.Node) int {
	for n.Kind != yaml.AliasNode && at < len(y.text) && (y.text[at] == '&' || y.text[at] == '!') {
		end := bytes.IndexAny(y.text[at:], " \t\r\n,]}")
		if end < 0 {
			return len(y.text)
		}
		at = y.skip(at + end)
	}
	return at
}

// skip returns the offset of the next byte that is neither white space nor part of a comment.
func (y *yamlSource) skip(at int) int {
	d := document{text: y.text, yaml: y}
	return d.skip(at)
}

// end returns the offset after a node's last byte.
func (y *yamlSource) end(n *yaml.Node, from int, inFlow bool, below int) int {
	switch n.Kind {
	case yaml.AliasNode:
		return from + len("*") + len(n.Value)
	case yaml.ScalarNode:
		return y.endOfScalar(n, from, below)
	}
	end := from
	if inFlow {
		end++ // the opening bracket
	}
	column := below
	if !inFlow {
		column = from - y.lineStart(from)
	}
	for i := max(len(n.Content)-2, 0); i < len(n.Content); i++ {
		child := n.Content[i]
		childFrom := y.properties(y.at(child), child)
		childFlow := inFlow || child.Style&yaml.FlowStyle != 0
		end = max(end, y.end(child, childFrom, childFlow, column))
	}
	if !inFlow {
		return end
	}
	for end = y.skip(end); end < len(y.text) && (y.text[end] == ',' || y.text[end] == ':'); {
		end = y.skip(end + 1)
	}
	return min(end+1, len(y.text))
}

func (y *yamlSource) endOfScalar(n *yaml.Node, from, below int) int {
	rest := y.text[from:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return from + i + 1
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			if rest[i] != '\'' {
				continue
			}
			if i+1 == len(rest) || rest[i+1] != '\'' {
				return from + i + 1
			}
			i++
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return y.endOfBlockScalar(from, below)
	default:
		return from + plainLength(rest, n.Value)
	}
	return len(y.text)
}

// plainLength returns the length of a text without quotation marks, whose lines the parser has
// joined.
func plainLength(text []byte, value string) int {
	const white = " \t\r\n"
	at := 0
	for i := 0; i < len(value) && at < len(text); {
		if strings.IndexByte(white, value[i]) < 0 {
			i++
			at++
			continue
		}
		i += len(value[i:]) - len(strings.TrimLeft(value[i:], white))
		at += len(text[at:]) - len(bytes.TrimLeft(text[at:], white))
	}
	return at
}

// endOfBlockScalar returns the end of a text after | or >: that of its last line, which is indented
// more than the block around it. With + at the beginning, empty lines count too.
func (y *yamlSource) endOfBlockScalar(from, below int) int {
	d := document{text: y.text}
	head := d.lineEnd(from)
	keeps := bytes.IndexByte(y.text[from:head], '+') >= 0
	end := head
	for at := d.nextLine(from); at < len(y.text); at = d.nextLine(at) {
		lineEnd := d.lineEnd(at)
		line := y.text[at:lineEnd]
		text := bytes.TrimLeft(line, " ")
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			if keeps {
				end = lineEnd
			}
		case len(line)-len(text) <= below:
			return end
		default:
			end = lineEnd
		}
	}
	return end
}

// items returns the items of a mapping or a sequence.
func (y *yamlSource) items(n *yaml.Node, v *value, inFlow bool) []item {
	items := make([]item, 0, len(n.Content))
	if n.Kind == yaml.SequenceNode {
		for _, child := range n.Content {
			inner := y.value(child, inFlow, v.column)
			it := item{from: y.at(child), value: inner}
			if v.isBlock {
				it.from = y.dash(it.from, v.column)
			}
			items = append(items, it)
		}
		return items
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := y.value(n.Content[i], inFlow, v.column)
		it := item{
			name: n.Content[i].Value, from: y.at(n.Content[i]), nameFrom: key.from, nameTo: key.to,
			nameQuote: key.quote, value: y.value(n.Content[i+1], inFlow, v.column),
		}
		if it.value.kind == scalar && it.value.to == it.value.from {
			// an empty value has no place of its own
			it.value.from = key.to + 1 + bytes.IndexByte(y.text[key.to:], ':')
			it.value.to = it.value.from
		}
		items = append(items, it)
	}
	return items
}

// dash returns the offset of the dash before an element of a block.
func (y *yamlSource) dash(at, column int) int {
	for start := y.lineStart(at); ; start = y.lineStart(start - 1) {
		if dash := start + column; dash < at && y.text[dash] == '-' {
			return dash
		}
		if start == 0 {
			return at
		}
	}
}
