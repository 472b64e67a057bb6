package edit

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Fragment is a value as a document writes it, with its comments.
type Fragment struct {
	Value   jsontext.Value
	isYAML  bool
	isBlock bool     // a block of YAML
	isPlain bool     // its lines have no comments and trailing commas
	lines   []string // without the indentation of the document
	heading []string // the comments above the member
	unit    string   // the indentation of one level in JSON
}

// Cut returns the value at a path of a document as a fragment.
func Cut(name string, source []byte, path Path) (*Fragment, error) {
	body, err := plain(name, source)
	if err != nil {
		return nil, err
	}
	w := writtenOf(body)
	for i, step := range path {
		if w, err = below(w, step, path[:i+1]); err != nil {
			return nil, err
		}
	}
	_, text := cutMark(source)
	d, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	v, it := d.root, (*item)(nil)
	if len(path) > 0 {
		if err := d.enter(path); err != nil {
			return nil, err
		}
		i, err := d.container().find(path)
		if err != nil {
			return nil, err
		}
		it = &d.container().items[i]
		v = it.value
	}
	f := &Fragment{Value: w.Raw, isYAML: d.yaml != nil, isBlock: v.isBlock}
	f.isPlain = f.isYAML || jsontext.Value(d.text[v.from:v.to]).IsValid(jsontext.AllowDuplicateNames(true))
	if !f.isYAML {
		f.unit = d.unit()
	}
	if f.cut(d, v); it != nil {
		f.heading = d.commentsAbove(d.lineStart(it.from), 0)
	}
	if it != nil && v.isBlock && d.isBlank(d.lineStart(v.from), v.from) {
		f.lines = append(d.commentsAbove(d.lineStart(v.from), it.nameTo), f.lines...)
	}
	return f, nil
}

// HasComments reports whether the fragment is JSON with comments or trailing commas.
func (f *Fragment) HasComments() bool { return !f.isPlain || !f.isYAML && len(f.heading) > 0 }

// Plain returns the value without comments. If there are any inside, it is written in the style of
// the place that it gets.
func (f *Fragment) Plain() *Fragment {
	plain := *f
	plain.heading = nil
	if !f.isPlain {
		plain.lines, plain.isPlain = nil, true
	}
	return &plain
}

// cut takes the value's lines out of a document.
func (f *Fragment) cut(d *document, v *value) {
	indent, end := d.indentOf(v.from), v.to
	if v.isBlock {
		indent, end = strings.Repeat(" ", v.column), d.restOfLine(v.to)
	}
	text := strings.ReplaceAll(string(d.text[v.from:end]), "\r\n", "\n")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			line = strings.TrimPrefix(line, indent)
		}
		f.lines = append(f.lines, line)
	}
}

// commentsAbove returns the lines directly above a line that hold only a comment and lie behind an
// offset.
func (d *document) commentsAbove(start, behind int) (lines []string) {
	for start > 0 {
		above := d.lineStart(start - 1)
		text := strings.TrimSpace(string(d.text[above:start]))
		at := above + strings.Index(string(d.text[above:start]), text)
		if above < behind || text == "" || d.comment(at) != at+len(text) {
			break
		}
		lines = append([]string{text}, lines...)
		start = above
	}
	return lines
}

// above returns the comments above a fragment as lines before the member.
func (c *Change) above(d *document, indent string) (text string) {
	if c.text == nil || !c.text.fits(d) {
		return ""
	}
	for _, line := range c.text.heading {
		text += line + d.newline + indent
	}
	return text
}

// fits reports whether a fragment may stand in a document as it is written.
func (f *Fragment) fits(d *document) bool { return f.lines != nil && f.isYAML == (d.yaml != nil) }

// at returns the fragment's text for a place with the given indentation. unit is the indentation of
// one level there.
func (f *Fragment) at(indent, newline, unit string) string {
	var b strings.Builder
	for i, line := range f.lines {
		if i > 0 {
			b.WriteString(newline)
		}
		if i > 0 && line != "" {
			b.WriteString(indent)
			for f.unit != "" && strings.HasPrefix(line, f.unit) {
				b.WriteString(unit)
				line = line[len(f.unit):]
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
