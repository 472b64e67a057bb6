package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/live"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/web"
	"github.com/becketflags/becket/internal/wording"
)

// sightings are the facts about a published document.
type sightings struct {
	URL string `json:"url"`
	// a client would use the document, and all of its flags
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason,omitempty"` // why not
	// the reasons with their places, if the document has some
	Invalid []report.Finding `json:"invalid,omitempty"`

	Status       int    `json:"status"`
	Encoding     string `json:"encoding"` // "gzip" or "identity"
	ContentType  string `json:"content_type,omitempty"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Date         string `json:"date,omitempty"`
	CacheControl string `json:"cache_control,omitempty"`
	// time in caches; absent if no cache tells it
	Age      *int `json:"age_seconds,omitempty"`
	Modified *int `json:"changed_seconds,omitempty"` // between Last-Modified and Date

	Bytes       int    `json:"bytes,omitempty"`
	Format      string `json:"format,omitempty"` // only if programs must name it by WithFormat
	Flags       int    `json:"flags,omitempty"`
	Revision    int64  `json:"revision,omitempty"`
	Environment string `json:"environment,omitempty"`
	SignedBy    string `json:"signed_by,omitempty"`

	// a second fetch with the validator was answered by 304
	NotModified bool     `json:"not_modified"`
	Again       int      `json:"again,omitempty"` // the status of the second fetch
	Notes       []string `json:"notes,omitempty"` // what costs traffic or time
}

func (s *sightings) note(text string) { s.Notes = append(s.Notes, text) }

// answered records the head of the server's answer.
func (s *sightings) answered(answer *live.Answer, now time.Time) {
	header := answer.Header
	s.Status, s.ContentType, s.CacheControl = answer.Status, header.Get("Content-Type"), header.Get("Cache-Control")
	s.ETag, s.LastModified, s.Date = header.Get("Etag"), header.Get("Last-Modified"), header.Get("Date")
	s.Encoding = "identity"
	if coding := header.Get("Content-Encoding"); coding != "" {
		s.Encoding = coding
	} else if answer.Gzip {
		s.Encoding = "gzip"
	}
	if age, err := strconv.Atoi(header.Get("Age")); err == nil && age >= 0 {
		s.Age = &age
	}
	if date, err := http.ParseTime(s.Date); err == nil {
		now = date
	}
	if modified, err := http.ParseTime(s.LastModified); err == nil {
		seconds := int(now.Sub(modified) / time.Second)
		s.Modified = &seconds
	}
	s.noteCaches()
	if web.ByTimeAndSize(s.ETag, s.LastModified) {
		s.note("the ETag is made from the second and the size of the file: a change that keeps both is not seen")
	}
}

// slowCache is the time in a cache from which on a change is worth a note: the time of two polls.
const slowCache = 60

// noteCaches notes caches that delay a change.
func (s *sightings) noteCaches() {
	for directive := range strings.SplitSeq(s.CacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		seconds, err := strconv.Atoi(value)
		if name = strings.ToLower(name); (name == "max-age" || name == "s-maxage") && err == nil &&
			seconds > slowCache {
			s.note(fmt.Sprintf("caches may answer with the old document for %v: %s",
				inSeconds(seconds), strings.TrimSpace(directive)))
		}
	}
	if s.Age != nil && *s.Age > slowCache {
		s.note(fmt.Sprintf("a cache has held this answer for %v", inSeconds(*s.Age)))
	}
}

// inSeconds writes 90 as 1m30s.
func inSeconds(seconds int) time.Duration { return time.Duration(seconds) * time.Second }

// decoded records the content of a document that the library can read.
func (s *sightings) decoded(info becket.RulesInfo, invalid []report.Finding) {
	s.Accepted = true
	s.Flags, s.Revision, s.Environment = info.Flags, info.Revision, info.Environment
	if len(invalid) > 0 {
		s.Accepted, s.Invalid = false, invalid
		s.Reason = "parts of it are invalid, and clients keep their last good definitions"
	}
}

// refuse records why a client does not use the document.
func (s *sightings) refuse(err error) {
	s.Accepted, s.Reason = false, report.Plain(err)
	if refused, ok := err.(*report.RefusedError); ok { //nolint:errorlint // Decode returns it as it is
		s.Reason, s.Invalid = "it is not a valid document", refused.Findings
	}
}

// print writes the sightings to stdout. It returns errFound if a client would refuse the document.
func (s *sightings) print(e *env) error {
	if e.options.JSON {
		if err := report.Indented(e.stdout, s); err != nil {
			return err
		}
	} else {
		s.write(e)
	}
	if !s.Accepted {
		return errFound
	}
	return nil
}

func (s *sightings) write(e *env) {
	verdict := "clients use it"
	if !s.Accepted {
		verdict = "clients refuse it: " + s.Reason
	}
	fmt.Fprintf(e.stdout, "%s: %s\n", s.URL, verdict)
	_ = report.Text(e.stdout, s.Invalid)
	for _, row := range s.rows() {
		if row[1] != "" {
			fmt.Fprintf(e.stdout, "  %-14s %s\n", row[0], row[1])
		}
	}
	for _, note := range s.Notes {
		fmt.Fprintf(e.stdout, "note: %s\n", note)
	}
}

// rows returns the lines of the table. Lines without a value are left out.
func (s *sightings) rows() [][2]string {
	content, bytes, again := "", "", ""
	if s.Accepted || s.Flags > 0 {
		content = fmt.Sprintf("%s, revision %d", wording.Count(s.Flags, "flag"), s.Revision)
	}
	if s.Bytes > 0 {
		bytes = wording.Count(s.Bytes, "byte")
	}
	if s.Again > 0 {
		again = statusLine(s.Again)
	}
	return [][2]string{
		{"status", statusLine(s.Status)}, {"ruleset", content}, {"format", s.Format},
		{"environment", s.Environment}, {"signed by", s.SignedBy}, {"size", bytes}, {"encoding", s.Encoding},
		{"type", s.ContentType}, {"ETag", s.ETag},
		{"Last-Modified", s.LastModified + ago(s.Modified, " (%v before the answer)")}, {"Date", s.Date},
		{"Age", ago(s.Age, "%v in caches")}, {"Cache-Control", s.CacheControl}, {"asked again", again},
	}
}

// ago writes a number of seconds, or nothing if it is unknown.
func ago(seconds *int, format string) string {
	if seconds == nil {
		return ""
	}
	return fmt.Sprintf(format, inSeconds(*seconds))
}
