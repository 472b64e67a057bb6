package native

import (
	provider "github.com/becketflags/becket/openfeature"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/peer"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Providers are becket behind OpenFeature's client, by default with the ruleset's flag metadata,
// and without flag metadata. The provider without metadata is compared with the default in-memory
// provider, the other with an in-memory provider whose flag has the same metadata, because the SDK
// copies metadata in every evaluation.
func Providers() []contender.Contender {
	bare := prepareProvider(provider.WithoutFlagMetadata())
	return []contender.Contender{
		{Name: "becket's provider, no metadata", Role: contender.Ours, Prepare: bare},
		{Name: "becket's provider", Role: contender.Extra, Prepare: prepareProvider()},
	}
}

func prepareProvider(options ...provider.Option) func(scene.Workload, *scene.AllUsers) (*contender.Runner, error) {
	return func(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
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
