package becket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/poll"
)

func TestChangesAreReportedInOrderAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard, log := &recorder{}, &logged{}
		source := newScript(serving("", flagsDocument(1, "a", "b")))
		client := newTestClient(t, source, WithHooks(heard.hooks()), WithLogger(log.logger()))
		require.NoError(t, client.Refresh(t.Context()))
		documents := []string{
			flagsDocument(2, "a", "b", "c"),
			`{"schema":1,"revision":3,"flags":{"a":{"default":"off"},"b":{"default":"on","owner":"ops"},"c":{"default":"on"}}}`,
			`{"schema":1,"revision":4,"flags":{"a":{"default":"off"}},"segments":{"s":{"include":["u"]}}}`,
			`{"schema":1,"revision":5,"flags":{"a":{"default":"off"}},"segments":{"s":{"include":["v"]}}}`,
			`{"schema":1,"revision":6,"flags":{"a":{"default":"off"}}}`,
			`{"schema":1,"revision":7,"flags":{"a":{"default":"off"}}}`,
		}
		for _, document := range documents {
			source.set(serving("", document))
			require.NoError(t, client.Refresh(t.Context()))
		}
		synctest.Wait()
		changes, errs, _ := heard.seen()
		assert.Empty(t, errs)
		require.Len(t, changes, 6, "another revision alone is no change")
		for i, c := range changes {
			assert.Equal(t, int64(i), c.FromRevision)
			assert.Equal(t, int64(i+1), c.ToRevision)
			assert.Equal(t, TierNetwork, c.Tier)
		}
		assert.Equal(t, []string{"a", "b"}, changes[0].Keys())
		require.Len(t, changes[1].Added, 1)
		assert.Equal(t, "c", changes[1].Added[0].Key)
		require.Len(t, changes[2].Changed, 2)
		assert.False(t, changes[2].Changed[0].OnlyMetadata)
		assert.True(t, changes[2].Changed[1].OnlyMetadata)
		assert.Empty(t, changes[2].Changed[1].Before.Owner)
		assert.Equal(t, "ops", changes[2].Changed[1].After.Owner)
		require.Len(t, changes[3].Removed, 2)
		assert.Equal(t, []string{"s"}, changes[3].AddedSegments)
		assert.Equal(t, []string{"s"}, changes[4].ChangedSegments)
		assert.Equal(t, []string{"s"}, changes[5].RemovedSegments)

		text := log.String()
		assert.Contains(t, text, `"becket: flag added" flag=c owner="" revision=2 previous=1 only_metadata=false`)
		assert.Contains(t, text, `"becket: flag changed" flag=b owner=ops revision=3 previous=2 only_metadata=true`)
		assert.Contains(t, text, `"becket: flag removed" flag=c`)
		assert.NotContains(t, text, `"becket: flag added" flag=a`, "the first ruleset has a line for the whole")
	})
}

func TestChangesOfEqualNumbersAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := &recorder{}
		source := newScript(serving("", `{"schema":1,"revision":1,"flags":{"a":{}}}`))
		client := newTestClient(t, source, WithHooks(heard.hooks()))
		require.NoError(t, client.Refresh(t.Context()))
		for _, document := range []string{
			// one flag is replaced by another, then one changes and one is added, then a segment
			// replaces a flag
			`{"schema":1,"revision":2,"flags":{"b":{}}}`,
			`{"schema":1,"revision":3,"flags":{"b":{"default":"on"},"c":{}}}`,
			`{"schema":1,"revision":4,"flags":{"b":{"default":"on"}},"segments":{"s":{}}}`,
		} {
			source.set(serving("", document))
			require.NoError(t, client.Refresh(t.Context()))
		}
		synctest.Wait()
		changes, _, _ := heard.seen()
		assert.Len(t, changes, 4)
	})
}

