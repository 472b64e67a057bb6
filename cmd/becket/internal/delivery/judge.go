// Package delivery judges the step from the document that is live to the one that is published
// next: whether clients take the next document, and whether its revision tells it apart.
package delivery

import (
	"fmt"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/lint"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// The names of the findings.
const (
	LowerRevision    = "lower-revision"
	MissingRevision  = "missing-revision"
	SameRevision     = "same-revision"
	RevisionLeap     = "revision-leap"
	NoRevision       = "no-revision"
	OtherEnvironment = "other-environment"
	OtherFormat      = "other-format"
	NoFlags          = "no-flags"
	LiveRefused      = "live-refused"
	Unchanged        = "unchanged"
)

// Names lists the findings with their severities, in the order of docs/findings.md.
var Names = report.Kinds{
	{Name: LowerRevision, Meaning: "the revision is lower than that of the present document", Severity: report.Error},
	{Name: MissingRevision, Meaning: "no revision, and the present document has one", Severity: report.Error},
	{Name: SameRevision, Meaning: "the revision of the present document for other content", Severity: report.Error},
	{Name: OtherEnvironment, Meaning: "another environment than the present document's", Severity: report.Error},
	{Name: OtherFormat, Meaning: "another format than the present document's", Severity: report.Error},
	{Name: NoFlags, Meaning: "no flags, and the present document has some", Severity: report.Error},
	{Name: RevisionLeap, Meaning: "a revision that rises so far that it looks mistaken", Severity: report.Warning},
	{Name: NoRevision, Meaning: "a published document without a revision", Severity: report.Warning},
	{Name: LiveRefused, Meaning: "a present document that clients refuse", Severity: report.Warning},
	{Name: Unchanged, Meaning: "the same content and revision as the present document", Severity: report.Note},
}

// Document is a document as clients look at it before they take it.
type Document struct {
	Format  string // the name of its format
	Unbuilt string // why the library cannot read the source as it is; "" if it can
	Info    becket.RulesInfo
}

// Finding is a finding about the step to the next document.
type Finding struct {
	Name     string
	Severity report.Severity
	Refused  bool   // clients that use the present document refuse the next one
	Member   string // the field at the top of the next document that it is about; "" for none
	Message  string
}

// Judge returns the findings about the step from the present document to the next one: first those
// for which clients refuse the next one. same says that both have the same content. now decides
// whether a revision that is a date or a time is plausible.
func Judge(present, next Document, same bool, now time.Time) []Finding {
	j := judge{present: present, next: next}
	j.format()
	j.refusedRevision()
	j.environment()
	j.flags()
	j.revision(same, now)
	return j.findings
}

// Lone returns the findings about a published document with which no other is compared.
func Lone(d Document) []Finding {
	j := judge{next: d}
	if d.Info.Revision == 0 && d.Format == becket.Native.Name() {
		j.find(NoRevision, "revision", "it has no revision, so a stale cache can bring back an older document")
	}
	return j.findings
}

// RefusedNow returns the finding about a next document if clients refuse the present one, so that
// its revision is unknown. It is a warning: the next document probably mends the present one.
func RefusedNow(name string, refused *report.RefusedError) Finding {
	return Finding{
		Name: LiveRefused, Severity: Names.Severity(LiveRefused),
		Message: fmt.Sprintf("nothing is compared with %s, because clients refuse it: %s", name,
			refused.Error()),
	}
}

// SetRevision returns the findings about a document whose own revision is replaced by another one,
// as warnings: perhaps the own one was never published.
func SetRevision(d Document, revision int64, now time.Time) (findings []Finding) {
	next := d
	next.Info.Revision = revision
	for _, f := range Judge(d, next, false, now) {
		if f.Name == LowerRevision || f.Name == MissingRevision || f.Name == RevisionLeap {
			f.Severity = report.Warning
			findings = append(findings, f)
		}
	}
	return findings
}

type judge struct {
	present, next Document
	findings      []Finding
}

func (j *judge) find(name, member, format string, values ...any) {
	j.findings = append(j.findings, Finding{
		Name: name, Severity: Names.Severity(name), Member: member, Message: fmt.Sprintf(format, values...),
	})
}

// refuse adds a finding for which clients refuse the next document.
func (j *judge) refuse(name, member, format string, values ...any) {
	j.find(name, member, format, values...)
	j.findings[len(j.findings)-1].Refused = true
}

func (j *judge) format() {
	if j.present.Format != j.next.Format {
		j.refuse(OtherFormat, "", "the format changes from %s to %s", j.present.Format, j.next.Format)
	}
	if j.next.Unbuilt != "" {
		j.refuse(lint.NeedsBuild, "", "%s", j.next.Unbuilt)
	}
}

func (j *judge) refusedRevision() {
	switch present, next := j.present.Info.Revision, j.next.Info.Revision; {
	case next == 0 && present > 0:
		j.refuse(MissingRevision, "revision", "it has no revision, and the present one has %d", present)
	case next < present:
		j.refuse(LowerRevision, "revision", "the revision falls from %d to %d", present, next)
	}
}

func (j *judge) environment() {
	switch present, next := j.present.Info.Environment, j.next.Info.Environment; {
	case present == next || present == "":
	case next == "":
		j.refuse(OtherEnvironment, "environment", "it names no environment, and clients may expect %q", present)
	default:
		j.refuse(OtherEnvironment, "environment", "the environment changes from %q to %q", present, next)
	}
}

func (j *judge) flags() {
	if j.next.Info.Flags == 0 && j.present.Info.Flags > 0 {
		j.refuse(NoFlags, "flags", "it has no flags, and the present one has %d", j.present.Info.Flags)
	}
}

// revision judges revisions that clients take.
func (j *judge) revision(same bool, now time.Time) {
	present, next := j.present.Info.Revision, j.next.Info.Revision
	switch {
	case present == 0 && next == 0:
		j.findings = append(j.findings, Lone(j.next)...)
	case present == next && same:
		j.find(Unchanged, "revision", "the content and the revision %d are those of the present document", next)
	case present == next:
		j.find(SameRevision, "revision",
			"the revision stays %d although the content changes: nobody can tell the two documents apart by it", next)
	case leaps(present, next, now):
		j.find(RevisionLeap, "revision",
			"the revision leaps from %d to %d: clients then refuse every lower one", present, next)
	}
}
