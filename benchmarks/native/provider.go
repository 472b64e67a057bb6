package native

import (
	provider "github.com/becketflags/becket/openfeature"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/peer"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Providers is becket behind OpenFeature's client: as it comes, with the flag metadata that it makes of the ruleset, and without.
// The one without is measured against the in-memory provider as it comes, the other against one whose flag has the same
// metadata, since the SDK copies metadata in every evaluation.
func Providers() []contender.Contender {
	return []contender.Contender{
		{Name: "becket's provider, no metadata", Role: contender.Ours, Prepare: prepareProvider(provider.WithoutFlagMetadata())},
		{Name: "becket's provider", Role: contender.Extra, Prepare: prepareProvider()},
	}
}

func prepareProvider(options ...provider.Option) func(scene.Workload, *[scene.Rotation]scene.User) (*contender.Runner, error) {
	return func(w scene.Workload, users *[scene.Rotation]scene.User) (*contender.Runner, error) {
		client, err := Client(w)
		if err != nil {
			return nil, err
		}
		r, err := peer.OpenFeatureRunner(w, users, provider.New(client, options...))
		if err != nil {
			return nil, err
		}
		stop := r.Close
		r.Close = func() {
			stop()
			_ = client.Close()
		}
		return r, nil
	}
}
