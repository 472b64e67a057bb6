package becket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const operationsPage = "docs/operations.md"

// keptSwitchStatus is the status after a kill switch was published with a typing error.
func keptSwitchStatus(t *testing.T) (status Status) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		clock := func() time.Time {
			return time.Date(2026, time.December, 1, 3, 0, 0, 0, time.UTC).Add(time.Since(began))
		}
		document := func(revision int, enabled string) string {
			return fmt.Sprintf(`{"schema": 1, "revision": %d, "environment": "production", "flags": {
  "new-checkout": {"default": "on"},
  "payments": {"enabled": %s, "default": "on"}}}`, revision, enabled)
		}
		source := newScript(serving(`"66c1"`, document(41, "true")))
		client := newTestClient(t, source, WithClock(clock))
		synctest.Wait()
		time.Sleep(10 * time.Second) // the first wait is at least 15 seconds
		source.set(serving(`"66c2"`, document(42, `"flase"`)))
		require.NoError(t, client.Refresh(t.Context()))
		time.Sleep(12 * time.Second)
		status = client.Status()
	})
	return status
}

var nextFetch = regexp.MustCompile(`("next_fetch": )"[^"]*"`)

// The next fetch is planned with jitter.
func withoutJitter(text string) string { return nextFetch.ReplaceAllString(text, `$1"…"`) }

// indented returns a status as docs/operations.md shows it.
func indented(t *testing.T, status Status) string {
	t.Helper()
	text, err := json.MarshalIndent(status, "", "  ")
	require.NoError(t, err)
	return string(text) + "\n"
}

func TestThePageShowsTheStatusOfAMistypedKillSwitch(t *testing.T) {
	page, err := os.ReadFile(operationsPage)
	require.NoError(t, err)
	got := indented(t, keptSwitchStatus(t))
	require.Contains(t, got, `"next_fetch": "2026-12-01T03:00:`)
	assert.Contains(t, withoutJitter(string(page)), "```json\n"+withoutJitter(got)+"```\n", got)
}

// Every member has a row in the table of the page, and no row has another name.
func TestThePageNamesEveryMemberOfTheStatus(t *testing.T) {
	page, err := os.ReadFile(operationsPage)
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| member | field |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	listed := map[string]bool{}
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(first, -1) {
			assert.False(t, listed[name[1]], "%s is listed twice", name[1])
			listed[name[1]] = true
		}
	}
	assert.Equal(t, membersOf(t, fullStatus()), listed)
}

// membersOf returns the names of the members of a status.
func membersOf(t *testing.T, status Status) map[string]bool {
	t.Helper()
	text, err := json.Marshal(status)
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(text, &members))
	names := map[string]bool{}
	for name := range members {
		names[name] = true
	}
	return names
}

// fullStatus returns a status in which every field is set, and every list is too long.
func fullStatus() Status {
	now := time.Date(2026, time.December, 1, 3, 0, 0, 0, time.FixedZone("east", 3600))
	s := Status{
		Tier: TierNetwork, Revision: 42, Environment: "production", Format: "becket", Flags: 7, ETag: `"66c1"`,
		SignedBy: "RWQf", ReadAt: now, FetchedAt: now, ConfirmedAt: now.Add(-1500 * time.Millisecond), NextFetch: now,
		PollInterval: 30 * time.Second,
		LastError:    errors.Join(&DeliveryError{CauseFetch, errDown}, errors.New("becket: no space left")),
		Failures:     3, FailedAt: now, DiskError: errors.New("becket: no space left"),
		Refreshes: 9, NotModified: 5, Failed: 3,
		Exposures:     ExposureStatus{Produced: 9, Sent: 4, Dropped: 3, DroppedAt: now, Duplicates: 1, Queued: 1},
		OverridesFile: "overrides.json", Overrides: map[string]any{}, HookPanics: 1, DroppedEvents: 2, Closed: true,
	}
	for i := range 101 {
		key := fmt.Sprintf("flag-%03d", i)
		located := &DocumentError{Path: "flags." + key, Line: 3, Column: 5, Message: "a typing error"}
		s.Bad = append(s.Bad, Bad{"flags", key, errors.Join(located, errors.New("becket: another error")), i == 1})
		s.Warnings = append(s.Warnings, fmt.Errorf("becket: warning %d", i))
		s.Misfits = append(s.Misfits, Misfit{key, "boolean", 2, ErrFlagNotFound})
		s.Overrides[key] = "a private value"
		s.Signals = append(s.Signals, SignalStatus{
			Name: key, Since: now, LastHint: now, LastError: errors.New("becket: the connection was lost"),
		})
	}
	return s
}

