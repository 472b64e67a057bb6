package configcat_test

import (
	"context"
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
)

func Example() {
	// becket.Bytes stands in for configcat.CDN(sdkKey), which fetches from ConfigCat itself.
	source := becket.Bytes([]byte(`{
		"p": {"u": "https://cdn-global.configcat.com", "r": 0},
		"f": {
			"newCheckout": {
				"t": 0,
				"r": [{"c": [{"u": {"a": "Country", "c": 0, "l": ["DE", "AT"]}}],
					"s": {"v": {"b": true}, "i": "3a1f"}}],
				"v": {"b": false}, "i": "77c0"
			}
		}
	}`))
	client, err := becket.New(source, becket.WithFormat(configcat.V6))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Wait(context.Background()); err != nil {
		fmt.Println(err)
		return
	}

	// The key is ConfigCat's Identifier; Email and Country are attributes.
	flags := client.For(becket.NewSubject("user-42", becket.String("Country", "DE")))
	fmt.Println(flags.Enabled("newCheckout"))

	d := flags.BoolDetail("newCheckout", false)
	fmt.Println("variation", d.Variant, "by rule", d.Rule)
	// Output:
	// true
	// variation 3a1f by rule [0]
}

func ExampleCDN() {
	client, err := becket.New(
		configcat.CDN("configcat-proxy/production", configcat.WithBaseURL("https://flags.example.com")),
		becket.WithFormat(configcat.V6),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.For(becket.NewSubject("user-42")).String("theme", "light"))
}
