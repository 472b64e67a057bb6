// Package statusform is the form in which a client's status is written as JSON and to a log. It
// bounds the size of both: a list has at most 100 entries and about 64 KiB, and the rest is only
// counted.
package statusform

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// Limits of the parts of a status.
const (
	MaxEntries  = 100      // entries of a list
	maxList     = 64 << 10 // bytes of a list as JSON, unless its first entry alone has more
	maxError    = 16 << 10 // bytes of the text of LastError and DiskError
	maxText     = 1 << 10  // bytes of any other text
	maxProblems = 10       // problems of a definition
)

// Status is a client's status. Empty texts and lists, and zero times, are left out.
type Status struct {
	Healthy bool     `json:"healthy"`
	Health  string   `json:"health"`
	Reasons []string `json:"reasons,omitempty"`

	Tier        string `json:"tier"`
	Revision    int64  `json:"revision"`
	Environment string `json:"environment,omitempty"`
	Format      string `json:"format,omitempty"`
	Flags       int    `json:"flags"`
	ETag        string `json:"etag,omitempty"`
	SignedBy    string `json:"signed_by,omitempty"`

	ReadAt       time.Time `json:"read_at,omitzero"`
	FetchedAt    time.Time `json:"fetched_at,omitzero"`
	ConfirmedAt  time.Time `json:"confirmed_at,omitzero"`
	Age          *float64  `json:"age_seconds,omitempty"`
	NextFetch    time.Time `json:"next_fetch,omitzero"`
	PollInterval float64   `json:"poll_interval_seconds,omitempty"`

	LastError string    `json:"last_error,omitempty"`
	Failures  int       `json:"failures"`
	FailedAt  time.Time `json:"failed_at,omitzero"`
	DiskError string    `json:"disk_error,omitempty"`

	Refreshes   uint64 `json:"refreshes"`
	NotModified uint64 `json:"not_modified"`
	Failed      uint64 `json:"failed"`

	Bad             []Bad    `json:"bad,omitempty"`
	BadOmitted      int      `json:"bad_omitted,omitempty"`
	Warnings        []string `json:"warnings,omitempty"`
	WarningsOmitted int      `json:"warnings_omitted,omitempty"`
	Misfits         []Misfit `json:"misfits,omitempty"`
	MisfitsOmitted  int      `json:"misfits_omitted,omitempty"`

	Signals        []Signal `json:"signals,omitempty"`
	SignalsOmitted int      `json:"signals_omitted,omitempty"`

	Exposures        Exposures `json:"exposures"`
	OverridesFile    string    `json:"overrides_file,omitempty"`
	Overrides        []string  `json:"overrides,omitempty"`
	OverridesOmitted int       `json:"overrides_omitted,omitempty"`

	HookPanics    uint64 `json:"hook_panics"`
	DroppedEvents uint64 `json:"dropped_events"`
	Closed        bool   `json:"closed"`
}

// Bad is an invalid flag or segment with its problems.
type Bad struct {
	Section  string    `json:"section"`
	Key      string    `json:"key"`
	Kept     bool      `json:"kept"`
	Problems []Problem `json:"problems"`
}

// Problem is one problem of a definition. Line is 0 if the place is not known.
type Problem struct {
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

// Misfit is a flag whose value checks cannot get.
type Misfit struct {
	Flag   string `json:"flag"`
	Type   string `json:"type"`
	Checks uint64 `json:"checks"`
	Error  string `json:"error"`
}

// Signal is a signal of a client.
type Signal struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since,omitzero"`
	LastHint  time.Time `json:"last_hint,omitzero"`
	LastError string    `json:"last_error,omitempty"`
}

// Exposures has the counters of exposures.
type Exposures struct {
	Produced   uint64    `json:"produced"`
	Sent       uint64    `json:"sent"`
	Dropped    uint64    `json:"dropped"`
	DroppedAt  time.Time `json:"dropped_at,omitzero"`
	Duplicates uint64    `json:"duplicates"`
	Queued     uint64    `json:"queued"`
}

// String returns the line that a log of text has for the definition.
func (b Bad) String() string {
	kept := ""
	if b.Kept {
		kept = " keeps its earlier definition"
	}
	problems := make([]string, len(b.Problems))
	for i := range b.Problems {
		problems[i] = b.Problems[i].String()
	}
	return fmt.Sprintf("%s.%s%s: %s", b.Section, b.Key, kept, strings.Join(problems, "; "))
}

