package edit

import (
	"bytes"
	"strings"
)

// insertLine makes a new item with index i in a block of YAML.
func (d *document) insertLine(v *value, i int, name string, c *Change) []splice {
	indent := strings.Repeat(" ", v.column)
	text := d.blockItem(v, name, c)
	text = c.above(d, indent) + text
	if i == 0 {
		at := v.items[0].from
		return []splice{{at, at, text + d.newline + indent}}
	}
	at := d.lineEnd(v.items[i-1].value.to)
	return []splice{{at, at, d.newline + indent + text}}
}

// openBlock makes the first item of an empty object or array that is the value of a member in a
// block, and makes it a block too. Elsewhere it returns nothing.
func (d *document) openBlock(v *value, name string, c *Change) []splice {
	it := d.member()
	if it == nil || !d.chain[len(d.chain)-2].isBlock || d.afterColon(it) == v.from {
		return nil
	}
	outer := d.chain[len(d.chain)-2].column
	v.column = outer + d.step()
	indent := strings.Repeat(" ", v.column)
	text := d.newline + indent + c.above(d, indent) + d.blockItem(v, name, c)
	end := d.lineEnd(v.to)
	return merge(splice{d.afterColon(it), v.to, ""}, splice{end, end, text})
}

// blockItem writes a member or an element of a block.
func (d *document) blockItem(v *value, name string, c *Change) string {
	many := false
	for i := range v.items {
		inner := v.items[i].value
		many = many || inner.kind != scalar && inner.isBlock
	}
	if v.kind == array {
		return "- " + d.block(c, v.column+2, v.column+2, many)
	}
	head := d.name(name, d.nameQuote(), false) + ":"
	return head + d.below(c, v.column, v.column+len(head), many)
}

// below writes a member's value after its colon: on the line, or as a block below it.
func (d *document) below(c *Change, column, at int, many bool) string {
	w := writtenOf(c.value)
	isFragment := c.text != nil && c.text.fits(d)
	isEmpty := !isComposite(c) || len(w.Raw) == len("{}")
	switch {
	case isFragment && c.text.isBlock:
	case isEmpty || !many && at+1+len(d.flow(w, d.textQuote())) <= width:
		return " " + d.block(c, column, at+1, false)
	}
	inner := column + d.step()
	if isFragment || isComposite(c) {
		return d.newline + strings.Repeat(" ", inner) + d.block(c, inner, inner, true)
	}
	return " " + d.block(c, inner, at+1, many)
}

// block writes a value whose first line begins at a column, and whose other lines are indented.
func (d *document) block(c *Change, indent, column int, many bool) string {
	if c.text != nil && c.text.fits(d) {
		return c.text.at(strings.Repeat(" ", indent), d.newline, "")
	}
	b := blockWriter{d, d.textQuote()}
	return b.value(writtenOf(c.value), indent, column, many)
}

// step returns the number of columns by which an inner block is indented.
func (d *document) step() int {
	for i := len(d.chain) - 1; i > 0; i-- {
		outer, inner := d.chain[i-1], d.chain[i]
		if outer.isBlock && inner.isBlock && outer.kind == object && inner.column > outer.column {
			return inner.column - outer.column
		}
	}
	return 2
}

// removeLine removes an item of a block with its lines. The last item leaves an empty object or
// array.
func (d *document) removeLine(v *value, i int) []splice {
	it := &v.items[i]
	if len(v.items) == 1 {
		empty := "{}"
		if v.kind == array {
			empty = "[]"
		}
		if it := d.member(); it != nil && d.hasLine(it.nameTo, v.from) {
			colon, above := d.colonOf(it), d.endBefore(v.from)
			return merge(splice{colon, colon, " " + empty}, splice{above, v.to, ""})
		}
		return []splice{{v.from, v.to, empty}}
	}
	from, end := d.lineStart(it.from), d.nextLine(it.value.to)
	switch {
	case !d.isBlank(from, it.from): // after a dash
		return []splice{{it.from, d.blanks(end), ""}}
	case d.lineEnd(it.value.to) == len(d.text): // the file ends without a line end
		return []splice{{d.endBefore(from), len(d.text), ""}}
	}
	return []splice{{from, end, ""}}
}

// blanks returns the offset after the blanks at an offset.
func (d *document) blanks(at int) int {
	for at < len(d.text) && d.text[at] == ' ' {
		at++
	}
	return at
}

// replaceYAML returns the splice that replaces a value.
func (d *document) replaceYAML(v *value, it *item, c *Change) []splice {
	inBlock := it == nil || len(d.chain) > 0 && d.container().isBlock
	if !inBlock {
		return []splice{{v.from, v.to, d.flowValue(v, c)}}
	}
	isFragment := c.text != nil && c.text.fits(d)
	switch {
	case v.isBlock && (isFragment && c.text.isBlock || !isFragment && c.value[0] == v.kind && len(c.value) > len("{}")):
		return []splice{{v.from, v.to, d.block(c, v.column, v.column, true)}}
	case it == nil || it.nameTo == 0: // an element, or the top
		column := d.column(v.from)
		return []splice{{v.from, v.to, d.block(c, column, column, false)}}
	case !isComposite(c) && !v.isBlock && v.to > v.from:
		return []splice{{v.from, v.to, d.flowValue(v, c)}}
	case !v.isBlock && v.to > v.from && !isFragment && d.column(v.from)+len(d.flow(writtenOf(c.value), 0)) <= width:
		return []splice{{v.from, v.to, d.flowValue(v, c)}}
	}
	from := d.afterColon(it)
	return []splice{{from, v.to, d.below(c, d.container().column, d.column(from), false)}}
}

// member returns the member whose value is the container of the change, or nil.
func (d *document) member() *item {
	if len(d.chain) < 2 {
		return nil
	}
	outer := d.chain[len(d.chain)-2]
	for i := range outer.items {
		if it := &outer.items[i]; outer.kind == object && it.value == d.container() {
			return it
		}
	}
	return nil
}

// afterColon returns the offset after a member's colon or, if comments follow there, that of its
// value.
func (d *document) afterColon(it *item) int {
	if colon := d.colonOf(it); d.isBlank(colon, it.value.from) {
		return colon
	}
	return it.value.from
}

// colonOf returns the offset after a member's colon.
func (d *document) colonOf(it *item) int {
	return it.nameTo + 1 + bytes.IndexByte(d.text[it.nameTo:], ':')
}

// flowValue writes a value on one line in place of another. A text keeps its quotation marks.
func (d *document) flowValue(v *value, c *Change) string {
	w := writtenOf(c.value)
	if v.kind == scalar && w.Raw[0] == '"' {
		inBlock := len(d.chain) > 0 && d.container().isBlock
		return d.yamlText(w.Text(), v.quote, !inBlock)
	}
	return d.flow(w, d.textQuote())
}