func TestAHookThatHangsDelaysNothingAndLosesNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		var spans [][2]int64
		hooks := Hooks{
			OnChange:  func(c Changes) { <-free; spans = append(spans, [2]int64{c.FromRevision, c.ToRevision}) },
			OnRefresh: func(Refresh) {},
		}
		source := newScript(serving("", flagsDocument(1, "f1")))
		client := newTestClient(t, source, WithHooks(hooks))
		const last = 1000
		for i := 1; i <= last; i++ {
			source.set(serving("", flagsDocument(i, fmt.Sprintf("f%d", i))))
			require.NoError(t, client.Refresh(t.Context()))
			require.True(t, client.For(Subject{}).Enabled(fmt.Sprintf("f%d", i)))
		}
		client.notifier.mutex.Lock()
		waiting := len(client.notifier.queue)
		client.notifier.mutex.Unlock()
		assert.LessOrEqual(t, waiting, maxEvents+maxChanges)
		assert.NotZero(t, client.Status().DroppedEvents)
		close(free)
		synctest.Wait()
		require.Len(t, spans, maxChanges+1, "one change was being delivered, and as many waited as may wait")
		assert.Equal(t, int64(0), spans[0][0])
		for i := 1; i < len(spans); i++ {
			assert.Equal(t, spans[i-1][1], spans[i][0], "no gap between reported changes")
		}
		assert.Equal(t, int64(last), spans[len(spans)-1][1])
	})
}

func TestAPanickingHookIsCountedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard, log := &recorder{}, &logged{}
		broken := errors.New("nil map")
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithLogger(log.logger()),
			WithHooks(Hooks{
				OnChange:   func(Changes) { panic(broken) },
				OnError:    func(error) { panic("again") },
				OnRefresh:  func(Refresh) { panic("and again") },
				OnEvaluate: func(Evaluation) { panic("at each evaluation") },
			}),
			WithHooks(heard.hooks()))
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("a"))
		synctest.Wait()
		changes, errs, _ := heard.seen()
		assert.Len(t, changes, 1, "the other hook is called all the same")
		require.NotEmpty(t, errs)
		assert.ErrorIs(t, errors.Join(errs...), broken)
		assert.GreaterOrEqual(t, client.Status().HookPanics, uint64(4))
		for range 100_000 {
			client.For(Subject{}).Enabled("a")
		}
		synctest.Wait()
		assert.LessOrEqual(t, strings.Count(log.String(), "cause=hook"), 4,
			"one line for each of the panics and minute")
	})
}

// explosive is a slog handler with a bug.
type explosive struct{ slog.Handler }

func (explosive) Enabled(context.Context, slog.Level) bool { panic("boom") }

func TestAPanickingLoggerHarmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithLogger(slog.New(explosive{})))
		require.NoError(t, client.Refresh(t.Context()))
		synctest.Wait()
		assert.NotZero(t, client.Status().HookPanics)
		require.NoError(t, client.Refresh(t.Context()))
	})
}

func TestHooksMayCallTheClient(t *testing.T) {
	for name, call := range map[string]func(context.Context, *Client) error{
		"Close":   func(_ context.Context, c *Client) error { return c.Close() },
		"Refresh": func(ctx context.Context, c *Client) error { return c.Refresh(ctx) },
		"Wait":    func(ctx context.Context, c *Client) error { return c.Wait(ctx) },
		"Status":  func(_ context.Context, c *Client) error { return c.Status().LastError },
		"all of them": func(ctx context.Context, c *Client) error {
			return errors.Join(c.Refresh(ctx), c.Status().LastError, c.Close(), c.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clients, results := make(chan *Client, 1), make(chan error, 1)
				hooks := Hooks{OnChange: func(Changes) {
					client := <-clients
					results <- call(t.Context(), client)
				}}
				client, err := New(newScript(serving("", flagsDocument(1, "a"))), WithHooks(hooks))
				require.NoError(t, err)
				began := time.Now()
				clients <- client
				require.NoError(t, <-results)
				assert.LessOrEqual(t, time.Since(began), poll.Floor,
					"it does not wait for itself, at most for the next fetch")
				require.NoError(t, client.Close())
			})
		})
	}
}