// String returns the message with its place.
func (p Problem) String() string {
	where := p.Path
	if p.Line > 0 {
		where = strings.TrimPrefix(fmt.Sprintf("%s at %d:%d", where, p.Line, p.Column), " at ")
	}
	if where == "" {
		return p.Message
	}
	return where + ": " + p.Message
}

// String returns the text that a log of text has for the misfit.
func (m Misfit) String() string {
	return fmt.Sprintf("%s as %s (checks: %d): %s", m.Flag, m.Type, m.Checks, m.Error)
}

// String returns the text that a log of text has for the signal.
func (s Signal) String() string {
	state := "not connected"
	if s.Connected {
		state = "connected"
	}
	if s.LastError != "" {
		state += ", lost last because: " + s.LastError
	}
	return s.Name + ": " + state
}

// Separate returns the errors that errors.Join has joined, or any other error itself.
func Separate(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok || len(several.Unwrap()) < 2 || errors.Join(several.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, one := range several.Unwrap() {
		all = append(all, Separate(one)...)
	}
	return all
}

// Problems bounds the problems of a definition.
func Problems(all []Problem) []Problem {
	list := make([]Problem, 0, min(len(all), maxProblems+1))
	for i := range all {
		if i == maxProblems {
			return append(list, Problem{Message: fmt.Sprintf("further problems: %d", len(all)-i)})
		}
		p := all[i]
		p.Path, p.Message = Text(p.Path), Text(p.Message)
		list = append(list, p)
	}
	return list
}

// List returns the first entries of a list of a bounded size, and the number of those that it
// leaves out. It returns at least one entry.
func List[T any](all []T) (list []T, omitted int) {
	size := 0
	for i := range all {
		text, err := json.Marshal(all[i])
		if size += len(text); err != nil || i == MaxEntries || i > 0 && size > maxList {
			return all[:i], len(all) - i
		}
	}
	return all, 0
}

// Texts bounds the texts of a list.
func Texts[T any](all []T, textOf func(T) string) (list []string, omitted int) {
	short := make([]string, min(len(all), MaxEntries))
	for i := range short {
		short[i] = Text(textOf(all[i]))
	}
	list, _ = List(short)
	return list, len(all) - len(list)
}

// Text shortens a text.
func Text(text string) string { return match.Shorten(text, maxText) }

// Error returns the text of an error, or "" for nil.
func Error(err error) string {
	if err == nil {
		return ""
	}
	return match.Shorten(err.Error(), maxError)
}

// Time returns a time in UTC, or the zero time if JSON cannot have it, such as in the year 10000.
func Time(t time.Time) time.Time {
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return time.Time{}
	}
	return t
}

// Seconds returns a duration in seconds.
func Seconds(d time.Duration) *float64 {
	seconds := d.Seconds()
	return &seconds
}

// LogValue returns a group with the members that the status has as JSON, by the same names. A log
// of JSON therefore has the same object.
func (s *Status) LogValue() slog.Value { return group(reflect.ValueOf(s).Elem()) }

// group returns the fields of a struct as the attributes of a group.
func group(v reflect.Value) slog.Value {
	var attributes []slog.Attr
	for field, value := range v.Fields() {
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case option != "" && isEmpty(value):
			continue
		case value.Kind() == reflect.Pointer:
			value = value.Elem()
		case value.Kind() == reflect.Struct && value.Type() != reflect.TypeFor[time.Time]():
			attributes = append(attributes, slog.Attr{Key: name, Value: group(value)})
			continue
		case value.Kind() == reflect.Slice:
			attributes = append(attributes, slog.Any(name, list{value}))
			continue
		}
		attributes = append(attributes, slog.Any(name, value.Interface()))
	}
	return slog.GroupValue(attributes...)
}

// list is a list whose entries a log of text separates by semicolons, since they are sentences.
type list struct{ entries reflect.Value }

// String returns the entries in brackets.
func (l list) String() string {
	texts := make([]string, l.entries.Len())
	for i := range texts {
		texts[i] = fmt.Sprint(l.entries.Index(i).Interface())
	}
	return "[" + strings.Join(texts, "; ") + "]"
}

// MarshalJSON writes the entries as an array.
func (l list) MarshalJSON() ([]byte, error) { return json.Marshal(l.entries.Interface()) }

func isEmpty(v reflect.Value) bool { return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 }
