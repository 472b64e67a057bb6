package becket

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const aged = `{"schema":1,"flags":{
	"a-later":{"expires":"2026-11-15","owner":"search"},
	"b-sooner":{"expires":"2026-10-01","owner":"payments"},
	"c-permanent":{"expires":"2026-10-01","permanent":true},
	"d-none":{},
	"e-future":{"expires":"2027-02-01"},
	"f-broken":{"expires":"soon"}}}`

func TestExpiredFlagsAreListedTheLongestOverdueFirst(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(aged)), WithBootstrap([]byte(aged)))
	for _, test := range []struct {
		name, now string
		want      []string
	}{
		{"before all", "2026-09-01T00:00:00Z", nil},
		{"on its last day a flag is not expired", "2026-10-01T23:59:59Z", nil},
		{"the day after it is", "2026-10-02T00:00:00Z", []string{"b-sooner"}},
		{"days are in UTC", "2026-10-02T01:30:00+02:00", nil},
		{"the longest overdue first", "2026-11-16T00:00:00Z", []string{"b-sooner", "a-later"}},
		{"permanent flags never", "2099-01-01T00:00:00Z", []string{"b-sooner", "a-later", "e-future"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, test.now)
			require.NoError(t, err)
			var keys []string
			for _, flag := range client.Expired(now) {
				keys = append(keys, flag.Key)
				assert.True(t, flag.ExpiredBy(now))
			}
			assert.Equal(t, test.want, keys)
		})
	}
	var none *Client
	assert.Empty(t, none.Expired(time.Now()))
	assert.Empty(t, newTestClient(t, newScript(failing(assert.AnError))).Expired(time.Now()))
}

func TestExpiredFlagsAreWarnedOfOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		start := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
		began := time.Now()
		clock := func() time.Time { return start.Add(time.Since(began)) }
		source := newScript(serving("1", aged))
		client := newTestClient(t, source, WithLogger(out.logger()), WithExpiryWarnings(), WithClock(clock))
		warnings := func(flag string) int {
			return strings.Count(out.String(), "level=WARN msg=\"becket: flag has expired\" flag="+flag)
		}
		time.Sleep(11 * time.Hour)
		assert.Zero(t, warnings("b-sooner"), "the day itself still counts")
		time.Sleep(2 * time.Hour)
		assert.Equal(t, 1, warnings("b-sooner"))
		assert.Contains(t, out.String(), "owner=payments expires=2026-10-01")
		time.Sleep(22 * time.Hour)
		assert.Equal(t, 1, warnings("b-sooner"), "hundreds of refreshes, one warning")
		source.set(serving("2", strings.Replace(aged, `"d-none":{}`, `"d-none":{"expires":"2026-09-30"}`, 1)))
		require.NoError(t, client.Refresh(t.Context()))
		synctest.Wait()
		assert.Equal(t, 1, warnings("d-none"), "a new ruleset tells of what is new in it")
		assert.Equal(t, 1, warnings("b-sooner"))
		source.set(failing(assert.AnError))
		time.Sleep(24 * time.Hour)
		assert.Equal(t, 2, warnings("b-sooner"), "the next day once more, with the source down")
		assert.Equal(t, 2, warnings("d-none"))
		assert.Zero(t, warnings("c-permanent"))
	})
}

func TestExpiryWarningsOfADayAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		document := func(revision int) string {
			flags := make([]string, 3000)
			for i := range flags {
				flags[i] = fmt.Sprintf(`"r%d-%d":{"expires":"2020-01-01"}`, revision, i)
			}
			return fmt.Sprintf(`{"schema":1,"revision":%d,"flags":{%s}}`, revision, strings.Join(flags, ","))
		}
		source := newScript(serving("", document(1)))
		clock := func() time.Time { return time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC) }
		client := newTestClient(t, source, WithLogger(out.logger()), WithExpiryWarnings(), WithClock(clock))
		for revision := range 10 {
			source.set(serving("", document(revision+1)))
			require.NoError(t, client.Refresh(t.Context()))
		}
		synctest.Wait()
		assert.Equal(t, maxExpiryWarnings, strings.Count(out.String(), "becket: flag has expired"))
		assert.Equal(t, 1, strings.Count(out.String(), "msg=\"becket: more flags have expired\" number=2000"))
		assert.Equal(t, 1, strings.Count(out.String(), "more flags have expired"))
		assert.Len(t, client.Expired(clock()), 3000)
	})
}

func TestExpiryWarningsAreForWhoAsksForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &logged{}
		newTestClient(t, Bytes([]byte(aged)), WithLogger(out.logger()), WithClock(func() time.Time { return time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC) }))
		time.Sleep(48 * time.Hour)
		assert.NotContains(t, out.String(), "expired")
	})
	_, err := New(Bytes([]byte(aged)), WithExpiryWarnings())
	assert.ErrorContains(t, err, "there is no logger")
}
