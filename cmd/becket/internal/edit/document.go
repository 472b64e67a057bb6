package edit

import (
	"bytes"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// document is a source whose places are known.
type document struct {
	text    []byte
	yaml    *yamlSource // nil for JSON
	newline string      // the line end that the source uses
	root    *value
	chain   []*value // the objects and arrays from the top to the place of the change
}

// value is a value of a document.
type value struct {
	from, to int // offsets of its first byte and of the byte after its last one
	kind     byte
	isBlock  bool // an object or array of YAML without brackets, where lines and columns count
	column   int  // with isBlock, the number of bytes before each of its items
	open     func() []item
	items    []item
	quote    byte  // with a text of YAML: its quotation mark, or 0 without one
	shared   error // not nil if aliases of YAML repeat the value
}

// The kinds of values.
const (
	object byte = '{'
	array  byte = '['
	scalar byte = '"'
)

// item is a member of an object, or an element of an array.
type item struct {
	name             string
	nameFrom, nameTo int  // offsets of a member's name
	nameQuote        byte // with a name in YAML: its quotation mark, or 0
	from             int  // offset of the name, of the element, or of the dash before the element
	value            *value
}

// parse finds the places of a source.
func parse(name string, text []byte) (*document, error) {
	d := &document{text: text, newline: "\n"}
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		d.newline = "\r\n"
	}
	var err error
	if input.IsYAML(name, text) {
		err = d.parseYAML()
	} else {
		err = d.parseJSON()
	}
	return d, err
}

// enter opens the objects and arrays that lead to the last step of a path.
func (d *document) enter(path Path) error {
	d.chain = []*value{d.root}
	v := d.root
	for i := range len(path) {
		if v.kind == scalar {
			return notThere(path[:i+1])
		}
		if err := d.read(v); err != nil {
			return err
		}
		if i == len(path)-1 {
			break
		}
		at, err := v.find(path[:i+1])
		if err != nil {
			return err
		}
		v = v.items[at].value
		d.chain = append(d.chain, v)
	}
	return nil
}

// read finds the items of an object or array.
func (d *document) read(v *value) error {
	if v.items == nil && v.open != nil {
		v.items = v.open()
	}
	if v.shared == nil && !d.isSound(v) {
		return errUnsafe
	}
	return v.shared
}

// isSound reports whether the places of an object or array are certainly right. Some notations of
// YAML, such as keys after a question mark, leave doubts.
func (d *document) isSound(v *value) bool {
	if v.from < 0 || v.to > len(d.text) || v.to-v.from < len("{}") && !v.isBlock {
		return false
	}
	if !v.isBlock && (d.text[v.from] != v.kind || d.text[v.to-1] != v.kind+2) {
		return false
	}
	at := v.from
	for i := range v.items {
		it := &v.items[i]
		if it.from < at || it.value.from < it.from || it.value.to < it.value.from || it.value.to > v.to {
			return false
		}
		if v.kind == object && (it.nameFrom < it.from || it.nameTo < it.nameFrom || it.value.from < it.nameTo ||
			bytes.IndexByte(d.text[it.nameTo:max(it.value.from, it.nameTo)], ':') < 0) {
			return false
		}
		if at = it.value.to; i < len(v.items)-1 && !v.isBlock && d.comma(it.value) < 0 {
			return false
		}
	}
	return true
}

// find returns the index of the item that the path's last step names.
func (v *value) find(path Path) (int, error) {
	found := -1
	_, last := path.last()
	switch step := last.(type) {
	case int:
		if v.kind == array && step >= 0 && step < len(v.items) {
			return step, nil
		}
	case string:
		for i := range v.items {
			if v.kind != object || v.items[i].name != step {
				continue
			}
			if found >= 0 {
				return 0, twice(path)
			}
			found = i
		}
	}
	if found < 0 {
		return 0, notThere(path)
	}
	return found, nil
}

// container returns the object or array that holds the place of the change.
func (d *document) container() *value { return d.chain[len(d.chain)-1] }

// change returns the splices that make a change.
func (d *document) change(c *Change) ([]splice, error) {
	if len(c.path) == 0 {
		return d.replace(d.root, nil, c)
	}
	if err := d.enter(c.path); err != nil {
		return nil, err
	}
	v := d.container()
	names := make([]string, len(v.items))
	for i := range v.items {
		names[i] = v.items[i].name
	}
	_, last := c.path.last()
	i, there, err := c.index(names, v.kind == object, last)
	switch {
	case err != nil:
		return nil, err
	case c.do == insert || !there:
		return d.insert(v, i, last, c), nil
	case c.do == remove:
		return d.remove(v, i), nil
	case c.do == rename:
		it := &v.items[i]
		return []splice{{it.nameFrom, it.nameTo, d.name(c.name, it.nameQuote, !v.isBlock)}}, nil
	default:
		return d.replace(v.items[i].value, &v.items[i], c)
	}
}

