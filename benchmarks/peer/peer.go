package peer

import "github.com/becketflags/becket/benchmarks/contender"

// All returns every peer.
func All() []contender.Contender {
	return []contender.Contender{LaunchDarkly(), GrowthBook(), ConfigCat(), Flagd(), InMemory()}
}
