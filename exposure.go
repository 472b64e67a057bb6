package becket

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"sync"
	"time"
)

// Exposure says that a subject was given a variant: what an experiment is evaluated by. It is a
// copy, which a sink may keep. It marshals to one JSON object, without line breaks.
type Exposure struct {
	Subject     Subject // private attributes hidden
	Unit        string  // the attribute that was hashed, such as "device"; "key", the targeting key, where none was
	UnitKey     string  // its text: what an analysis counts by. [Private] where the attribute is private
	Flag        string
	Variant     string
	Rule        string // the rule that applied; "" where none did
	Reason      Reason
	Revision    int64 // of the ruleset that answered
	Environment string
	Time        time.Time // of the first of the evaluations that this exposure stands for
}

// Sink delivers a batch of exposures to the place where experiments are evaluated; it may keep the
// batch. The client calls it from one goroutine of its own, one batch at a time, never on the way of
// an evaluation. It should return soon after ctx is done; ctx has a deadline of ten seconds. An error
// means that the whole batch is lost: it is counted as dropped, and its subjects count as not yet
// seen. A sink that wants to try again does so itself. A panic is an error.
type Sink func(ctx context.Context, batch []Exposure) error

// exposureConfig is what the options write.
type exposureConfig struct {
	sink   Sink
	window time.Duration
	memory int
	queue  int
	batch  int
	every  time.Duration
	times  int // how often WithExposures was
}

// defaultExposures says how exposures are collected unless options say otherwise.
var defaultExposures = exposureConfig{window: time.Hour, memory: 1 << 16, queue: 10_000, batch: 500, every: 5 * time.Second}

// check tells the mistakes in the options.
func (c *exposureConfig) check(mistake func(wrong bool, format string, args ...any)) {
	mistake(c.times > 1, "WithExposures is given %d times; a Sink may call several", c.times)
	mistake(c.times > 0 && c.sink == nil, "WithExposures: the sink is nil; LineSink of a nil writer is nil too")
	mistake(c.window < 0, "WithExposureWindow: %v is below 0", c.window)
	mistake(c.queue < 1, "WithExposureQueue: %d is below 1", c.queue)
	mistake(c.batch < 1, "WithExposureBatch: %d exposures are below 1", c.batch)
	mistake(c.every <= 0, "WithExposureBatch: a wait of %v is not above 0", c.every)
}

// MarshalJSON writes the exposure with the subject's key as "subject" and its attributes as an
// object.
func (x Exposure) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Time        time.Time      `json:"time"`
		Subject     string         `json:"subject"`
		Unit        string         `json:"unit,omitempty"`
		UnitKey     string         `json:"unit_key,omitempty"`
		Flag        string         `json:"flag"`
		Variant     string         `json:"variant"`
		Rule        string         `json:"rule,omitempty"`
		Reason      Reason         `json:"reason"`
		Revision    int64          `json:"revision"`
		Environment string         `json:"environment,omitempty"`
		Attributes  map[string]any `json:"attributes,omitempty"`
	}{x.Time.UTC(), x.Subject.Key(), x.Unit, x.UnitKey, x.Flag, x.Variant, x.Rule, x.Reason, x.Revision, x.Environment, x.attributes()})
}

func (x *Exposure) attributes() map[string]any {
	attributes := map[string]any{}
	x.Subject.All(func(name string, value Value) bool {
		attributes[name] = jsonable(value)
		return true
	})
	return attributes
}

// jsonable returns a value as encoding/json can write it: NaN and the infinities, which JSON does
// not have, as text. One such attribute must not cost a batch.
func jsonable(v Value) any {
	switch v.kind() {
	case KindFloat:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return v.String()
		}
	case KindTime:
		return v.String() // encoding/json refuses years beyond 9999
	case KindList:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = jsonable(v.At(i))
		}
		return list
	}
	return v.Any()
}

// LogSink writes each exposure as a line through slog, at level Info with the message "exposure".
// Attributes of the subject are not logged. A nil logger stands for slog.Default.
func LogSink(logger *slog.Logger) Sink {
	if logger == nil {
		logger = slog.Default()
	}
	return func(ctx context.Context, batch []Exposure) error {
		for i := range batch {
			x := &batch[i]
			logger.LogAttrs(ctx, slog.LevelInfo, "exposure",
				slog.Time("at", x.Time), slog.String("subject", x.Subject.Key()), slog.String("flag", x.Flag), slog.String("variant", x.Variant),
				slog.String("rule", x.Rule), slog.Int64("revision", x.Revision), slog.String("environment", x.Environment),
				slog.String("unit", x.Unit), slog.String("unit_key", x.UnitKey))
		}
		return nil
	}
}

// LineSink writes each exposure as a line of JSON (NDJSON), a batch with one call of Write. After a
// Write that failed in the middle of a line, the next batch begins a new one, so that no more than
// one line is broken. Writes of one sink never overlap; a writer that others use too must be safe
// for that. The client does not close it. For a nil writer it returns nil, which New refuses.
func LineSink(w io.Writer) Sink {
	if w == nil {
		return nil
	}
	return (&lineSink{writer: w}).write
}

type lineSink struct {
	mutex  sync.Mutex // several clients may share the sink
	writer io.Writer
	inLine bool // the last line was written in part
}

func (s *lineSink) write(_ context.Context, batch []Exposure) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lines bytes.Buffer
	if s.inLine {
		lines.WriteByte('\n')
	}
	encoder := json.NewEncoder(&lines)
	for i := range batch {
		if err := encoder.Encode(batch[i]); err != nil {
			return err
		}
	}
	n, err := s.writer.Write(lines.Bytes())
	if n = min(n, lines.Len()); n > 0 {
		s.inLine = lines.Bytes()[n-1] != '\n'
	}
	if err == nil && n < lines.Len() {
		err = io.ErrShortWrite
	}
	return err
}