func TestCloseReportsEarlierEventsAndWaitsForHooksWithinALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		hooks := Hooks{OnChange: func(Changes) { time.Sleep(2 * time.Second); told++ }}
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithHooks(hooks))
		require.NoError(t, client.Refresh(t.Context()))
		source.set(serving("", flagsDocument(2, "b")))
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
		assert.Equal(t, 2, told)
		require.NoError(t, client.Close())
	})
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		client := newTestClient(t, newScript(serving("", flagsDocument(1, "a"))),
			WithHooks(Hooks{OnChange: func(Changes) { <-free }}))
		require.NoError(t, client.Refresh(t.Context()))
		began := time.Now()
		require.ErrorIs(t, client.Close(), ErrNotEnded)
		assert.Equal(t, closePatience, time.Since(began))
		assert.True(t, client.For(Subject{}).Enabled("a"))
		close(free)
	})
}

func TestRepeatedFailuresAreLoggedSparinglyAndAllReachTheHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard, log := &recorder{}, &logged{}
		source := newScript(failing(errors.New("down")))
		client := newTestClient(t, source, WithHooks(heard.hooks()), WithLogger(log.logger()))
		synctest.Wait()
		for range 200 {
			require.Error(t, client.Refresh(t.Context()))
			synctest.Wait()
		}
		_, errs, refreshes := heard.seen()
		assert.Len(t, errs, 201)
		assert.Len(t, refreshes, 201)
		assert.Equal(t, 1, strings.Count(log.String(), "\n"))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Regexp(t, `left_out=2\d\d`, log.String())
		assert.LessOrEqual(t, strings.Count(log.String(), "\n"), 3)
	})
}

func TestEvaluationsAreReportedWithoutPrivateAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []Evaluation
		client := newTestClient(t, newScript(serving("", `{"schema":1,"revision":3,"environment":"test","flags":{
			"a":{"rules":[{"name":"r","if":{"attribute":"email","ends_with":"@example.com"},"serve":"on"}]}}}`)),
			WithHooks(Hooks{OnEvaluate: func(e Evaluation) { told = append(told, e) }}),
			WithPrivateAttributes("email", "address", "nobody"))
		require.NoError(t, client.Refresh(t.Context()))
		subject := NewSubject("u", String("email", "me@example.com"), Int("age", 30),
			Any("address", map[string]any{"city": "Berlin", "at": map[string]any{"zip": "10115"}}))
		flags := client.For(subject)
		assert.True(t, flags.Enabled("a"), "the decision reads private attributes")
		assert.False(t, flags.Enabled("nothing"))
		require.Len(t, told, 2)
		e := told[0]
		assert.Equal(t, "u", e.Subject.Key())
		for name, want := range map[string]any{
			"email": "***", "age": int64(30), "address.city": "***", "address.at.zip": "***",
		} {
			value, ok := e.Subject.Attribute(name)
			assert.True(t, ok, name)
			assert.Equal(t, want, value.Any(), name)
		}
		e.Subject = Subject{}
		assert.Equal(t, Evaluation{
			Flag: "a", Variant: "on", Value: true, Rule: "r", Reason: ReasonTargetingMatch,
			Revision: 3, Environment: "test", Tier: TierNetwork, Time: time.Now(),
		}, e)
		assert.ErrorIs(t, told[1].Err, ErrFlagNotFound)
		assert.NotContains(t, client.Explain("a", subject).String(), "me@example.com")
	})
}

func TestAPrivateKeyStaysPrivate(t *testing.T) {
	p := newPrivacy([]string{"key"})
	subject := NewSubject("user-42", String("country", "DE"))
	assert.Equal(t, "***", p.clone(&subject).Key())
	anonymous := NewSubject("")
	assert.Empty(t, p.clone(&anonymous).Key(), "a subject without a key has no key after redaction")
}

func TestAClientWithoutHooksStartsNoGoroutineForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", flagsDocument(1, "a"))))
		client.notifier.mutex.Lock()
		assert.True(t, client.notifier.idle, "the notifier runs")
		client.notifier.mutex.Unlock()
		assert.Nil(t, client.cache.load().observer)
	})
}
