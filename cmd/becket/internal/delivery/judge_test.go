package delivery_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/delivery"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// numbered returns a native document of a revision.
func numbered(revision int64) delivery.Document {
	return delivery.Document{Format: becket.Native.Name(), Info: becket.RulesInfo{Revision: revision, Flags: 1}}
}

func TestTheStepOfARevisionIsJudged(t *testing.T) {
	for name, row := range map[string]struct {
		present, next int64
		same          bool
		want          string // "" for no finding
	}{
		"it rises by one":                    {42, 43, false, ""},
		"it rises with the same content":     {42, 43, true, ""},
		"it rises by a million":              {42, 1_000_042, false, ""},
		"it rises by more":                   {42, 1_000_043, false, delivery.RevisionLeap},
		"it falls":                           {43, 42, false, delivery.LowerRevision},
		"it falls with the same content":     {43, 42, true, delivery.LowerRevision},
		"it goes":                            {43, 0, false, delivery.MissingRevision},
		"it stays for other content":         {42, 42, false, delivery.SameRevision},
		"it stays for the same content":      {42, 42, true, delivery.Unchanged},
		"none in either":                     {0, 0, false, delivery.NoRevision},
		"none in either, the same content":   {0, 0, true, delivery.NoRevision},
		"a first one":                        {0, 1, false, ""},
		"a first one that is a time":         {0, 1_795_348_800_000, false, ""},
		"a first one that leaves no room":    {0, 9_007_199_254_740_991, false, delivery.RevisionLeap},
		"a number that becomes a time":       {42, 1_795_348_800, false, delivery.RevisionLeap},
		"a day, years later":                 {20200101, 20261122, false, ""},
		"a day with a digit too many":        {20261121, 202611221, false, delivery.RevisionLeap},
		"an hour of the next year":           {2025123123, 2026010100, false, ""},
		"a minute, years later":              {202001010000, 202611221159, false, ""},
		"a minute that is a century ahead":   {202611221159, 212611221159, false, delivery.RevisionLeap},
		"a second, years later":              {20200101000000, 20261122115959, false, ""},
		"seconds since 1970, years later":    {1_577_836_800, 1_795_348_800, false, ""},
		"seconds since 1970 in the future":   {1_795_348_800, 1_995_348_800, false, delivery.RevisionLeap},
		"seconds that become milliseconds":   {1_795_348_800, 1_795_348_800_000, false, delivery.RevisionLeap},
		"milliseconds of the next day":       {1_795_262_400_000, 1_795_348_800_000, false, ""},
		"microseconds, years later":          {1_577_836_800_000_000, 1_795_348_800_000_000, false, ""},
		"the run of a pipeline, a day later": {19_000_000_000, 19_020_000_000, false, ""},
		"a run with a digit too many":        {19_000_000_000, 190_200_000_000, false, delivery.RevisionLeap},
	} {
		t.Run(name, func(t *testing.T) {
			found := delivery.Judge(numbered(row.present), numbered(row.next), row.same, now)
			if row.want == "" {
				assert.Empty(t, found)
				return
			}
			if assert.Len(t, found, 1) {
				assert.Equal(t, row.want, found[0].Name, found[0].Message)
				assert.Equal(t, delivery.Names.Severity(row.want), found[0].Severity)
				assert.Equal(t, row.next < row.present, found[0].Refused)
				assert.Equal(t, "revision", found[0].Member)
			}
		})
	}
}

func TestAForeignDocumentNeedsNoRevision(t *testing.T) {
	flagd := delivery.Document{Format: "flagd", Info: becket.RulesInfo{Flags: 1}}
	assert.Empty(t, delivery.Judge(flagd, flagd, true, now))
	assert.Empty(t, delivery.Lone(flagd))
	assert.Equal(t, delivery.NoRevision, delivery.Lone(numbered(0))[0].Name)
	assert.Empty(t, delivery.Lone(numbered(1)))
}

func TestRefusalsAreErrors(t *testing.T) {
	present := numbered(7)
	present.Info.Environment = "production"
	found := delivery.Judge(present, delivery.Document{Format: "flagd", Unbuilt: "it has a comment"}, false, now)
	var names []string
	for _, f := range found {
		names = append(names, f.Name)
		assert.Equal(t, report.Error, f.Severity)
		assert.True(t, f.Refused)
	}
	assert.Equal(t, []string{
		delivery.OtherFormat, lint.NeedsBuild, delivery.MissingRevision, delivery.OtherEnvironment, delivery.NoFlags,
	}, names)
}
