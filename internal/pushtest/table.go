package pushtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const page = "docs/reliability.md"

// table collects the rows of an engine.
type table struct {
	name   string
	faults []string // in their order
	mutex  sync.Mutex
	rows   map[string]string
}

func newTable(name string) *table { return &table{name: name, rows: map[string]string{}} }

func (c *table) add(fault string) { c.faults = append(c.faults, fault) }

func (c *table) put(fault, during, after string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.rows[fault] = fmt.Sprintf("| %s | %s | %s |\n", fault, during, after)
}

// check compares the page with the rows, or writes them. If not all faults ran, it compares only
// the rows that it has.
func (c *table) check(t *testing.T, update bool) {
	t.Helper()
	path := find(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := fmt.Sprintf("<!-- %s: faults -->\n", c.name), fmt.Sprintf("<!-- end of %s: faults -->\n", c.name)
	head, rest, ok := strings.Cut(string(content), begin)
	if !ok {
		t.Fatalf("%s has no place for the table, which begins with %s", page, begin)
	}
	old, tail, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has no end of the table, which is %s", page, end)
	}
	var table strings.Builder
	table.WriteString("\n| fault | while it lasts | afterwards |\n|---|---|---|\n")
	for _, fault := range c.faults {
		row, ran := c.rows[fault]
		table.WriteString(row)
		if ran && !update && !strings.Contains(old, row) {
			t.Errorf("%s lacks this row; run the test with -update:\n%s", page, row)
		}
	}
	text := table.String() + "\n"
	switch {
	case len(c.rows) < len(c.faults):
		t.Logf("%d of %d faults ran, so only their rows are compared", len(c.rows), len(c.faults))
	case update:
		all := []byte(head + begin + text + end + tail)
		if err := os.WriteFile(path, all, 0o644); err != nil { //nolint:gosec // a page of the repository
			t.Fatal(err)
		}
	case old != text:
		t.Errorf("%s has another table; run the test with -update. It should be:\n%s", page, text)
	}
}

// find finds the page above the folder of the test.
func find(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(folder, page)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if folder == filepath.Dir(folder) {
			t.Fatalf("there is no %s above the test's folder", page)
		}
		folder = filepath.Dir(folder)
	}
}
