package becket

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var figuresOfEvents = []figure{
	{"docs/operations.md", "The client logs the same failure at most once a minute", func(t *testing.T) {
		log := &logged{}
		synctest.Test(t, func(t *testing.T) {
			client := newTestClient(t, newScript(failing(errors.New("down"))), WithLogger(log.logger()),
				WithPollInterval(time.Second))
			time.Sleep(10*time.Minute + 30*time.Second)
			require.NoError(t, client.Close())
		})
		assert.InDelta(t, 10, strings.Count(log.String(), "refresh failed"), 1)
	}},
	{"docs/operations.md", "it logs at most 20 lines for invalid flags and 10,000 for each kind of change",
		func(t *testing.T) {
			log := &logged{}
			invalid := strings.Repeat(`,"%d":{"enabled":3}`, 30)
			number := 0
			for strings.Contains(invalid, "%d") {
				invalid = strings.Replace(invalid, "%d", fmt.Sprint("bad-", number), 1)
				number++
			}
			keys := make([]string, 10_001)
			for i := range keys {
				keys[i] = fmt.Sprint("flag-", i)
			}
			second := strings.TrimSuffix(flagsDocument(2, keys...), "}}") + invalid + "}}"
			publishInTurn(t, []string{flagsDocument(1, "a"), second}, WithLogger(log.logger()))
			assert.Equal(t, 20, strings.Count(log.String(), "flag or segment could not be read"))
			assert.Contains(t, log.String(), "number=10", "one line has the number of the others")
			assert.Equal(t, 10_000, strings.Count(log.String(), "becket: flag added"))
		}},
	{"log.go", "maxLogText = 4 << 10 greatest length of a text in a line, in bytes", func(t *testing.T) {
		log := &logged{}
		named := func(owner string) string { return `{"schema":1,"flags":{"a":{"owner":"` + owner + `"}}}` }
		publishInTurn(t, []string{named("x"), named(strings.Repeat("owner", 20_000))}, WithLogger(log.logger()))
		_, after, found := strings.Cut(log.String(), " owner=owner")
		require.True(t, found)
		owner, _, _ := strings.Cut(after, " ")
		assert.InDelta(t, 4096, len(owner), 20)
	}},
	{"hook.go", "so slow that 16 rulesets wait for it", func(t *testing.T) {
		assert.Equal(t, 1+16, changesWhileAHookHangs(t, 40))
	}},
	{"hook.go", "At most 256 events wait for slow hooks", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			free, told := make(chan struct{}), 0
			source := newScript(failing(errors.New("down")))
			client := newTestClient(t, source, WithHooks(Hooks{
				OnError: func(error) { told++; <-free }, OnRefresh: func(Refresh) { told++ },
			}))
			synctest.Wait() // the hook hangs with the first error
			for range 400 {
				require.Error(t, client.Refresh(t.Context()))
			}
			close(free)
			require.NoError(t, client.Close())
			assert.Equal(t, 1+256, told)
			assert.EqualValues(t, 2*401-told, client.Status().DroppedEvents)
		})
	}},
}

// publishInTurn publishes documents one after another and closes the client.
func publishInTurn(t *testing.T, documents []string, options ...Option) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("", documents[0]))
		client := newTestClient(t, source, options...)
		synctest.Wait()
		for _, document := range documents[1:] {
			source.set(serving("", document))
			require.NoError(t, client.Refresh(t.Context()))
		}
		require.NoError(t, client.Close())
	})
}

// changesWhileAHookHangs publishes rulesets while a hook hangs in its first call, and returns the
// number of calls that the hook gets.
func changesWhileAHookHangs(t *testing.T, rulesets int) (told int) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithHooks(Hooks{OnChange: func(Changes) { told++; <-free }}))
		synctest.Wait()
		for i := range rulesets {
			source.set(serving("", flagsDocument(i+2, "a", fmt.Sprint("b-", i))))
			require.NoError(t, client.Refresh(t.Context()))
		}
		close(free)
		require.NoError(t, client.Close())
	})
	return told
}
