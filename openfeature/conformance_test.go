package openfeature_test

import (
	"context"
	"testing"
	"testing/synctest"

	provider "github.com/becketflags/becket/openfeature"
	of "github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The names of the tests in this file contain the numbers of OpenFeature's specification, section
// 2: providers.

// everyType has a flag of each type.
const everyType = `{"schema": 1, "revision": 42, "environment": "production", "flags": {
	"checkout": {"owner": "payments", "metadata": {"team": "checkout", "cost": 1.5, "tier": 2, "beta": true},
		"rules": [{"name": "germany", "if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}]},
	"theme": {"variants": {"dark": "#000", "light": "#fff"}, "default": "dark"},
	"limit": {"variants": {"low": 10, "high": 9007199254740993}, "default": "high"},
	"ratio": {"variants": {"half": 0.5, "full": 1.5}, "default": "half"},
	"limits": {"variants": {"small": {"rps": 10, "paths": ["/a"]}, "large": {"rps": 100}}, "default": "small"}
}}`

func TestRequirement_2_1_1_TheProviderHasAName(t *testing.T) {
	assert.Equal(t, "becket", provider.New(nil).Metadata().Name)
}

func TestRequirement_2_2_1_And_2_2_2_1_AMethodForEachType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider.New(loaded(t, everyType))
		none := of.FlattenedContext{}
		assert.False(t, p.BooleanEvaluation(t.Context(), "checkout", true, none).Value)
		assert.Equal(t, "#000", p.StringEvaluation(t.Context(), "theme", "", none).Value)
		assert.Equal(t, int64(9007199254740993), p.IntEvaluation(t.Context(), "limit", 0, none).Value,
			"no detour by float64")
		assert.Equal(t, 0.5, p.FloatEvaluation(t.Context(), "ratio", 0, none).Value)
		object := map[string]any{"rps": 10.0, "paths": []any{"/a"}}
		assert.Equal(t, object, p.ObjectEvaluation(t.Context(), "limits", nil, none).Value)
		assert.False(t, p.BooleanEvaluation(t.Context(), "checkout", true, nil).Value, "the context is optional")
	})
}

func TestRequirement_2_2_3_TheValueIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := ready(t, everyType)
		nobody := user("", nil)
		assert.True(t, client.Boolean(t.Context(), "checkout", false, user("u", map[string]any{"country": "DE"})))
		assert.False(t, client.Boolean(t.Context(), "checkout", true, user("u", map[string]any{"country": "FR"})))
		assert.Equal(t, "#000", client.String(t.Context(), "theme", "", nobody))
		assert.Equal(t, int64(9007199254740993), client.Int(t.Context(), "limit", 0, nobody))
		assert.Equal(t, 0.5, client.Float(t.Context(), "ratio", 0, nobody))
		assert.Equal(t, float64(1<<53), client.Float(t.Context(), "limit", 0, nobody),
			"an integer may be read as float")
		assert.Equal(t, map[string]any{"rps": 10.0, "paths": []any{"/a"}},
			client.Object(t.Context(), "limits", nil, nobody))
	})
}

func TestRequirement_2_2_4_TheVariantIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		details, err := ready(t, everyType).StringValueDetails(t.Context(), "theme", "", user("", nil))
		require.NoError(t, err)
		assert.Equal(t, "dark", details.Variant)
	})
}

func TestRequirement_2_2_5_TheReasonIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := ready(t, everyType)
		details, err := client.BooleanValueDetails(t.Context(), "checkout", false,
			user("u", map[string]any{"country": "DE"}))
		require.NoError(t, err)
		assert.Equal(t, of.TargetingMatchReason, details.Reason)
	})
}

func TestRequirement_2_2_6_And_2_3_2_ASuccessHasNoErrorCodeAndNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		details, err := ready(t, everyType).BooleanValueDetails(t.Context(), "checkout", false, user("u", nil))
		require.NoError(t, err)
		assert.Empty(t, details.ErrorCode)
		assert.Empty(t, details.ErrorMessage)
	})
}

