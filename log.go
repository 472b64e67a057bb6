package becket

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/becketflags/becket/internal/match"
)

const (
	logEvery = time.Minute // least time between lines for failures with the same cause and text
	// greatest number of lines for failures of one cause in logEvery, whose texts all differ
	maxLogFailures = 10
	// greatest number of lines for invalid flags and segments, and for warnings, per document
	maxLogBads = 20
	maxLogText = 4 << 10 // greatest length of a text in a line, in bytes
	// greatest number of lines for each kind of change, per document; a million lines would take
	// minutes
	maxAudits = 10_000
)

// limitedLogger writes the client's log. It leaves out failures that it has logged within a minute,
// and the next line of the same cause says how many were left out. Only the notifier uses it.
type limitedLogger struct {
	logger *slog.Logger // nil for slog.Default()
	silent bool
	causes map[Cause]*loggedFailures
	logged map[Misfit]time.Time // when misfits were logged; the keys have no count and no error
	// the signals of which the last line says that they are connected; false if it says that they
	// are lost
	signals map[string]bool
}

// loggedFailures are the failures of one cause that were logged within logEvery.
type loggedFailures struct {
	texts   map[string]time.Time
	skipped int
}

func newLimitedLogger(logger *slog.Logger) *limitedLogger {
	silent := logger != nil && logger.Handler() == slog.DiscardHandler
	return &limitedLogger{
		logger: logger, silent: silent, causes: map[Cause]*loggedFailures{}, logged: map[Misfit]time.Time{},
		signals: map[string]bool{},
	}
}

// admits reports whether a failure should be logged now.
func (f *loggedFailures) admits(text string, now time.Time) bool {
	for known, at := range f.texts {
		if now.Sub(at) >= logEvery {
			delete(f.texts, known)
		}
	}
	if _, known := f.texts[text]; known || len(f.texts) >= maxLogFailures {
		f.skipped++
		return false
	}
	f.texts[text] = now
	return true
}

// failed logs a failure. Failures of refreshes are logged with the ruleset that stays in use, and
// with the number of failures in a row.
func (l *limitedLogger) failed(e *event) {
	cause, text := e.failure.Cause, e.failure.Error()
	failures := l.causes[cause]
	if failures == nil {
		failures = &loggedFailures{texts: map[string]time.Time{}}
		l.causes[cause] = failures
	}
	if !failures.admits(text, time.Now()) {
		return
	}
	attributes := []slog.Attr{slog.String("cause", string(cause)), slog.String("error", text)}
	if o := e.outage; o != nil {
		attributes = append(attributes, slog.String("serving_tier", o.serving.tier.String()),
			slog.Int64("serving_revision", o.serving.revision),
			slog.Int("failures", o.failures), slog.Time("since", o.since))
	}
	if failures.skipped > 0 {
		attributes = append(attributes, slog.Int("left_out", failures.skipped))
	}
	failures.skipped = 0
	if e.signal != "" {
		l.signals[e.signal] = false
	}
	l.log(slog.LevelWarn, failureMessage(e), attributes...)
}

// recovered logs the end of an outage.
func (l *limitedLogger) recovered(o *outage) {
	l.log(slog.LevelInfo, "becket: recovered",
		slog.Int("failures", o.failures), slog.Time("since", o.since),
		slog.Duration("after", time.Since(o.since).Round(time.Millisecond)))
	delete(l.causes, CauseFetch) // so that the next outage is logged at once
}

// connected logs that a signal is connected, unless the last line about it says so: a loss within a
// minute of another one is not logged, and neither is its end.
func (l *limitedLogger) connected(signal string) {
	if l.signals[signal] {
		return
	}
	l.signals[signal] = true
	l.log(slog.LevelInfo, "becket: signal connected", slog.String("signal", signal))
}

// started logs the ruleset that a client starts with.
func (l *limitedLogger) started(s *served) {
	l.log(slog.LevelInfo, "becket: serving a ruleset", slog.String("tier", s.tier.String()),
		slog.Int64("revision", s.revision), slog.Int("flags", s.rules.Info().Flags))
}

// failureMessage returns the message for a failure. Operators can search the log for it.
func failureMessage(e *event) string {
	switch e.failure.Cause {
	case CauseDisk:
		if e.reading {
			return "becket: disk copy not usable"
		}
		return "becket: disk copy not written"
	case CauseHook:
		return "becket: a function of the program panicked"
	case CauseSink:
		return "becket: exposures are lost"
	case CauseSignal:
		return "becket: signal not connected"
	case CauseOverride:
		return "becket: overrides could not be read"
	default:
		return "becket: refresh failed"
	}
}