// insert returns the splices that make a new item with index i.
func (d *document) insert(v *value, i int, last any, c *Change) []splice {
	name, _ := last.(string)
	if d.yaml != nil && isComposite(c) && len(v.items) == 0 && v.to == v.from+len("{}") {
		if splices := d.openBlock(v, name, c); splices != nil {
			return splices
		}
	}
	if v.isBlock {
		return d.insertLine(v, i, name, c)
	}
	return d.insertInBrackets(v, i, name, c)
}

func (d *document) remove(v *value, i int) []splice {
	if v.isBlock {
		return d.removeLine(v, i)
	}
	return d.removeInBrackets(v, i)
}

// replace returns the splice that replaces a value. it is nil for the top of the document.
func (d *document) replace(v *value, it *item, c *Change) ([]splice, error) {
	if v.shared != nil {
		return nil, v.shared
	}
	if d.yaml != nil {
		return d.replaceYAML(v, it, c), nil
	}
	indent := d.indentOf(v.from)
	column := d.column(v.from)
	if around := d.around(v); around != nil && !d.hasLine(around.from, around.to) {
		column = anywhere
	}
	return []splice{{v.from, v.to, d.render(c, indent, column, d.hasLine(v.from, v.to))}}, nil
}

// anywhere is the column of a value on a line that may become as long as it likes, because all of
// its object or array is on that line.
const anywhere = -1 << 20

// around returns the object or array that holds a value, or nil for the top of the document.
func (d *document) around(v *value) *value {
	if v == d.root {
		return nil
	}
	return d.container()
}

// render writes a change's value for a place between brackets or in JSON. column is the place on
// the line; many asks for several lines.
func (d *document) render(c *Change, indent string, column int, many bool) string {
	if c.text != nil && c.text.fits(d) && !c.text.isBlock {
		return c.text.at(indent, d.newline, d.unit())
	}
	w := writtenOf(c.value)
	if d.yaml != nil {
		return d.flow(w, d.textQuote())
	}
	s := d.jsonStyle()
	return s.render(w, indent, column, many)
}

// lineStart returns the offset at which the line of an offset begins.
func (d *document) lineStart(at int) int { return bytes.LastIndexByte(d.text[:at], '\n') + 1 }

// lineEnd returns the offset of the line end at or after an offset, or the end of the text.
func (d *document) lineEnd(at int) int {
	end := bytes.IndexByte(d.text[at:], '\n')
	if end < 0 {
		return len(d.text)
	}
	if end += at; end > at && d.text[end-1] == '\r' {
		end--
	}
	return end
}

// endBefore returns the end of the line before an offset's line, or 0 if there is none.
func (d *document) endBefore(at int) int {
	end := max(d.lineStart(at)-1, 0)
	if end > 0 && d.text[end-1] == '\r' {
		end--
	}
	return end
}

// nextLine returns the offset after the line end at or after an offset.
func (d *document) nextLine(at int) int {
	if end := bytes.IndexByte(d.text[at:], '\n'); end >= 0 {
		return at + end + 1
	}
	return len(d.text)
}

// column returns the number of bytes before an offset on its line.
func (d *document) column(at int) int { return at - d.lineStart(at) }

// indentOf returns the white space at the beginning of an offset's line.
func (d *document) indentOf(at int) string {
	line := d.text[d.lineStart(at):at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// hasLine reports whether a line ends between two offsets.
func (d *document) hasLine(from, to int) bool { return bytes.IndexByte(d.text[from:to], '\n') >= 0 }

// isBlank reports whether there is nothing but white space between two offsets.
func (d *document) isBlank(from, to int) bool {
	return strings.TrimSpace(string(d.text[from:to])) == ""
}

// comment returns the offset after a comment, or the given one if no comment begins there.
func (d *document) comment(at int) int {
	rest := d.text[at:]
	switch {
	case d.yaml != nil && bytes.HasPrefix(rest, []byte("#")), d.yaml == nil && bytes.HasPrefix(rest, []byte("//")):
		return d.lineEnd(at)
	case d.yaml == nil && bytes.HasPrefix(rest, []byte("/*")):
		if end := bytes.Index(rest, []byte("*/")); end >= 0 {
			return at + end + 2
		}
	}
	return at
}

// skip returns the offset of the next byte that is neither white space nor part of a comment.
func (d *document) skip(at int) int {
	for at < len(d.text) {
		next := d.comment(at)
		if next == at && strings.IndexByte(" \t\r\n", d.text[at]) >= 0 {
			next++
		}
		if next == at {
			break
		}
		at = next
	}
	return at
}

// restOfLine returns the offset after the blanks and comments that follow an offset, if nothing
// else follows on the line; otherwise it returns the offset itself.
func (d *document) restOfLine(at int) int {
	for end := at; ; {
		for end < len(d.text) && (d.text[end] == ' ' || d.text[end] == '\t') {
			end++
		}
		if end == d.lineEnd(end) {
			return end
		}
		next := d.comment(end)
		if next == end || d.hasLine(end, next) {
			return at
		}
		end = next
	}
}

// comma returns the offset of the comma after a value, or -1.
func (d *document) comma(v *value) int {
	if at := d.skip(v.to); at < len(d.text) && d.text[at] == ',' {
		return at
	}
	return -1
}
