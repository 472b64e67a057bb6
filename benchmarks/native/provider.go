package native

import "github.com/becketflags/becket/benchmarks/contender"

// Providers is becket behind OpenFeature's client.
func Providers() []contender.Contender { return nil }
