package flagd_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/flagd"
)

const document = `{
  "$evaluators": {
    "staff": {"ends_with": [{"var": "email"}, "@example.com"]}
  },
  "flags": {
    "new-checkout": {
      "state": "ENABLED",
      "variants": {"on": true, "off": false},
      "defaultVariant": "off",
      "targeting": {"if": [{"$ref": "staff"}, "on", {"==": [{"var": "address.country"}, "DE"]}, "on"]}
    },
    "banner": {
      "state": "ENABLED",
      "variants": {"red": "#f00", "blue": "#00f"},
      "defaultVariant": "red",
      "targeting": {"fractional": [["red", 50], ["blue", 50]]}
    }
  }
}`

func Example() {
	client, err := becket.New(becket.Bytes([]byte(document)), becket.WithFormat(flagd.Format))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Wait(context.Background()); err != nil {
		fmt.Println(err)
		return
	}

	flags := client.For(becket.NewSubject("user-42",
		becket.String("email", "ada@example.org"),
		becket.Any("address", map[string]any{"country": "DE"})))
	fmt.Println(flags.Enabled("new-checkout"))
	d := flags.StringDetail("banner", "#000")
	fmt.Println(d.Value, d.Variant, d.Reason)
	// Output:
	// true
	// #00f blue TARGETING_MATCH
}

func TestAViewAllocatesNothingEvenWithASubjectBuiltInTheCall(t *testing.T) {
	client, err := becket.New(becket.Bytes([]byte(document)), becket.WithFormat(flagd.Format))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	on := 0
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		flags := client.For(becket.NewSubject("user-42", becket.String("email", "ada@example.com"),
			becket.Int("age", 31)))
		if flags.Enabled("new-checkout") {
			on++
		}
		if flags.String("banner", "") == "#00f" {
			on++
		}
	}))
	assert.Equal(t, 202, on)
}
