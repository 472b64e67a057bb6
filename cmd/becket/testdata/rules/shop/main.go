// Command shop asks for flags in every possible way, some of them wrong. docs/command.md shows the
// output of becket usage for it.
package main

import (
	"fmt"
	"os"

	"example.com/shop/pages"
	"github.com/becketflags/becket"
)

const banner = "ban" + "ner"

// Handles, used and unused.
var (
	NewCheckout = becket.BoolFlag{Key: "new-checkout"}
	Forgotten   = becket.IntFlag{Key: "upload-limit-mb", Default: 25}
	Listed      = []becket.Handle{NewCheckout, Forgotten}
)

func main() {
	var client *becket.Client
	flags := client.For(becket.NewSubject("user-42", becket.String("Country", "DE"), becket.String("age", "31")))
	fmt.Println(NewCheckout.On(flags), pages.Theme.In(flags))
	fmt.Println(flags.String(banner, "#f00"))
	fmt.Println(flags.String(banner, "red"))
	fmt.Println(flags.Enabled("new-chekout"))
	fmt.Println(flags.StringDetail("new-checkout", "on"))
	fmt.Println(becket.JSON(flags, "banner", []string{}))
	fmt.Println(client.Verify(Forgotten))
	for _, key := range []string{"new-checkout", "new-checkuot"} {
		fmt.Println(isOn(flags, key))
	}
	ask := flags.Int
	fmt.Println(ask("upload-limit-mb", 1))
	fmt.Println(flags.Bool(os.Args[1], false))
}

func isOn(flags becket.View, key string) bool { return flags.Enabled(key) }
