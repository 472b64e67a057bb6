package edit_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
)

// printer writes a tree in a random layout with comments.
type printer struct {
	*rand.Rand
	strings.Builder
	newline  string
	unit     string
	comments int
	plain    bool // JSON without comments
	colon    string
}

// comment writes a comment with a number of its own.
func (p *printer) comment(mark, end string) {
	if !p.plain && p.IntN(4) == 0 {
		p.comments++
		fmt.Fprintf(p, " %s c%d, {it: \"x\"}%s", mark, p.comments, end)
	}
}

func (p *printer) json(n *tree, indent string) {
	if n.kind == 0 {
		p.WriteString(n.raw)
		return
	}
	p.WriteByte(n.kind)
	many := p.IntN(2) == 0
	inner := indent + p.unit
	for i, part := range n.parts {
		if many {
			p.comment("//", "")
			p.WriteString(p.newline)
			if p.IntN(8) == 0 {
				p.WriteString(p.newline)
			}
			if !p.plain && p.IntN(6) == 0 {
				p.comments++
				fmt.Fprintf(p, "%s// above c%d%s", inner, p.comments, p.newline)
			}
			p.WriteString(inner)
		} else if i > 0 && p.colon == ": " {
			p.WriteString(" ")
		}
		if n.kind == '{' {
			p.WriteString(string(edit.Text(n.names[i])) + p.colon)
		}
		if many {
			p.json(part, inner)
		} else {
			p.json(part, indent)
		}
		p.comment("/*", " */")
		if i < len(n.parts)-1 || !p.plain && many && p.IntN(2) == 0 {
			p.WriteString(",")
		}
	}
	if many && len(n.parts) > 0 {
		p.comment("//", "")
		p.WriteString(p.newline + indent)
	}
	if n.kind == '{' {
		p.WriteString("}")
	} else {
		p.WriteString("]")
	}
}

// yamlScalar writes a scalar with or without quotation marks.
func (p *printer) yamlScalar(raw string, inFlow bool) string {
	if raw[0] != '"' {
		return raw
	}
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return raw
	}
	isWord := text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz-") == "" && text[0] != '-' &&
		text != "true" && text != "false" && text != "null"
	switch {
	case isWord && p.IntN(3) > 0:
		return text
	case strings.Trim(text, "abcdefghijklmnopqrstuvwxyz '.#:") == "" && p.IntN(2) == 0:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case isWord && !inFlow && p.IntN(2) == 0:
		return "|-" + p.newline + "\x00" + text
	default:
		return raw
	}
}

func (p *printer) yamlFlow(n *tree) {
	if n.kind == 0 {
		p.WriteString(p.yamlScalar(n.raw, true))
		return
	}
	p.WriteByte(n.kind)
	for i, part := range n.parts {
		if i > 0 {
			p.WriteString(", ")
		}
		if n.kind == '{' {
			p.WriteString(p.yamlScalar(string(edit.Text(n.names[i])), true) + ": ")
		}
		p.yamlFlow(part)
	}
	if n.kind == '{' {
		p.WriteString("}")
	} else {
		p.WriteString("]")
	}
}

func (p *printer) yamlBlock(n *tree, indent string, first bool) {
	for i, part := range n.parts {
		if i > 0 || !first {
			if !p.plain && p.IntN(6) == 0 {
				p.comments++
				fmt.Fprintf(p, "%s# above c%d%s", indent, p.comments, p.newline)
			}
			p.WriteString(indent)
		}
		if n.kind == '[' {
			p.WriteString("- ")
			p.yamlValue(part, indent+"  ", true)
			continue
		}
		p.WriteString(p.yamlScalar(string(edit.Text(n.names[i])), true) + ":")
		p.yamlValue(part, indent, false)
	}
}

// yamlValue writes a value after a colon or a dash, with the line end.
func (p *printer) yamlValue(n *tree, indent string, dash bool) {
	isBlock := n.kind != 0 && len(n.parts) > 0 && p.IntN(4) > 0
	switch {
	case isBlock && dash:
		p.yamlBlock(n, indent, true)
		return
	case isBlock:
		p.comment("#", "")
		p.WriteString(p.newline)
		if n.kind == '[' && p.IntN(3) == 0 {
			p.yamlBlock(n, indent, false)
			return
		}
		p.yamlBlock(n, indent+p.unit, false)
		return
	}
	if !dash {
		p.WriteString(" ")
	}
	if n.kind == 0 {
		text := p.yamlScalar(n.raw, false)
		text = strings.ReplaceAll(text, "\x00", indent+p.unit)
		p.WriteString(text)
		if strings.HasPrefix(text, "|") {
			p.WriteString(p.newline)
			return
		}
	} else {
		p.yamlFlow(n)
	}
	p.comment("#", "")
	p.WriteString(p.newline)
}

// layout writes a tree in a random layout of the given kind.
func layout(n *tree, kind string, seed uint64) string {
	p := &printer{Rand: rand.New(rand.NewPCG(seed, 1)), newline: "\n", unit: "  ", colon: ": "}
	if p.IntN(3) == 0 {
		p.newline = "\r\n"
	}
	if p.IntN(4) == 0 {
		p.unit = "    "
	}
	switch kind {
	case "YAML":
		if p.IntN(4) == 0 {
			p.WriteString("# at the top" + p.newline)
		}
		p.yamlBlock(n, "", true)
	case "compact":
		return n.String()
	default:
		p.plain = kind == "JSON"
		if p.IntN(4) == 0 {
			p.unit = "\t"
		}
		p.json(n, "")
		p.WriteString(p.newline)
	}
	text := p.String()
	if p.IntN(4) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	if p.IntN(5) == 0 {
		text = "\xef\xbb\xbf" + text
	}
	return text
}
