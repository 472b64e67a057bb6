// Command generated uses flags as Go code that becket generated from the ruleset. Start it in the
// folder cmd/becket of the repository with
//
//	go run ./examples/generated
//
// When flags.json changes, run go generate, which writes flags/flags.go again. If a flag is gone,
// the build then fails wherever the program still asks for it. If a flag has another type, the
// build fails wherever the program needs the old one. In a module of your own, the line is
//
//	//go:generate go tool becket gen go --package flags --out flags/flags.go flags.json
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/examples/generated/flags"
)

//go:generate go run github.com/becketflags/becket/cmd/becket gen go --package flags --out flags/flags.go flags.json

//go:embed flags.json
var shipped []byte

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "generated:", err)
		os.Exit(1)
	}
}

// run compares the handles with the ruleset, as a program does once at its start, and asks for each
// flag.
func run(out io.Writer) error {
	client, err := becket.New(becket.Bytes(shipped), becket.WithBootstrap(shipped))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Verify(flags.Handles()...); err != nil {
		return err
	}

	view := client.For(becket.NewSubject("user-42", becket.String("country", "DE"), becket.String("plan", "pro")))
	fmt.Fprintln(out, "new checkout:", flags.NewCheckout.On(view))
	switch flags.Theme.In(view) {
	case flags.ThemeDark:
		fmt.Fprintln(out, "theme: white on black")
	case flags.ThemeLight:
		fmt.Fprintln(out, "theme: black on white")
	}
	fmt.Fprintln(out, "upload limit:", flags.UploadLimitMb.In(view), "MB")
	fmt.Fprintln(out, "calls a second:", flags.Limits.In(view).RPS, "in bursts of", flags.Limits.In(view).Burst.Size)
	if detail := flags.Limits.Detail(view); detail.Variant == flags.LimitsVariantStrict {
		fmt.Fprintln(out, "the limits are strict")
	}
	return nil
}
