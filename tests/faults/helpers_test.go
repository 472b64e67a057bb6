package faults_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/tests/internal/faults"
)

const (
	page       = "../../docs/reliability.md"
	tableBegin = "<!-- The table is written by: cd tests && go test ./faults -run TestEveryFault -update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// check compares the page with the results of the trials, or with -update writes its table.
func (c *table) check(t *testing.T) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "\n| fault | %s | %s | %s |\n|---|---|---|---|\n", faults.Cold, faults.Disk, faults.Live)
	for _, fault := range faults.All() {
		cells := c.cells[fault.Name]
		if len(cells) < len(faults.Scenarios()) {
			t.Logf("not all faults ran, so the page is not looked at")
			return
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n",
			fault.Name, cells[faults.Cold], cells[faults.Disk], cells[faults.Live])
	}
	b.WriteString("\n")
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(content), tableBegin)
	require.True(t, ok, "the page has no place for the table")
	_, tail, ok := strings.Cut(rest, tableEnd)
	require.True(t, ok, "the page has no end of the table")
	want := head + tableBegin + b.String() + tableEnd + tail
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
		return
	}
	assert.Equal(t, want, string(content), "run it with -update")
}
