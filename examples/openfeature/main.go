// Command openfeature evaluates becket's flags through OpenFeature's SDK. Only one line of the
// program names becket: the line that sets the provider.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/becketflags/becket"
	provider "github.com/becketflags/becket/openfeature"
)

//go:embed flags.json
var shipped []byte

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	// A real program has another source: becket.HTTP("https://cdn.example.com/flags.json").
	client, err := becket.New(becket.Bytes(shipped))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := openfeature.SetProviderWithContextAndWait(ctx, provider.New(client)); err != nil {
		return err
	}
	defer openfeature.Shutdown()

	// From here on, the program uses only OpenFeature.
	flags := openfeature.NewClient("shop")
	user := openfeature.NewEvaluationContext("user-42", map[string]any{"country": "DE"})
	if flags.Boolean(ctx, "new-checkout", false, user) {
		fmt.Fprintln(out, "the new checkout")
	}
	fmt.Fprintln(out, "theme", flags.String(ctx, "theme", "#fff", user))

	details, err := flags.BooleanValueDetails(ctx, "new-checkout", false, user)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, details.Variant, details.Reason, details.FlagMetadata["rule"],
		"at revision", details.FlagMetadata["version"])

	_, err = flags.StringValue(ctx, "no-such-flag", "mine", user)
	fmt.Fprintln(out, err)
	return nil
}
