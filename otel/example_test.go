package otel_test

import (
	"github.com/becketflags/becket"
	becketotel "github.com/becketflags/becket/otel"
)

var source = becket.Bytes([]byte(`{"schema": 1, "flags": {"new-checkout": {"default": "on"}}}`))

func ExampleHooks() {
	// evaluations by becket's own methods
	client, err := becket.New(source, becket.WithHooks(becketotel.Hooks()))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	// Output:
}

func ExampleInstrument() {
	client, err := becket.New(source)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	stop, err := becketotel.Instrument(client)
	if err != nil {
		panic(err)
	}
	defer func() { _ = stop() }()
	// Output:
}