func TestEveryFieldOfTheStatusIsWritten(t *testing.T) {
	full, members := reflect.ValueOf(fullStatus()), membersOf(t, fullStatus())
	for field, value := range full.Fields() {
		assert.False(t, value.IsZero(), "%s is not set in this test", field.Name)
		words := regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(field.Name, "${1}_${2}")
		name := strings.ToLower(words)
		if value.Type() == reflect.TypeFor[time.Duration]() {
			name += "_seconds"
		}
		assert.True(t, members[name], "%s is not written as %s", field.Name, name)
	}
}

func TestAStatusIsWrittenWithEveryError(t *testing.T) {
	text, err := json.Marshal(fullStatus())
	require.NoError(t, err)
	var got struct {
		Healthy         bool
		Health          string
		LastError       string  `json:"last_error"`
		DiskError       string  `json:"disk_error"`
		PollInterval    float64 `json:"poll_interval_seconds"`
		Age             float64 `json:"age_seconds"`
		ReadAt          string  `json:"read_at"`
		Bad             []any
		BadOmitted      int `json:"bad_omitted"`
		Warnings        []string
		WarningsOmitted int `json:"warnings_omitted"`
		Misfits         []any
		Overrides       []string
	}
	require.NoError(t, json.Unmarshal(text, &got))
	assert.False(t, got.Healthy)
	assert.Equal(t, "degraded", got.Health)
	assert.Equal(t, "becket: fetch: down\nbecket: no space left", got.LastError, "joined errors are whole")
	assert.Equal(t, "becket: no space left", got.DiskError)
	assert.Equal(t, 30.0, got.PollInterval)
	assert.Equal(t, 1.5, got.Age)
	assert.Equal(t, "2026-12-01T02:00:00Z", got.ReadAt, "times are in UTC")
	require.Len(t, got.Bad, 100)
	assert.Equal(t, 1, got.BadOmitted)
	assert.Equal(t, map[string]any{
		"section": "flags", "key": "flag-001", "kept": true, "problems": []any{
			map[string]any{"path": "flags.flag-001", "line": 3.0, "column": 5.0, "message": "a typing error"},
			map[string]any{"message": "another error"},
		},
	}, got.Bad[0], "a kept definition comes first")
	assert.Equal(t, "warning 0", got.Warnings[0])
	assert.Equal(t, 1, got.WarningsOmitted)
	assert.Equal(t, map[string]any{
		"flag": "flag-000", "type": "boolean", "checks": 2.0, "error": "the ruleset has no such flag",
	}, got.Misfits[0])
	assert.Equal(t, "flag-000", got.Overrides[0])
	assert.NotContains(t, string(text), "a private value")
	assert.NotContains(t, string(text), "{}")
}

func TestAZeroStatusHasNoTimesAndNoEmptyMembers(t *testing.T) {
	var client *Client
	text, err := json.Marshal(client.Status())
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"healthy": false, "health": "failing",
		"reasons": ["there is no ruleset, so checks return their defaults"],
		"tier": "defaults", "revision": 0, "flags": 0, "failures": 0, "refreshes": 0, "not_modified": 0, "failed": 0,
		"exposures": {"produced": 0, "sent": 0, "dropped": 0, "duplicates": 0, "queued": 0},
		"hook_panics": 0, "dropped_events": 0, "closed": false
	}`, string(text))
	assert.NotContains(t, loggedStatus(client.Status()), "0001-01-01")
}

// loggedStatus returns a status in a log of text.
func loggedStatus(status Status) string {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("health", slog.Any("status", status))
	return out.String()
}

func TestALogOfTextHasEveryErrorOfTheStatus(t *testing.T) {
	text := loggedStatus(keptSwitchStatus(t))
	for _, part := range []string{
		"status.health=degraded", "status.tier=network", "status.revision=42", "status.age_seconds=12",
		`status.bad="[flags.payments keeps its earlier definition: flags.payments.enabled at 3:27: `,
		`status.exposures.sent=0`, `status.confirmed_at=2026-12-01T03:00:10`,
	} {
		assert.Contains(t, text, part)
	}
	full := loggedStatus(fullStatus())
	assert.Contains(t, full, `status.last_error="becket: fetch: down\nbecket: no space left"`)
	assert.Contains(t, full, "flag-000 as boolean (checks: 2): the ruleset has no such flag")
	assert.Contains(t, full, "flags.flag-001 at 3:5: a typing error; another error")
	assert.Contains(t, full, "checks: 2): the ruleset has no such flag; flag-001 as boolean")
	assert.Contains(t, full, `at 3:5: a typing error; another error; the flag \"flag-000\" is invalid`)
	assert.NotContains(t, full, "a private value")
	assert.NotContains(t, full, "{}")
	assert.NotContains(t, full, "0xc0", "an address of memory")
}

