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

// Exposure records that a subject was served a variant, for the evaluation of experiments. It is a
// copy, which a sink may keep. It marshals to one JSON object without line breaks.
type Exposure struct {
	Subject Subject // without the values of private attributes, see [WithPrivateAttributes]
	// the attribute that was hashed, such as "device"; "key", the targeting key, if none was
	Unit string
	// the text of that attribute, by which an analysis counts; [Private] if the attribute is
	// private
	UnitKey     string
	Flag        string
	Variant     string
	Rule        string // the rule that applied; "" if none did
	Reason      Reason
	Revision    int64 // the revision of the ruleset that was used
	Environment string
	// the time of the first evaluation that this exposure records
	Time time.Time
}

// Sink delivers a batch of exposures to the system that evaluates experiments. It may keep the
// batch. The client calls it from one goroutine of its own, one batch at a time, never during an
// evaluation. It should return soon after ctx is done; ctx has a deadline of ten seconds. An error
// means that the whole batch is lost: its exposures count as dropped and as not seen before. The
// client does not retry; the sink may do so itself. A panic counts as an error.
type Sink func(ctx context.Context, batch []Exposure) error

// ExposureStatus has counters of exposures since the client was made. Produced is the sum of Sent,
// Dropped, Duplicates and Queued. Without a sink, all counters are 0.
type ExposureStatus struct {
	Produced uint64 // evaluations that count as exposures
	Sent     uint64 // exposures for which the sink returned no error
	// lost exposures: the queue was full, the sink failed, or the client was closed
	Dropped uint64
	// when the last of them was dropped, by the client's clock; zero if none was
	DroppedAt time.Time
	// exposures left out, since the same subject had the same variant within the window
	Duplicates uint64
	Queued     uint64 // exposures that wait or are being delivered
}

// exposureConfig holds the options for exposures.
type exposureConfig struct {
	sink   Sink
	window time.Duration
	memory int
	queue  int
	batch  int
	every  time.Duration
	times  int // how often WithExposures was given
}

// defaultExposures holds the defaults of the options for exposures.
var defaultExposures = exposureConfig{
	window: time.Hour, memory: 1 << 16, queue: 10_000, batch: 500, every: 5 * time.Second,
}

// bytesEach and bytesAtLeast limit the memory that the queue takes, because subjects may have large
// attributes that come from outside the program.
const (
	bytesEach    = 4 << 10 // average for each exposure that may wait
	bytesAtLeast = 1 << 20
)

// capacity returns the greatest number of bytes in the queue.
func (c *exposureConfig) capacity() int {
	return max(bytesAtLeast, min(c.queue, math.MaxInt/bytesEach)*bytesEach)
}

// step returns how late the end of the window may be.
func (c *exposureConfig) step() time.Duration {
	return min(max(c.window/16, time.Millisecond), time.Second)
}

// check reports the mistakes in the options.
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
	}{
		x.Time.UTC(), x.Subject.Key(), x.Unit, x.UnitKey, x.Flag, x.Variant, x.Rule, x.Reason, x.Revision,
		x.Environment, x.attributes(),
	})
}

func (x *Exposure) attributes() map[string]any {
	attributes := map[string]any{}
	x.Subject.All(func(name string, value Value) bool {
		attributes[name] = jsonable(value)
		return true
	})
	return attributes
}

// jsonable returns a value in a form that encoding/json can write. NaN and the infinities, which
// JSON does not have, become texts, so that one such attribute does not make a whole batch fail.
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
// Attributes of the subject are not logged. A nil logger means slog.Default.
func LogSink(logger *slog.Logger) Sink {
	if logger == nil {
		logger = slog.Default()
	}
	return func(ctx context.Context, batch []Exposure) error {
		for i := range batch {
			x := &batch[i]
			logger.LogAttrs(ctx, slog.LevelInfo, "exposure",
				slog.Time("at", x.Time), slog.String("subject", x.Subject.Key()), slog.String("flag", x.Flag),
				slog.String("variant", x.Variant), slog.String("rule", x.Rule), slog.Int64("revision", x.Revision),
				slog.String("environment", x.Environment),
				slog.String("unit", x.Unit), slog.String("unit_key", x.UnitKey))
		}
		return nil
	}
}

// LineSink writes each exposure as a line of JSON (NDJSON), and each batch with one call of Write.
// If a Write fails in the middle of a line, the next batch begins with a line break, so that only
// one line is broken. The calls of Write by one sink never overlap; a writer that is also used
// elsewhere must be safe for concurrent use. The client does not close the writer. For a nil writer
// LineSink returns nil, which New refuses.
func LineSink(w io.Writer) Sink {
	if w == nil {
		return nil
	}
	return (&lineSink{writer: w}).write
}

type lineSink struct {
	mutex  sync.Mutex // several clients may share the sink
	writer io.Writer
	inLine bool // the last line was written only in part
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
