package becket

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counting is a source that returns another document at each fetch.
type counting struct{ fetched int }

func (s *counting) Fetch(context.Context, Validator) (Document, error) {
	s.fetched++
	body := fmt.Sprintf(`{"schema": 1, "revision": %d, "environment": "test", "flags": {"a": {}, "n%d": {}}}`,
		s.fetched, s.fetched)
	return Document{Body: []byte(body)}, nil
}

func (s *counting) Identity() string { return "counting" }

func TestAHookAddedLaterReceivesOnlyLaterEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fixed, late []int64
		client, err := New(&counting{},
			WithHooks(Hooks{OnRefresh: func(r Refresh) { fixed = append(fixed, r.Revision) }}))
		require.NoError(t, err)
		synctest.Wait()

		stop := client.Listen(Hooks{OnChange: func(c Changes) { late = append(late, c.ToRevision) }})
		require.NoError(t, client.Refresh(t.Context()))
		synctest.Wait()
		assert.Equal(t, []int64{2}, late)

		stop()
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close())
		assert.Equal(t, []int64{2}, late, "the hook receives nothing after stop")
		assert.Equal(t, []int64{1, 2, 3}, fixed, "the hooks of New still receive every change")
	})
}

func TestListenWorksOnAClientWithoutHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := New(&counting{})
		require.NoError(t, err)
		synctest.Wait()

		var keys []string
		client.Listen(Hooks{OnChange: func(c Changes) { keys = c.Keys() }})
		require.NoError(t, client.Refresh(t.Context()))
		require.NoError(t, client.Close(), "Close waits for events that are still to be reported")
		assert.Equal(t, []string{"n1", "n2"}, keys)

		called := false
		client.Listen(Hooks{OnError: func(error) { called = true }})()
		assert.False(t, called, "a closed client reports no events")
		require.NoError(t, client.Close())

		var none *Client
		none.Listen(Hooks{})()
	})
}

func TestAViewReportsTheRulesetThatItUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &counting{}
		client, err := New(source)
		require.NoError(t, err)
		assert.Zero(t, View{}.RulesetID())
		assert.Empty(t, View{}.Environment())
		assert.Zero(t, View{}.Revision())
		assert.Equal(t, TierDefaults, View{}.Tier())
		assert.Equal(t, errNoView, View{}.Resolve("a", KindBool).Err)
		synctest.Wait()

		first := client.For(NewSubject("user-1"))
		assert.Equal(t, int64(1), first.Revision())
		assert.Equal(t, TierNetwork, first.Tier())
		assert.Equal(t, "off", first.Resolve("a", KindBool).Variant.Name)
		assert.Equal(t, CodeTypeMismatch, first.Resolve("a", KindString).Err.Code)
		assert.Equal(t, "test", first.Environment())
		assert.Equal(t, first.RulesetID(), client.For(NewSubject("user-2")).RulesetID())
		require.NoError(t, client.Refresh(t.Context()))
		assert.NotEqual(t, first.RulesetID(), client.For(NewSubject("user-1")).RulesetID())
		source.fetched--
		confirmed := client.For(Subject{}).RulesetID()
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, confirmed, client.For(Subject{}).RulesetID(), "the ruleset is not replaced")
		require.NoError(t, client.Close())
	})
}

func TestRedactHidesPrivateAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := New(&counting{}, WithPrivateAttributes("key", "email"))
		require.NoError(t, err)
		defer client.Close()

		redacted := client.Redact(NewSubject("user-1", String("email", "a@example.com"), String("country", "DE")))
		assert.Equal(t, Private, redacted.Key())
		email, _ := redacted.Attribute("email")
		assert.Equal(t, Private, email.Text())
		country, _ := redacted.Attribute("country")
		assert.Equal(t, "DE", country.Text())

		var none *Client
		assert.Equal(t, "user-1", none.Redact(NewSubject("user-1")).Key())
	})
}