func TestALogOfJSONHasTheSameObject(t *testing.T) {
	for name, status := range map[string]Status{
		"every field": fullStatus(), "a kept definition": keptSwitchStatus(t), "zero": {},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			slog.New(slog.NewJSONHandler(&out, nil)).Info("health", slog.Any("status", status))
			var line struct{ Status json.RawMessage }
			require.NoError(t, json.Unmarshal(out.Bytes(), &line))
			want, err := json.Marshal(status)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(line.Status))
		})
	}
}

func TestTheStatusOfAServerThatEchoesASecretDoesNotShowIt(t *testing.T) {
	const secret = "Bearer 0123456789-abcdef"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://"+r.Host+"/"+r.Header.Get("Authorization"))
		w.Header().Set("ETag", `"`+r.Header.Get("Authorization")+`"`)
		http.Error(w, "no access with "+r.Header.Get("Authorization"), http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"payments": "a private value"}`), 0o600))
	client := newTestClient(t, HTTP(server.URL+"/?token="+secret[7:], WithHeader("Authorization", secret)),
		WithOverrides(file))
	require.Error(t, client.Wait(t.Context()))
	status := client.Status()
	require.Equal(t, "a private value", status.Overrides["payments"])
	for _, text := range []string{indented(t, status), loggedStatus(status)} {
		assert.Contains(t, text, "answered 403")
		assert.Contains(t, text, "payments")
		assert.NotContains(t, text, secret[7:])
		assert.NotContains(t, text, "a private value")
	}
}

// hostileStatuses are the statuses of clients with documents that try to make them large.
func hostileStatuses(t *testing.T) map[string]Status {
	t.Helper()
	flags := func(definition func(i int) string) string {
		var all strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&all, "%s%s", map[bool]string{true: ","}[i > 0], definition(i))
		}
		return `{"schema": 1, "flags": {` + all.String() + `}}`
	}
	long, escaped := strings.Repeat("k", 240), strings.Repeat("<", 240)
	all := map[string]Status{}
	for name, document := range map[string]string{
		"typing errors":  flags(func(i int) string { return fmt.Sprintf(`"flag-%d": {"enabled": "flase"}`, i) }),
		"long keys":      flags(func(i int) string { return fmt.Sprintf(`"%s%05d": {"enabled": "flase"}`, long, i) }),
		"escaped keys":   flags(func(i int) string { return fmt.Sprintf(`"%s%05d": {"%s": 1}`, escaped, i, escaped) }),
		"many problems":  flags(func(i int) string { return fmt.Sprintf(`"%d": {"a":1,"b":1,"c":1,"d":1,"e":1}`, i) }),
		"many in one":    `{"schema": 1, "flags": {"f": {` + strings.Repeat(`"`+escaped+`": 1,`, 5000) + `"x": 1}}}`,
		"unknown flags":  flagsDocument(1, "a"),
		"a large error":  strings.Repeat("<", 1<<20),
		"unknown fields": `{"schema": 1, ` + strings.Repeat(`"`+escaped+`": 1,`, 5000) + `"flags": {"f": {}}}`,
	} {
		client := newTestClient(t, newScript(serving("", document)))
		_ = client.Wait(t.Context())
		if name == "unknown flags" {
			for i := range 200 {
				client.For(Subject{}).Enabled(strings.Repeat(escaped, 5) + fmt.Sprint(i))
			}
		}
		all[name] = client.Status()
	}
	huge := errors.New(strings.Repeat("\x00", 64<<10))
	s := fullStatus()
	s.LastError, s.DiskError, s.ETag = errors.Join(huge, huge), huge, huge.Error()
	for i := range s.Bad {
		located := &DocumentError{Path: huge.Error(), Message: huge.Error()}
		s.Bad[i] = Bad{Section: "flags", Key: huge.Error(), Err: located}
		s.Warnings[i], s.Misfits[i] = huge, Misfit{huge.Error(), huge.Error(), 1, huge}
		s.Overrides[fmt.Sprint(i, huge)] = 1
	}
	all["a program's own errors"] = s
	return all
}

func TestNoStatusIsLong(t *testing.T) {
	statuses := hostileStatuses(t)
	for name, status := range statuses {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(status)
			require.NoError(t, err)
			assert.Less(t, len(text), 1<<20)
			assert.Less(t, len(loggedStatus(status)), 1<<20)
		})
	}
	status := statuses["typing errors"]
	require.Len(t, status.Bad, 10_000)
	text, err := json.Marshal(status)
	require.NoError(t, err)
	assert.Less(t, len(text), 100<<10)
	assert.Contains(t, string(text), `"bad_omitted":9900`)
	assert.Contains(t, string(text), `"further invalid flags and segments: 9990"`)
}

func TestAClockBeyondTheYear9999IsLeftOut(t *testing.T) {
	status := Status{Tier: TierNetwork, ReadAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}
	assert.NotContains(t, indented(t, status), "read_at")
}

func TestErrorsThatWrapSeveralKeepTheirOwnWords(t *testing.T) {
	both := fmt.Errorf("becket: first %w, then %w", errDown, context.Canceled)
	text := indented(t, Status{Bad: []Bad{{Section: "flags", Key: "f", Err: both}}})
	assert.Contains(t, text, `"message": "first down, then context canceled"`)
	text = indented(t, Status{Bad: []Bad{{Section: "flags", Key: "f"}}})
	assert.Contains(t, text, `"message": "flags.f could not be read"`)
}

// Any text of a document or a program gives the same valid object in both logs of JSON.
func FuzzEveryTextOfAStatusIsWritten(f *testing.F) {
	f.Add("payments", "flags.payments", "a typing error", 3, int64(1))
	f.Add("\xff\x00<>", "", "\u2028\n", -1, int64(1)<<62)
	f.Fuzz(func(t *testing.T, key, path, message string, number int, seconds int64) {
		err := errors.Join(&DocumentError{path, number, number, message}, errors.New(message), nil)
		at := time.Unix(seconds, 0)
		status := Status{
			Tier: Tier(number), Failures: number, LastError: err, DiskError: err, ETag: key, Environment: message,
			ReadAt: at, ConfirmedAt: at.Add(time.Duration(seconds)), NextFetch: at, PollInterval: time.Duration(number),
			Bad: []Bad{{key, path, err, number > 0}}, Warnings: []error{err}, Misfits: []Misfit{{key, path, 1, err}},
			OverridesFile: path, Overrides: map[string]any{key: message}, Exposures: ExposureStatus{DroppedAt: at},
		}
		want, failure := json.Marshal(status)
		require.NoError(t, failure)
		require.True(t, json.Valid(want))
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("health", slog.Any("status", status))
		var line struct{ Status json.RawMessage }
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		require.JSONEq(t, string(want), string(line.Status))
		require.NotEmpty(t, loggedStatus(status))
	})
}

func TestADefinitionIsWrittenWithTenProblemsAndTheNumberOfOthers(t *testing.T) {
	var problems []error
	for i := range 13 {
		problems = append(problems, &DocumentError{Path: "flags.f", Line: i + 1, Column: 1, Message: "a typing error"})
	}
	text := indented(t, Status{Bad: []Bad{{Section: "flags", Key: "f", Err: errors.Join(problems...)}}})
	assert.Contains(t, text, `"line": 10`)
	assert.NotContains(t, text, `"line": 11`)
	assert.Contains(t, text, `"message": "further problems: 3"`)
}
