package peer

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/limit"
	"github.com/becketflags/becket/benchmarks/scene"
)

// InMemory is OpenFeature's Go SDK with its own in-memory provider. This provider has no rules: a
// flag's decision is a function of the program, here the limit's function.
func InMemory() contender.Contender {
	return contender.Contender{
		Name:    "OpenFeature in-memory",
		Module:  "github.com/open-feature/go-sdk",
		Role:    contender.Peer,
		Prepare: prepareInMemory,
	}
}

// InMemoryWithMetadata is InMemory with the flag metadata that becket's provider returns.
func InMemoryWithMetadata() contender.Contender {
	return contender.Contender{
		Name:   "OpenFeature in-memory, same metadata",
		Module: "github.com/open-feature/go-sdk",
		Role:   contender.Extra,
		Prepare: func(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
			metadata := openfeature.FlagMetadata{"version": "1", "tier": "network", "rule": "[0]"}
			return prepareInMemoryFlag(w, users, metadata)
		},
	}
}

func prepareInMemory(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	return prepareInMemoryFlag(w, users, nil)
}

func prepareInMemoryFlag(
	w scene.Workload, users *scene.AllUsers, metadata openfeature.FlagMetadata,
) (*contender.Runner, error) {
	flags := map[string]memprovider.InMemoryFlag{w.Flag: inMemoryFlag(w, metadata)}
	for _, key := range scene.Fillers() {
		flags[key] = memprovider.InMemoryFlag{
			Key: key, State: memprovider.Enabled, DefaultVariant: "off", Variants: object{"on": true, "off": false}}
	}
	return OpenFeatureRunner(w, users, memprovider.NewInMemoryProvider(flags))
}

func inMemoryFlag(w scene.Workload, metadata openfeature.FlagMetadata) memprovider.InMemoryFlag {
	flag := memprovider.InMemoryFlag{
		Key: w.Flag, State: memprovider.Enabled, DefaultVariant: "on", Variants: object{"on": true, "off": false}}
	if w.Kind == scene.Plain {
		return flag
	}
	byHand := limit.New(w, true)
	decide := func(
		_ memprovider.InMemoryFlag, flat openfeature.FlattenedContext,
	) (any, openfeature.ProviderResolutionDetail) {
		s := limit.Subject{}
		s.Key, _ = flat[openfeature.TargetingKey].(string)
		s.Country, _ = flat["country"].(string)
		if w.Kind == scene.Split {
			arm := byHand.Text(w.Flag, &s)
			return arm, openfeature.ProviderResolutionDetail{
				Reason: openfeature.SplitReason, Variant: arm, FlagMetadata: metadata,
			}
		}
		if w.Kind == scene.Rules {
			version, _ := flat["version"].(string)
			s.ReadVersion(version)
		}
		if byHand.Enabled(w.Flag, &s) {
			return true, openfeature.ProviderResolutionDetail{
				Reason: openfeature.TargetingMatchReason, Variant: "on", FlagMetadata: metadata,
			}
		}
		return false, openfeature.ProviderResolutionDetail{
			Reason: openfeature.DefaultReason, Variant: "off", FlagMetadata: metadata,
		}
	}
	flag.ContextEvaluator = &decide
	return flag
}

// domains counts the domains in use.
var domains atomic.Int64

// OpenFeatureRunner asks a provider through the SDK's client. Each runner has its own domain,
// because a domain has one provider.
func OpenFeatureRunner(
	w scene.Workload, users *scene.AllUsers, provider openfeature.FeatureProvider,
) (*contender.Runner, error) {
	domain := fmt.Sprintf("%s %s %d", provider.Metadata().Name, w.ID, domains.Add(1))
	if err := openfeature.SetNamedProviderAndWait(domain, provider); err != nil {
		return nil, err
	}
	client := openfeature.NewClient(domain)
	var contexts [scene.Rotation]openfeature.EvaluationContext
	for i := range users {
		contexts[i] = openFeatureContext(&users[i])
	}
	r := openFeatureBoolean(client, w.Flag, &contexts, users)
	if w.Kind == scene.Split {
		r = openFeatureSplit(client, w.Flag, &contexts, users)
	}
	// Otherwise the provider and the flag's list would stay in memory.
	r.Close = func() { _ = openfeature.SetNamedProviderAndWait(domain, openfeature.NoopProvider{}) }
	return r, nil
}

func openFeatureContext(u *scene.User) openfeature.EvaluationContext {
	return openfeature.NewEvaluationContext(u.Key, object{
		"country": u.Country, "version": u.Version, "plan": u.Plan, "age": int64(u.Age), "beta": u.Beta,
	})
}

//go:noinline
func openFeatureBoolean(
	client *openfeature.Client, key string,
	contexts *[scene.Rotation]openfeature.EvaluationContext, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if client.Boolean(ctx, key, false, contexts[i&scene.Mask]) {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				if client.Boolean(ctx, key, false, openFeatureContext(&users[i&scene.Mask])) {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if client.Boolean(ctx, key, false, openFeatureContext(u)) {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func openFeatureSplit(
	client *openfeature.Client, key string,
	contexts *[scene.Rotation]openfeature.EvaluationContext, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(client.String(ctx, key, "", contexts[i&scene.Mask])))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(client.String(ctx, key, "", openFeatureContext(&users[i&scene.Mask]))))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			return uint64(len(client.String(ctx, key, "", openFeatureContext(u))))
		},
	}
}
