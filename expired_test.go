package becket

import (
	"testing"
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
			}
			assert.Equal(t, test.want, keys)
		})
	}
	var none *Client
	assert.Empty(t, none.Expired(time.Now()))
	assert.Empty(t, newTestClient(t, newScript(failing(assert.AnError))).Expired(time.Now()))
}