// invalid writes one line for each invalid flag or segment of a document, and for each warning, up
// to a limit.
func (l *limitedLogger) invalid(bads []Bad, warnings []error) {
	for i, bad := range bads {
		if i == maxLogBads {
			l.log(slog.LevelWarn, "becket: further flags or segments could not be read",
				slog.Int("number", len(bads)-i))
			break
		}
		l.log(slog.LevelWarn, "becket: flag or segment could not be read",
			slog.String("section", bad.Section), slog.String("key", bad.Key), slog.Bool("kept", bad.Kept),
			slog.String("error", bad.Error()))
	}
	for i, warning := range warnings {
		if i == maxLogBads {
			break
		}
		l.log(slog.LevelWarn, "becket: warning", slog.String("warning", warning.Error()))
	}
}

// changed writes one line for a new ruleset, with the number of changed flags, and one line for
// each changed flag and segment. For the first ruleset, in which everything is new, it writes only
// the line for the ruleset.
func (l *limitedLogger) changed(c *Changes, flags int, first bool) {
	if l.silent {
		return
	}
	l.log(slog.LevelInfo, "becket: ruleset published",
		slog.Int64("revision", c.ToRevision), slog.Int64("previous", c.FromRevision),
		slog.String("tier", c.Tier.String()), slog.Int("flags", flags), slog.Int("added", len(c.Added)),
		slog.Int("removed", len(c.Removed)), slog.Int("changed", len(c.Changed)))
	if first {
		return
	}
	for i := range min(len(c.Added), maxAudits) {
		l.audit(c, "added", &c.Added[i], false)
	}
	for i := range min(len(c.Removed), maxAudits) {
		l.audit(c, "removed", &c.Removed[i], false)
	}
	for i := range min(len(c.Changed), maxAudits) {
		l.audit(c, "changed", &c.Changed[i].After, c.Changed[i].OnlyMetadata)
	}
	l.auditSegments(c, "added", c.AddedSegments)
	l.auditSegments(c, "removed", c.RemovedSegments)
	l.auditSegments(c, "changed", c.ChangedSegments)
}

func (l *limitedLogger) audit(c *Changes, what string, flag *FlagInfo, onlyMetadata bool) {
	l.log(slog.LevelInfo, "becket: flag "+what,
		slog.String("flag", flag.Key), slog.String("owner", flag.Owner), slog.Int64("revision", c.ToRevision),
		slog.Int64("previous", c.FromRevision), slog.Bool("only_metadata", onlyMetadata))
}

func (l *limitedLogger) auditSegments(c *Changes, what string, keys []string) {
	for _, key := range keys[:min(len(keys), maxAudits)] {
		l.log(slog.LevelInfo, "becket: segment "+what, slog.String("segment", key),
			slog.Int64("revision", c.ToRevision))
	}
}

// log writes a line. It shortens texts, so that a line has at most 64 KiB for any document and any
// server: a text can become six times as long in JSON.
func (l *limitedLogger) log(level slog.Level, message string, attributes ...slog.Attr) {
	if l.silent {
		return
	}
	logger := l.logger
	if logger == nil {
		logger = slog.Default()
	}
	for i := range attributes {
		if text := attributes[i].Value; text.Kind() == slog.KindString && len(text.String()) > maxLogText {
			attributes[i].Value = slog.StringValue(match.Shorten(text.String(), maxLogText))
		}
	}
	logger.LogAttrs(context.Background(), level, message, attributes...)
}

// misfitting writes at most one line an hour for each pair of a flag and a type, even if the misfit
// occurs in many rulesets. rules is nil unless the flag is unknown.
func (l *limitedLogger) misfitting(m *Misfit, rules Rules) {
	now := time.Now()
	for known, at := range l.logged {
		if now.Sub(at) >= repeatEvery {
			delete(l.logged, known)
		}
	}
	key := Misfit{Flag: m.Flag, Type: m.Type}
	if _, known := l.logged[key]; known || len(l.logged) >= maxMisfits {
		return
	}
	l.logged[key] = now
	message, text := "becket: an object does not fit its type, and checks get their default", m.Err.Error()
	switch {
	case rules != nil:
		message = "becket: checks ask for an unknown flag, and get their default"
		text += match.Suggest(m.Flag, flagKeys(rules))
	case errors.Unwrap(m.Err) == nil: // an object's error has the decoder's as its cause
		message = "becket: checks ask for a flag as another type, and get their default"
	}
	l.log(slog.LevelWarn, message, slog.String("flag", m.Flag), slog.String("type", m.Type), slog.String("error", text))
}

// overridden logs the flags that a file on this machine overrides.
func (l *limitedLogger) overridden(o *overrideFile) {
	list := *o.list.Load()
	if len(list) == 0 {
		l.log(slog.LevelInfo, "becket: no flags are overridden on this machine", slog.String("file", o.file))
		return
	}
	flags := make([]string, len(list))
	for i := range list {
		flags[i] = list[i].flag
	}
	l.log(slog.LevelWarn, "becket: flags are overridden on this machine", slog.String("file", o.file),
		slog.Any("flags", flags))
}
