package population

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
)

// Parse reads subjects from a table with a header row (CSV) or from one JSON object per line
// (NDJSON). The column or member "key" is the targeting key, and all others are attributes. An
// empty cell is a missing attribute.
func Parse(name string, source []byte) ([]becket.Subject, error) {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	isObjects := len(bytes.TrimSpace(source)) > 0 && bytes.TrimSpace(source)[0] == '{'
	if ext := path.Ext(name); ext == ".ndjson" || ext == ".jsonl" || isObjects {
		return parseObjects(name, source)
	}
	return parseTable(name, source)
}

func parseObjects(name string, source []byte) (subjects []becket.Subject, err error) {
	scanner := bufio.NewScanner(bytes.NewReader(source))
	scanner.Buffer(nil, len(source)+1)
	for line := 1; scanner.Scan(); line++ {
		text := bytes.TrimSpace(scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		value, err := attribute.Decode(text)
		members, ok := value.(map[string]any)
		if err == nil && !ok {
			err = errors.New("expected an object")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		subjects = append(subjects, subjectOf(members))
	}
	return subjects, scanner.Err()
}

// subjectOf makes a subject from an object's members. It reads a numeric key as text, because the
// library hashes texts. Nested objects come first, because the last of two attributes with one name
// counts. So the order of the members decides nothing.
func subjectOf(members map[string]any) becket.Subject {
	key := ""
	var nested, flat []becket.Attribute
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		_, isObject := value.(map[string]any)
		switch {
		case name == "key":
			key = keyText(value)
		case isObject:
			nested = append(nested, becket.Any(name, value))
		default:
			flat = append(flat, becket.Any(name, value))
		}
	}
	return becket.NewSubject(key, append(nested, flat...)...)
}

// keyText returns a key that is a text or an integer, and "" for any other key.
func keyText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		subject := becket.NewSubject("", becket.Any("number", v))
		if number, _ := subject.Attribute("number"); number.Kind() == becket.KindInt {
			return number.String()
		}
	}
	return ""
}

func parseTable(name string, source []byte) ([]becket.Subject, error) {
	reader := csv.NewReader(bytes.NewReader(source))
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the table is empty", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	columns := make([]attribute.Name, len(header))
	for i, text := range header {
		columns[i] = attribute.ParseName(text)
		if columns[i].Type == "" && columns[i].Name != "key" {
			columns[i].Type = typeOf(columns[i], rows, i)
		}
	}
	subjects := make([]becket.Subject, len(rows))
	for i, row := range rows {
		if subjects[i], err = rowSubject(columns, row); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+2, err)
		}
	}
	return subjects, nil
}

// typeOf returns the type that fits every cell of a column. For example, a version "2.0" must not
// become a number if other cells hold "2.1.0".
func typeOf(column attribute.Name, rows [][]string, i int) string {
	for _, kind := range []string{"number", "boolean"} {
		fits := true
		for _, row := range rows {
			if row[i] == "" {
				continue
			}
			if _, err := (attribute.Name{Name: column.Name, Type: kind}).Attribute(row[i]); err != nil {
				fits = false
				break
			}
		}
		if fits {
			return kind
		}
	}
	return "string"
}

func rowSubject(columns []attribute.Name, row []string) (becket.Subject, error) {
	key := ""
	attributes := make([]becket.Attribute, 0, len(row))
	for i, cell := range row {
		switch {
		case columns[i].Name == "key":
			key = cell
		case cell != "":
			a, err := columns[i].Attribute(cell)
			if err != nil {
				return becket.Subject{}, err
			}
			attributes = append(attributes, a)
		}
	}
	return becket.NewSubject(key, attributes...), nil
}
