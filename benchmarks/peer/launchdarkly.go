// Package peer holds the other libraries. Each is configured as its documentation recommends for
// servers, without events, telemetry and logging.
package peer

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// LaunchDarkly is LaunchDarkly's server SDK with the in-memory test data source.
func LaunchDarkly() contender.Contender {
	return contender.Contender{
		Name:    "LaunchDarkly",
		Module:  "github.com/launchdarkly/go-server-sdk/v7",
		Role:    contender.Peer,
		Prepare: prepareLaunchDarkly,
	}
}

func prepareLaunchDarkly(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	data := ldtestdata.DataSource()
	for _, key := range scene.Fillers() {
		data.Update(data.Flag(key).BooleanFlag().VariationForAll(false))
	}
	data.UsePreconfiguredFlag(launchDarklyFlag(w))
	client, err := ld.MakeCustomClient("sdk-key", ld.Config{
		DataSource:       data,
		Events:           ldcomponents.NoEvents(),
		Logging:          ldcomponents.NoLogging(),
		DiagnosticOptOut: true,
	}, 5*time.Second)
	if err != nil {
		return nil, err
	}
	var contexts [scene.Rotation]ldcontext.Context
	for i := range users {
		contexts[i] = launchDarklyContext(&users[i])
	}
	r := launchDarklyBoolean(client, w.Flag, &contexts, users)
	if w.Kind == scene.Split {
		r = launchDarklySplit(client, w.Flag, &contexts, users)
	}
	r.Close = func() { _ = client.Close() }
	return r, nil
}

func launchDarklyContext(u *scene.User) ldcontext.Context {
	return ldcontext.NewBuilder(u.Key).
		SetString("country", u.Country).
		SetString("version", u.Version).
		SetString("plan", u.Plan).
		SetInt("age", u.Age).
		SetBool("beta", u.Beta).
		Build()
}

func launchDarklyFlag(w scene.Workload) ldmodel.FeatureFlag {
	const off, on = 0, 1
	b := ldbuilders.NewFlagBuilder(w.Flag).On(true).Salt("salt").Version(1).
		Variations(ldvalue.Bool(false), ldvalue.Bool(true)).OffVariation(off).FallthroughVariation(off)
	switch w.Kind {
	case scene.Plain:
		b.FallthroughVariation(on)
	case scene.Country:
		b.AddRule(ldbuilders.NewRuleBuilder().ID("0").Variation(on).
			Clauses(ldbuilders.Clause("country", ldmodel.OperatorIn, ldTexts(scene.Listed)...)))
	case scene.Rules:
		for _, r := range scene.TenRules() {
			// LaunchDarkly has no "at least" for versions, so the rule is "not less than".
			older := ldbuilders.Clause("version", ldmodel.OperatorSemVerLessThan, ldvalue.String(r.Minimum))
			b.AddRule(ldbuilders.NewRuleBuilder().ID(r.Minimum).Variation(on).Clauses(
				ldbuilders.Clause("country", ldmodel.OperatorIn, ldTexts(r.Countries)...),
				ldbuilders.Negate(older)))
		}
	case scene.Percent:
		b.Fallthrough(ldbuilders.Rollout(
			ldbuilders.Bucket(on, scene.Share*1000), ldbuilders.Bucket(off, (100-scene.Share)*1000)))
	case scene.KeyList:
		b.AddTarget(on, scene.Members(w.ListSize)...)
	case scene.Split:
		var values []ldvalue.Value
		var buckets []ldmodel.WeightedVariation
		for i, arm := range scene.Arms {
			values = append(values, ldvalue.String(arm.Name))
			buckets = append(buckets, ldbuilders.Bucket(i, arm.Weight*1000))
		}
		b.Variations(values...).Fallthrough(ldbuilders.Rollout(buckets...))
	}
	return b.Build()
}

func ldTexts(texts []string) []ldvalue.Value {
	values := make([]ldvalue.Value, len(texts))
	for i, t := range texts {
		values[i] = ldvalue.String(t)
	}
	return values
}

//go:noinline
func launchDarklyBoolean(
	client *ld.LDClient, key string, contexts *[scene.Rotation]ldcontext.Context, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if on, _ := client.BoolVariation(key, contexts[i&scene.Mask], false); on {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				if on, _ := client.BoolVariation(key, launchDarklyContext(&users[i&scene.Mask]), false); on {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if on, _ := client.BoolVariation(key, launchDarklyContext(u), false); on {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func launchDarklySplit(
	client *ld.LDClient, key string, contexts *[scene.Rotation]ldcontext.Context, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				value, _ := client.StringVariation(key, contexts[i&scene.Mask], "")
				sum += uint64(len(value))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				value, _ := client.StringVariation(key, launchDarklyContext(&users[i&scene.Mask]), "")
				sum += uint64(len(value))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			value, _ := client.StringVariation(key, launchDarklyContext(u), "")
			return uint64(len(value))
		},
	}
}