func TestRequirement_2_2_7_And_2_3_3_AFailureHasACodeAndAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		details, err := ready(t, everyType).BooleanValueDetails(t.Context(), "nowhere", true, user("u", nil))
		require.Error(t, err)
		assert.True(t, details.Value, "the caller's default")
		assert.Equal(t, of.FlagNotFoundCode, details.ErrorCode)
		assert.Equal(t, of.ErrorReason, details.Reason)
		assert.Equal(t, `flag "nowhere": the ruleset has no such flag`, details.ErrorMessage)
	})
}

func TestRequirement_2_2_8_1_TheDetailsAreTyped(t *testing.T) {
	p := provider.New(nil)
	assert.IsType(t, of.GenericResolutionDetail[bool]{}, p.BooleanEvaluation(t.Context(), "f", false, nil))
	assert.IsType(t, of.GenericResolutionDetail[string]{}, p.StringEvaluation(t.Context(), "f", "", nil))
	assert.IsType(t, of.GenericResolutionDetail[int64]{}, p.IntEvaluation(t.Context(), "f", 0, nil))
	assert.IsType(t, of.GenericResolutionDetail[float64]{}, p.FloatEvaluation(t.Context(), "f", 0, nil))
	assert.IsType(t, of.GenericResolutionDetail[any]{}, p.ObjectEvaluation(t.Context(), "f", nil, nil))
}

func TestRequirement_2_2_9_And_2_2_10_FlagMetadataOfScalars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := ready(t, everyType)
		details, err := client.BooleanValueDetails(t.Context(), "checkout", false,
			user("u", map[string]any{"country": "DE"}))
		require.NoError(t, err)
		assert.Equal(t, of.FlagMetadata{
			"version": "42", "flagSetId": "production", "owner": "payments", "rule": "germany", "tier": "network",
			"team": "checkout", "cost": 1.5, "beta": true, "metadata.tier": int64(2),
		}, details.FlagMetadata)

		details, err = client.BooleanValueDetails(t.Context(), "checkout", false, user("u", nil))
		require.NoError(t, err)
		assert.NotContains(t, details.FlagMetadata, "rule", "no rule applied to this subject")

		missing, err := client.BooleanValueDetails(t.Context(), "nowhere", false, user("u", nil))
		require.Error(t, err)
		assert.Equal(t, of.FlagMetadata{"version": "42", "flagSetId": "production", "tier": "network"},
			missing.FlagMetadata)
	})
}

// counter is a hook that counts.
type counter struct {
	of.UnimplementedHook
	after int
}

func (c *counter) After(context.Context, of.HookContext, of.InterfaceEvaluationDetails, of.HookHints) error {
	c.after++
	return nil
}

func TestRequirement_2_3_1_HooksOfTheProviderRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &counter{}
		client := ready(t, everyType, provider.WithHooks(hook))
		client.Boolean(t.Context(), "checkout", false, user("u", nil))
		assert.Equal(t, 1, hook.after)
		assert.NotNil(t, provider.New(nil).Hooks())
	})
}

func TestRequirement_2_7_1_EventsAreTracked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tracked []provider.Tracking
		track := provider.WithTracking(func(_ context.Context, e provider.Tracking) { tracked = append(tracked, e) })
		client := ready(t, everyType, track)
		details := of.NewTrackingEventDetails(99.5).Add("currency", "EUR")
		client.Track(t.Context(), "bought", user("user-42", map[string]any{"country": "DE"}), details)

		require.Len(t, tracked, 1)
		assert.Equal(t, "bought", tracked[0].Name)
		assert.Equal(t, 99.5, tracked[0].Value)
		assert.Equal(t, map[string]any{"currency": "EUR"}, tracked[0].Attributes)
		assert.Equal(t, "user-42", tracked[0].Subject.Key())
		country, _ := tracked[0].Subject.Attribute("country")
		assert.Equal(t, "DE", country.Text())

		silent := provider.New(nil)
		silent.Track(t.Context(), "bought", user("user-42", nil), details)
	})
}
