package population

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
	"github.com/becketflags/becket/internal/wording"
)

// table reads a table in two passes: the first finds the type of each column.
func (f *File) table(text []byte) error {
	text, comma := dialect(text)
	t := &table{File: f, text: text, comma: comma}
	if err := t.header(); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	rows, err := t.types()
	if err != nil {
		return err
	}
	f.reported = 0 // the bytes of both passes count half
	f.subjects = make([]becket.Subject, 0, rows)
	return t.read()
}

// table is a table that is being read.
type table struct {
	*File
	text    []byte
	comma   rune
	columns []column
	key     int // the index of the column with the keys
}

// column is a column of a table.
type column struct {
	attribute.Name
	isLeftOut                 bool // it has no name
	notNumber, notBoolean     bool // a cell has another type
	commas, points, notCommas bool // decimal commas and points in its cells
}

// dialect returns the text without a first line that names the separator, as spreadsheets read it,
// and the separator. Without such a line it is the one that occurs most in the header.
func dialect(text []byte) ([]byte, rune) {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if named, ok := bytes.CutPrefix(line, []byte("sep=")); ok && len(named) == 1 {
		return rest, rune(named[0])
	}
	best, most := ',', 0
	for _, candidate := range ",;\t" {
		quoted, n := false, 0
		for _, letter := range string(line) {
			switch {
			case letter == '"':
				quoted = !quoted
			case letter == candidate && !quoted:
				n++
			}
		}
		if n > most {
			best, most = candidate, n
		}
	}
	return text, best
}

func (t *table) reader() *csv.Reader {
	reader := csv.NewReader(bytes.NewReader(t.text))
	reader.Comma, reader.ReuseRecord = t.comma, true
	return reader
}

// header reads the names of the columns.
func (t *table) header() error {
	header, err := t.reader().Read()
	if errors.Is(err, io.EOF) {
		return errEmpty
	}
	if err != nil {
		return err
	}
	t.columns, t.key = make([]column, len(header)), -1
	seen := map[string]bool{}
	for i, text := range header {
		c := &t.columns[i]
		c.Name = attribute.ParseName(strings.TrimSpace(text))
		c.isLeftOut = c.Name.Name == ""
		if seen[c.Name.Name] && !c.isLeftOut {
			return fmt.Errorf("two columns are named %q: rename or remove one of them", c.Name.Name)
		}
		seen[c.Name.Name] = true
		if c.Name.Name == "key" {
			t.key = i
		}
	}
	if t.key < 0 {
		return errNoKey("column", header)
	}
	return nil
}

// each calls visit for each row below the header.
func (t *table) each(visit func(row []string, line int) error) error {
	reader := t.reader()
	for first := true; ; first = false {
		row, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := reader.FieldPos(0)
			return t.errCells(line, len(row))
		case err != nil:
			return fmt.Errorf("%s: %w", t.Name, err)
		case first:
			continue
		}
		line, _ := reader.FieldPos(0)
		if err := visit(row, line); err != nil {
			return err
		}
		if err := t.at(reader.InputOffset() / 2); err != nil {
			return err
		}
	}
}

// errCells names the remedy for a row that does not have a cell for each column.
func (t *table) errCells(line, cells int) error {
	remedy := "leave a cell empty if its value is missing"
	if cells > len(t.columns) {
		remedy = fmt.Sprintf("put quotes around a text that holds %q", t.comma)
	}
	return fmt.Errorf("%s: line %d has %s, but the header has %s: %s",
		t.Name, line, wording.Count(cells, "cell"), wording.Count(len(t.columns), "column"), remedy)
}

// types finds a type for each column that fits all of its cells. For example, a version "2.0" must
// not become a number if other cells hold "2.1.0".
func (t *table) types() (rows int, err error) {
	err = t.each(func(row []string, _ int) error {
		rows++
		for i, cell := range row {
			if c := &t.columns[i]; cell != "" && c.Type == "" && i != t.key {
				c.see(cell, t.comma != ',')
			}
		}
		return nil
	})
	for i := range t.columns {
		c := &t.columns[i]
		switch {
		case c.Type != "":
		case !c.notNumber:
			c.Type = "number"
		case c.commas && !c.points && !c.notCommas:
			c.Type = decimalComma
		case !c.notBoolean:
			c.Type = "boolean"
		default:
			c.Type = "string"
		}
	}
	return rows, err
}

// decimalComma is the type of numbers such as 12,5, which tables without commas between the cells
// may have.
const decimalComma = "decimal comma"

var withDecimalComma = regexp.MustCompile(`^-?[0-9]+,[0-9]+$`)

// see notes which types a cell has.
func (c *column) see(cell string, commas bool) {
	if !c.notNumber || commas && !c.notCommas {
		_, err := attribute.Name{Name: c.Name.Name, Type: "number"}.Attribute(cell)
		c.notNumber = c.notNumber || err != nil
		c.points = c.points || err == nil && strings.Contains(cell, ".")
		if isDecimal := withDecimalComma.MatchString(cell); err != nil && commas {
			c.commas, c.notCommas = c.commas || isDecimal, c.notCommas || !isDecimal
		}
	}
	c.notBoolean = c.notBoolean || !isBoolean(cell)
}

// read makes a subject of each row.
func (t *table) read() error {
	var room []becket.Attribute // for the attributes of many subjects
	return t.each(func(row []string, line int) error {
		const rows = 1000
		if len(room) < len(row) {
			room = make([]becket.Attribute, rows*len(row))
		}
		attributes := room[:0:len(row)]
		for i, cell := range row {
			c := &t.columns[i]
			if cell == "" || i == t.key || c.isLeftOut {
				continue
			}
			a, err := c.attribute(cell, t.comma != ',')
			if err != nil {
				return fmt.Errorf("%s:%d: %w", t.Name, line, err)
			}
			attributes = append(attributes, a)
		}
		room = room[len(attributes):]
		t.add(row[t.key], slices.Clip(attributes))
		return nil
	})
}

// isBoolean reports whether a cell is a boolean; spreadsheets write capital letters.
func isBoolean(cell string) bool {
	return cell == "true" || cell == "false" || cell == "TRUE" || cell == "FALSE"
}

func (c *column) attribute(cell string, commas bool) (becket.Attribute, error) {
	name := c.Name
	if name.Type == "boolean" && isBoolean(cell) {
		cell = strings.ToLower(cell)
	}
	if name.Type == decimalComma || name.Type == "number" && commas {
		name.Type, cell = "number", strings.Replace(cell, ",", ".", 1)
	}
	return name.Attribute(cell)
}
