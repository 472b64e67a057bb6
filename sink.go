package becket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
)

// LogSink writes each exposure as a line through slog, at level Info with the message "exposure". Attributes of the subject are not
// logged. A nil logger stands for slog.Default.
func LogSink(logger *slog.Logger) Sink {
	if logger == nil {
		logger = slog.Default()
	}
	return SinkFunc(func(ctx context.Context, batch []Exposure) error {
		for i := range batch {
			x := &batch[i]
			logger.LogAttrs(ctx, slog.LevelInfo, "exposure",
				slog.Time("at", x.Time), slog.String("subject", x.Subject.Key()), slog.String("flag", x.Flag), slog.String("variant", x.Variant),
				slog.String("rule", x.Rule), slog.Int64("revision", x.Revision), slog.String("environment", x.Environment))
		}
		return nil
	})
}

// LineSink writes each exposure as a line of JSON (NDJSON), a batch with one call of Write. The client never calls it twice at once;
// a writer that others use too must be safe for that. The client does not close it.
func LineSink(w io.Writer) Sink {
	return SinkFunc(func(_ context.Context, batch []Exposure) error {
		if w == nil {
			return errors.New("the writer is nil")
		}
		var lines bytes.Buffer
		encoder := json.NewEncoder(&lines)
		for i := range batch {
			if err := encoder.Encode(batch[i]); err != nil {
				return err
			}
		}
		_, err := w.Write(lines.Bytes())
		return err
	})
}
