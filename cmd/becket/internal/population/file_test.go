package population_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/population"
)

// inUTF16 encodes a text as spreadsheets save it.
func inUTF16(text string, order binary.AppendByteOrder) string {
	encoded := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = order.AppendUint16(encoded, unit)
	}
	return string(encoded)
}

func TestTablesOfSpreadsheets(t *testing.T) {
	table := "key;city;score;share\r\nu1;Köln;12,5;3\r\nu2;\"Bad; Homburg\";-0,25;4\r\nu3;🙂;7;\r\n"
	want := []string{
		`u1 city="Köln" score=12.5 share=3`, `u2 city="Bad; Homburg" score=-0.25 share=4`, `u3 city="🙂" score=7`,
	}
	for name, row := range map[string]struct {
		source string
		want   []string
	}{
		"semicolons and decimal commas": {table, want},
		"a byte-order mark of UTF-8":    {"\xef\xbb\xbf" + table, want},
		"UTF-16, low byte first":        {inUTF16(table, binary.LittleEndian), want},
		"UTF-16, high byte first":       {inUTF16(table, binary.BigEndian), want},
		"tabs": {
			strings.ReplaceAll(strings.ReplaceAll(table, "Bad;", "Bad,"), ";", "\t"),
			[]string{want[0], strings.ReplaceAll(want[1], "Bad;", "Bad,"), want[2]},
		},
		"a first line that names the separator": {"sep=;\r\n" + table, want},
		"commas and quoted decimal commas": {
			"key,score\nu1,\"12,5\"\n", []string{`u1 score="12,5"`},
		},
		"decimal commas and points are text": {
			"key;score\nu1;12,5\nu2;12.5\n", []string{`u1 score="12,5"`, `u2 score="12.5"`},
		},
		"a list of two is no number": {
			"key;tags\nu1;1,2,3\nu2;4,5\n", []string{`u1 tags="1,2,3"`, `u2 tags="4,5"`},
		},
		"a number is named as such":       {"key;n:number\nu1;1,5\n", []string{`u1 n=1.5`}},
		"a column without a name":         {"key;;n\nu1;x;1\n", []string{`u1 n=1`}},
		"a semicolon in a quoted name":    {"key,\"a;b;c\"\nu1,x\n", []string{`u1 a;b;c="x"`}},
		"booleans in the case of JSON":    {"key;b\nu1;true\nu2;false\n", []string{`u1 b=true`, `u2 b=false`}},
		"booleans as spreadsheets write":  {"key;b\nu1;TRUE\nu2;FALSE\n", []string{`u1 b=true`, `u2 b=false`}},
		"one column":                      {"key\nu1\nu2\n", []string{"u1", "u2"}},
		"blank lines":                     {"key,n\n\nu1,1\n\n", []string{"u1 n=1"}},
		"the key is not the first column": {"n;key\n1;u1\n", []string{"u1 n=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			people, err := read(t, "a.csv", row.source)
			require.NoError(t, err)
			assert.Equal(t, row.want, texts(people))
			assert.Empty(t, people.Notes)
		})
	}
}

func TestEmptyKeysAreCounted(t *testing.T) {
	for file, source := range map[string]string{
		"a.csv":    "key,n\nu1,1\n,2\n,3\n",
		"a.ndjson": "{\"key\":\"u1\"}\n{\"key\":\"\"}\n{\"n\":1}\n",
	} {
		people, err := read(t, file, source)
		require.NoError(t, err)
		want := []string{"of 3 subjects, 2 have no key: percentages and splits do not apply to them"}
		assert.Equal(t, want, people.Notes)
	}
}

func TestFilesThatWouldMisleadAreRefused(t *testing.T) {
	for name, row := range map[string]struct{ file, source, want string }{
		"a table without any key": {
			"a.csv", "key,n\n,1\n,2\n",
			`a.csv: no subject has a key, and percentages and splits need one: fill in "key" with the targeting keys`,
		},
		"objects without any key": {
			"a.ndjson", "{\"key\":\"\"}\n{\"key\":null}\n",
			`a.ndjson: no subject has a key, and percentages and splits need one: fill in "key" with the targeting keys`,
		},
		"two columns of one name": {
			"a.csv", "key,country,country\nu1,DE,FR\n",
			`a.csv: two columns are named "country": rename or remove one of them`,
		},
		"two columns of keys": {
			"a.csv", "key,key\nu1,u2\n", `a.csv: two columns are named "key": rename or remove one of them`,
		},
		"a row with too many cells": {
			"a.csv", "key;n\nu1;1\nu2;2;3\n",
			`a.csv: line 3 has 3 cells, but the header has 2 columns: put quotes around a text that holds ';'`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, row.file, row.source)
			require.EqualError(t, err, row.want)
		})
	}
}

// exposed returns exposures of subjects as the library's LineSink writes them.
func exposed(t *testing.T, subjects ...becket.Subject) string {
	t.Helper()
	var lines bytes.Buffer
	var batch []becket.Exposure
	for _, s := range subjects {
		batch = append(batch, becket.Exposure{
			Subject: s, Flag: "f", Variant: "on", Reason: becket.ReasonSplit, Time: time.Unix(1, 0),
		})
	}
	require.NoError(t, becket.LineSink(&lines)(t.Context(), batch))
	return lines.String()
}

func TestExposuresAreSubjects(t *testing.T) {
	source := exposed(t,
		becket.NewSubject("u1", becket.String("country", "DE"), becket.Int("age", 30), becket.String("key", "x")),
		becket.NewSubject("u2"),
		becket.NewSubject("u1", becket.String("country", "AT"), becket.Strings("groups", "a", "b")),
		becket.NewSubject("u3", becket.String("email", becket.Private), becket.Bool("beta", true)),
		becket.NewSubject(becket.Private, becket.Bool("beta", true)),
	)
	people, err := read(t, "exposures.ndjson", source+"{\"time\":\"2026-\n")
	require.NoError(t, err)
	assert.Equal(t, []string{`u1 age=30 country="AT" groups=["a", "b"]`, `u2`, `u3 beta=true`}, texts(people))
	assert.Equal(t, "3 subjects of 6 exposures in exposures.ndjson", people.Name)
	assert.Equal(t, []string{
		"1 line of the exposures left out: broken in writing", "1 exposure left out: the key is private",
		"private attributes are missing: exposures do not hold them",
	}, people.Notes)
}

func TestAMillionRowsAreRead(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows take some seconds")
	}
	const rows = 1_000_000
	var table bytes.Buffer
	table.WriteString("key;country;score\n")
	for i := range rows {
		fmt.Fprintf(&table, "user-%d;C%d;%d,5\n", i, i%7, i%10)
	}
	total := 0
	file := population.File{Name: "a.csv"}
	people, err := file.Read(t.Context(), table.Bytes(), func(n int) { total += n })
	require.NoError(t, err)
	assert.Equal(t, rows, people.Size)
	assert.InDelta(t, table.Len(), total, 1<<20, "the progress is that of all bytes")
	all := texts(people)
	assert.Equal(t, `user-999999 country="C0" score=9.5`, all[rows-1])
}
