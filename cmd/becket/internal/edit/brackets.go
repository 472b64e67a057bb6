package edit

import "strings"

// insertInBrackets makes a new item with index i in an object or array with brackets. It stands on
// a line of its own if its neighbour does.
func (d *document) insertInBrackets(v *value, i int, name string, c *Change) []splice {
	if len(v.items) == 0 {
		return d.fill(v, name, c)
	}
	many := d.expands(v)
	neighbour := &v.items[max(i-1, 0)]
	ownLine := d.hasLine(d.before(v, max(i-1, 0)), neighbour.from)
	indent := d.indentOf(neighbour.from)
	gap := d.gap(v)
	column := len(indent)
	if !ownLine {
		column = anywhere
	}
	text := d.item(name, c, indent, column, many)
	if ownLine {
		gap = d.newline + indent + c.above(d, indent)
	}
	if i == 0 {
		if !ownLine {
			return []splice{{neighbour.from, neighbour.from, text + "," + gap}}
		}
		at := d.restOfLine(v.from + 1)
		return []splice{{at, at, gap + text + ","}}
	}
	end := neighbour.value.to
	comma := d.comma(neighbour.value)
	if comma < 0 {
		if !ownLine {
			return []splice{{end, end, "," + gap + text}}
		}
		rest := d.restOfLine(end)
		return merge(splice{end, end, ","}, splice{rest, rest, gap + text})
	}
	at := comma + 1
	if ownLine {
		at = d.restOfLine(at)
	}
	return []splice{{at, at, gap + text + ","}}
}

// merge joins two splices if one ends where the other begins.
func merge(a, b splice) []splice {
	if a.to == b.from {
		return []splice{{a.from, b.to, a.text + b.text}}
	}
	return []splice{a, b}
}

// before returns the end of the item before an item: the offset after its comma, or after the
// opening bracket.
func (d *document) before(v *value, i int) int {
	if i == 0 {
		return v.from + 1
	}
	return v.items[i-1].value.to
}

// item writes a member or an element.
func (d *document) item(name string, c *Change, indent string, column int, many bool) string {
	if d.container().kind == array {
		return d.render(c, indent, column, many)
	}
	head := d.name(name, d.nameQuote(), true) + d.colon()
	return head + d.render(c, indent, column+len(head), many)
}

// fill makes the first item of an empty object or array.
func (d *document) fill(v *value, name string, c *Change) []splice {
	from, end := v.from+1, v.to-1
	inside := string(d.text[from:end])
	kept := from + len(strings.TrimRight(inside, " \t\r\n"))
	closing := d.indentOf(v.from)
	indent := closing + d.unit()
	lines := strings.Contains(inside, "\n")
	switch {
	case lines:
		text := d.item(name, c, indent, len(indent), false)
		return []splice{{kept, kept, d.newline + indent + c.above(d, indent) + text}}
	case kept > from: // a comment
		if kept == end {
			inside = " "
		} else {
			inside = ""
		}
		return []splice{{end, end, inside + d.item(name, c, closing, d.column(end), false)}}
	case isComposite(c) && d.hasLine(0, len(d.text)):
		text := d.item(name, c, indent, len(indent), true)
		return []splice{{from, end, d.newline + indent + c.above(d, indent) + text + d.newline + closing}}
	default:
		return []splice{{from, from, inside + d.item(name, c, closing, d.column(from), false)}}
	}
}

func isComposite(c *Change) bool { return c.value[0] == object || c.value[0] == array }

// removeInBrackets removes an item with its comma. An item that has its lines for itself goes with
// them.
func (d *document) removeInBrackets(v *value, i int) []splice {
	it := &v.items[i]
	from, end := it.from, it.value.to
	comma, isLast := d.comma(it.value), i == len(v.items)-1
	if comma >= 0 {
		end = comma + 1
	}
	var splices []splice
	start := v.from + 1 // the place from which white space may go with the item
	if i > 0 {
		start = d.comma(v.items[i-1].value) + 1
		if isLast && comma < 0 {
			splices = append(splices, splice{start - 1, start, ""})
		}
	}
	rest := d.restOfLine(end)
	switch {
	case d.hasLine(start, from) && rest == d.lineEnd(rest) && rest < len(d.text):
		from, end = d.endBefore(from), rest
	case isLast && i > 0 && d.isBlank(start, from):
		from = start
	case !isLast && d.isBlank(end, v.items[i+1].from) && !d.hasLine(end, v.items[i+1].from):
		end = v.items[i+1].from
	}
	if len(v.items) == 1 && d.isBlank(v.from+1, from) && d.isBlank(end, v.to-1) {
		from, end = v.from+1, v.to-1
	}
	return append(splices, splice{from, end, ""})
}
