package edit

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/native"
)

// width is the number of columns up to which an object or array stays on one line.
const width = 80

// colon returns the text between names and values, as the nearest members have it.
func (d *document) colon() string {
	const usual = ": "
	for _, v := range slices.Backward(d.chain) {
		if v.kind != object || v.isBlock || len(v.items) == 0 {
			continue
		}
		it := &v.items[0]
		between := string(d.text[it.nameTo:it.value.from])
		if strings.Trim(between, " \t") == ":" || strings.Trim(between, " \t:") == "" && it.value.from > it.nameTo {
			return between
		}
		return usual
	}
	return usual
}

// gap returns the text between a comma and the next item on the line, as an object or array has it.
func (d *document) gap(v *value) string {
	for i := 1; i < len(v.items); i++ {
		from, to := d.comma(v.items[i-1].value)+1, v.items[i].from
		if from > 0 && d.isBlank(from, to) && !d.hasLine(from, to) {
			return string(d.text[from:to])
		}
	}
	if strings.HasSuffix(d.colon(), " ") {
		return " "
	}
	return ""
}

// unit returns the indentation of one level.
func (d *document) unit() string {
	for _, v := range slices.Backward(d.chain) {
		for j := range v.items {
			it := &v.items[j]
			if v.isBlock || !d.hasLine(d.before(v, j), it.from) {
				continue
			}
			outer, inner := d.indentOf(v.from), d.indentOf(it.from)
			if unit, ok := strings.CutPrefix(inner, outer); ok && unit != "" {
				return unit
			}
		}
	}
	return "  "
}

// expands reports whether the objects and arrays in an object or array take several lines.
func (d *document) expands(v *value) bool {
	for i := range v.items {
		if inner := v.items[i].value; inner.kind != scalar && d.hasLine(inner.from, inner.to) {
			return true
		}
	}
	return false
}

// jsonStyle is the layout of new values.
type jsonStyle struct {
	colon, gap, unit, newline string
	oneLine                   bool   // the whole document is one line
	end                       string // a comma if the last items of objects and arrays have one
}

func (d *document) jsonStyle() jsonStyle {
	end := len(bytes.TrimRight(d.text, " \t\r\n"))
	return jsonStyle{d.colon(), d.gap(d.container()), d.unit(), d.newline, !d.hasLine(0, end), d.lastComma()}
}

// lastComma returns a comma if the last item of the nearest object or array on several lines has
// one.
func (d *document) lastComma() string {
	for _, v := range slices.Backward(d.chain) {
		last := len(v.items) - 1
		if last < 0 || !d.hasLine(d.before(v, last), v.items[last].from) {
			continue
		}
		if d.comma(v.items[last].value) >= 0 {
			return ","
		}
		break
	}
	return ""
}

func writtenOf(v jsontext.Value) native.Written { return native.Written{Raw: v} }

// render writes a value at a column of a line with this indentation.
func (s *jsonStyle) render(w native.Written, indent string, column int, many bool) string {
	line := s.inline(w)
	isShort := column+utf8.RuneCountInString(line) <= width
	if w.Raw[0] != object && w.Raw[0] != array || s.oneLine || !many && isShort || len(line) == len("{}") {
		return line
	}
	return s.expanded(w, indent)
}

// inline writes a value on one line.
func (s *jsonStyle) inline(w native.Written) string {
	var parts []string
	switch w.Raw[0] {
	case object:
		for name, value := range w.Fields() {
			parts = append(parts, string(Text(name))+s.colon+s.inline(value))
		}
		return "{" + strings.Join(parts, ","+s.gap) + "}"
	case array:
		for element := range w.Elements() {
			parts = append(parts, s.inline(element))
		}
		return "[" + strings.Join(parts, ","+s.gap) + "]"
	default:
		return string(w.Raw)
	}
}

// expanded writes each item of an object or array on a line of its own.
func (s *jsonStyle) expanded(w native.Written, indent string) string {
	var parts []string
	inner := indent + s.unit
	for name, value := range w.Fields() {
		head := string(Text(name)) + s.colon
		parts = append(parts, inner+head+s.render(value, inner, len(inner)+len(head), false))
	}
	for element := range w.Elements() {
		parts = append(parts, inner+s.render(element, inner, len(inner), false))
	}
	brackets := [2]string{"{", "}"}
	if w.Raw[0] == array {
		brackets = [2]string{"[", "]"}
	}
	return brackets[0] + s.newline + strings.Join(parts, ","+s.newline) + s.end + s.newline + indent + brackets[1]
}
