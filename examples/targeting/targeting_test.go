package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTargeting(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	sections := strings.Split(out.String(), "\n\n")

	for _, test := range []struct {
		name, heading string
		rows          []string
	}{
		{"by country", "Country:", []string{
			"anna DE true TARGETING_MATCH by law",
			"ben FR false DEFAULT -",
			"carla AT true TARGETING_MATCH by law",
			"dora - false DEFAULT (no country)",
			"finn - false DEFAULT (no country)",
			"gina CH true TARGETING_MATCH by law",
		}},
		{"by age, thirty itself counted as over", "Age:", []string{
			"anna 34 Jazz TARGETING_MATCH thirty and over",
			"ben 29 House TARGETING_MATCH under thirty",
			"carla 30 Jazz TARGETING_MATCH thirty and over",
			"dora 16 Piano DEFAULT -",
			"finn - Piano DEFAULT (no age)",
			"gina - Piano DEFAULT (no age)",
		}},
		{"by segment, in which exclude wins", "Segment:", []string{
			"anna - false DEFAULT (no email)",
			"ben - false DEFAULT (no email)",
			"carla - false DEFAULT (no email)",
			"dora - true TARGETING_MATCH friends and family",
			"finn finn@EXAMPLE.com true TARGETING_MATCH friends and family",
			"gina gina@example.com false DEFAULT -",
		}},
		{"by version, pre-releases in their order", "App version:", []string{
			"anna 2.9.4 true TARGETING_MATCH able apps",
			"ben 3.1.2 false DEFAULT -",
			"carla v3.3 true TARGETING_MATCH able apps",
			"dora 3.2.0-beta.1 false DEFAULT -",
			"finn nightly false DEFAULT -",
			"gina - false DEFAULT (no app)",
		}},
		{"by time, from its first instant until before its last", "Time:", []string{
			"00:59:59 anna open DEFAULT -",
			"00:59:59 dora open TARGETING_MATCH friends go on",
			"01:00:00 anna closed TARGETING_MATCH maintenance",
			"01:00:00 dora open TARGETING_MATCH friends go on",
			"02:59:59 anna closed TARGETING_MATCH maintenance",
			"02:59:59 dora open TARGETING_MATCH friends go on",
			"03:00:00 anna open DEFAULT -",
			"03:00:00 dora open TARGETING_MATCH friends go on",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.rows, rowsBelow(t, sections, test.heading))
		})
	}
	t.Run("one decision is explained, with both rules that were asked", func(t *testing.T) {
		explained := sections[len(sections)-1]
		for _, step := range []string{
			`orders for "gina": closed = closed, TARGETING_MATCH by rule "maintenance"`,
			"rule friends go on: false",
			"(the key is excluded)",
			"rule maintenance: true",
			"window from 2026-12-06T00:00:00Z until 2026-12-06T02:00:00Z: true",
		} {
			assert.Contains(t, explained, step)
		}
	})
}

// rowsBelow returns the rows of the table under a heading, without the table's own heading, with
// single blanks.
func rowsBelow(t *testing.T, sections []string, heading string) []string {
	t.Helper()
	for i, section := range sections {
		if !strings.HasPrefix(section, heading) {
			continue
		}
		lines := strings.Split(sections[i+1], "\n")
		for j := range lines {
			lines[j] = strings.Join(strings.Fields(lines[j]), " ")
		}
		return lines[1:]
	}
	require.Fail(t, "no such section", heading)
	return nil
}
