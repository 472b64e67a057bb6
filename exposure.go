package becket

import (
	"context"
	"encoding/json"
	"math"
	"time"
)

// Exposure says that a subject was given a variant: what an experiment is evaluated by. It is a copy, which a sink may keep.
// It marshals to one JSON object, without line breaks.
type Exposure struct {
	Subject     Subject // private attributes hidden
	Flag        string
	Variant     string
	Rule        string // the rule that applied; "" where none did
	Reason      Reason
	Revision    int64 // of the ruleset that answered
	Environment string
	Time        time.Time // of the first of the evaluations that this exposure stands for
}

// Sink takes exposures to where experiments are evaluated. The client calls it from one goroutine of its own, one batch at a time, never
// on the way of an evaluation.
type Sink interface {
	// Expose delivers a batch, which the sink may keep. It should return soon after ctx is done; ctx has a deadline of ten seconds. An
	// error means that the whole batch is lost: it is counted as dropped, and its subjects count as not yet seen. Who wants to try
	// again does so here. A panic is an error.
	Expose(ctx context.Context, batch []Exposure) error
}

// SinkFunc is a function as a [Sink].
type SinkFunc func(ctx context.Context, batch []Exposure) error

// Expose calls the function.
func (f SinkFunc) Expose(ctx context.Context, batch []Exposure) error { return f(ctx, batch) }

// ExposureOption changes how exposures are collected; see [WithExposures].
type ExposureOption func(*exposureConfig)

// exposureConfig is what the options write.
type exposureConfig struct {
	sink   Sink
	window time.Duration
	memory int
	queue  int
	batch  int
	every  time.Duration
	given  int // how often WithExposures was
}

// WithExposures tells a sink which subject was given which variant, for the evaluations that a flag's "track" selects: by default
// those that a percentage, ramp, layer or split had a part in. Evaluations that serve the caller's default, overrides, [View.All] and
// [Client.Explain] give none. Of one subject, flag and variant only the first evaluation within a window is told; subjects without a
// key count as one. A sink that is slow, hangs or fails delays no evaluation: what finds the queue full is dropped, and counted in [Status],
// where sent + dropped + duplicates + queued = produced. By default, there is no sink and evaluations pay nothing for it.
func WithExposures(sink Sink, options ...ExposureOption) Option {
	return func(c *config) {
		c.exposures = exposureConfig{
			sink: sink, window: time.Hour, memory: 1 << 16, queue: 10_000,
			batch: 500, every: 5 * time.Second, given: c.exposures.given + 1,
		}
		for _, option := range options {
			if option != nil {
				option(&c.exposures)
			}
		}
	}
}

// WithExposureWindow sets for how long a subject that saw a variant of a flag is not told again, to a second. 0 tells every
// evaluation. By default, one hour.
func WithExposureWindow(window time.Duration) ExposureOption {
	return func(c *exposureConfig) { c.window = window }
}

// WithExposureMemory sets how many subjects with a flag and a variant are remembered, at about 130 bytes each. Beyond it the one not
// seen for longest is forgotten, and told again when it comes back. At least 1. By default, 65,536.
func WithExposureMemory(entries int) ExposureOption {
	return func(c *exposureConfig) { c.memory = entries }
}

// WithExposureQueue sets how many exposures may wait, those that the sink is busy with included. At least 1. By default,
// 10,000.
func WithExposureQueue(exposures int) ExposureOption {
	return func(c *exposureConfig) { c.queue = exposures }
}

// WithExposureBatch sets how many exposures the sink gets at once, at most, and how long one waits for others to come, at most. At
// least 1, and above 0; a batch is never larger than the queue. By default, 500 and five seconds.
func WithExposureBatch(exposures int, wait time.Duration) ExposureOption {
	return func(c *exposureConfig) { c.batch, c.every = exposures, wait }
}

// check tells the mistakes in the options.
func (c *exposureConfig) check(mistake func(wrong bool, format string, args ...any)) {
	if c.given == 0 {
		return
	}
	mistake(c.given > 1, "WithExposures is given %d times; a SinkFunc may call several sinks", c.given)
	function, ok := c.sink.(SinkFunc)
	mistake(c.sink == nil || ok && function == nil, "WithExposures: the sink is nil")
	mistake(c.window < 0, "WithExposureWindow: %v is below 0", c.window)
	mistake(c.memory < 1, "WithExposureMemory: %d is below 1", c.memory)
	mistake(c.queue < 1, "WithExposureQueue: %d is below 1", c.queue)
	mistake(c.batch < 1, "WithExposureBatch: %d exposures are below 1", c.batch)
	mistake(c.every <= 0, "WithExposureBatch: a wait of %v is not above 0", c.every)
}

// MarshalJSON writes the exposure with the subject's key as "subject" and its attributes as an object.
func (x Exposure) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Time        time.Time      `json:"time"`
		Subject     string         `json:"subject"`
		Flag        string         `json:"flag"`
		Variant     string         `json:"variant"`
		Rule        string         `json:"rule,omitempty"`
		Reason      Reason         `json:"reason"`
		Revision    int64          `json:"revision"`
		Environment string         `json:"environment,omitempty"`
		Attributes  map[string]any `json:"attributes,omitempty"`
	}{x.Time.UTC(), x.Subject.Key(), x.Flag, x.Variant, x.Rule, x.Reason, x.Revision, x.Environment, x.attributes()})
}

func (x *Exposure) attributes() map[string]any {
	attributes := map[string]any{}
	x.Subject.All(func(name string, value Value) bool {
		attributes[name] = jsonable(value)
		return true
	})
	return attributes
}

// jsonable returns a value as encoding/json can write it: NaN and the infinities, which JSON does not have, as text. One such
// attribute must not cost a batch.
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
