package native

import "github.com/becketflags/becket/benchmarks/contender"

// Providers is becket behind OpenFeature's client: none as long as this module does
// not depend on the provider's.
func Providers() []contender.Contender { return nil }
