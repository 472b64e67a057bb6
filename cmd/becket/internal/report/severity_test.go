package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/report"
)

var every = []report.Finding{
	{File: "a.json", Line: 1, Column: 2, Name: "invalid", Path: "flags.a", Message: "no"},
	{Severity: report.Warning, File: "a.json", Name: "expired", Path: "flags.b", Owner: "me", Message: "old"},
	{Severity: report.Note, File: "a.json", Line: 3, Column: 1, Name: "unchanged", Message: "same"},
}

func TestEachSeverityIsWrittenInEveryForm(t *testing.T) {
	var text, annotations, object bytes.Buffer
	require.NoError(t, report.Text(&text, every))
	assert.Equal(t, `a.json:1:2: error: flags.a: no [invalid]
a.json: warning: flags.b: old (owner: me) [expired]
a.json:3:1: note: same [unchanged]
`, text.String())
	require.NoError(t, report.GitHub(&annotations, every))
	assert.Equal(t, `::error file=a.json,line=1,col=2,title=becket invalid::flags.a: no [invalid]
::warning file=a.json,title=becket expired::flags.b: old (owner: me) [expired]
::notice file=a.json,line=3,col=1,title=becket unchanged::same [unchanged]
`, annotations.String())
	require.NoError(t, report.JSON(&object, every))
	assert.Contains(t, object.String(), `"severity": "error"`)
	var read []report.Finding
	require.NoError(t, json.Unmarshal(object.Bytes(), &read))
	assert.Equal(t, every, read)
	require.Error(t, json.Unmarshal([]byte(`[{"severity": "fatal"}]`), &read))
}

func TestATallyNamesItsNumbersAndDecides(t *testing.T) {
	for _, row := range []struct {
		findings      []report.Finding
		text          string
		plain, strict bool
	}{
		{nil, "nothing found", false, false},
		{every, "1 error, 1 warning, 1 note", true, true},
		{every[1:], "1 warning, 1 note", false, true},
		{every[2:], "1 note", false, false},
		{append(every[:1:1], every[0]), "2 errors", true, true},
	} {
		tally := report.Count(row.findings)
		assert.Equal(t, row.text, tally.String())
		assert.Equal(t, row.plain, tally.Failed(false), row.text)
		assert.Equal(t, row.strict, tally.Failed(true), row.text)
	}
}
