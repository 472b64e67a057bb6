package ofhook_test

import (
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/becketflags/becket/otel/ofhook"
)

func ExampleNew() {
	openfeature.AddHooks(ofhook.New()) // evaluations by OpenFeature's SDK
	// Output:
}
