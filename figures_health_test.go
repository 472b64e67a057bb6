package becket

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var figuresOfHealth = []figure{
	{"docs/operations.md", "a ruleset that the source has not confirmed within ten poll intervals", func(t *testing.T) {
		now := time.Unix(1_000_000, 0)
		s := Status{Tier: TierNetwork, ReadAt: now, PollInterval: time.Minute, ConfirmedAt: now.Add(-10 * time.Minute)}
		assert.Equal(t, "healthy", s.Health().String())
		s.ConfirmedAt = s.ConfirmedAt.Add(-time.Nanosecond)
		assert.Equal(t, "degraded", s.Health().String())
	}},
	{"docs/operations.md", "exposures that were lost in the last 15 minutes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			document := []byte(`{"schema": 1, "flags": {"a": {"track": "all", "default": "on"}}}`)
			ahead := 24 * time.Hour
			client := newTestClient(t, Bytes(document), WithBootstrap(document),
				WithClock(func() time.Time { return time.Now().Add(ahead) }),
				WithExposures(func(context.Context, []Exposure) error { return errors.New("the warehouse is down") }))
			synctest.Wait()
			client.For(NewSubject("user-42")).Enabled("a")
			require.Error(t, client.Flush(t.Context()))
			lost := time.Now()
			time.Sleep(15*time.Minute - time.Nanosecond)
			assert.Equal(t, "degraded", client.Status().Health().String())
			assert.Equal(t, lost.Add(ahead).UTC(), client.Status().Exposures.DroppedAt.UTC(), "by the client's clock")
			time.Sleep(time.Nanosecond)
			assert.Equal(t, "healthy", client.Status().Health().String())
		})
	}},
	{"docs/operations.md", "A list has at most 100 entries", func(t *testing.T) {
		status := Status{}
		for range 150 {
			status.Bad = append(status.Bad, Bad{Section: "flags", Key: "f"})
		}
		var got struct {
			Bad        []any
			BadOmitted int `json:"bad_omitted"`
		}
		text, err := json.Marshal(status)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Len(t, got.Bad, 100)
		assert.Equal(t, 50, got.BadOmitted)
	}},
}
