package flagtest_test

import (
	"fmt"
	"testing"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/flagtest"
)

var t = new(testing.T) // every test has its own

func ExampleNew() {
	fake := flagtest.New(t,
		flagtest.Values{"new-checkout": true, "theme": "dark", "limits": map[string]int{"rps": 100}})
	flags := fake.Client().For(becket.NewSubject("user-42"))
	fmt.Println(flags.Enabled("new-checkout"), flags.String("theme", "light"))
	fmt.Println(fake.Asked())
	// Output:
	// true dark
	// [new-checkout theme]
}

func ExampleFlags_SetFor() {
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	fake.SetFor("user-42", "theme", "light")
	for _, key := range []string{"user-1", "user-42"} {
		fmt.Println(key, fake.For(becket.NewSubject(key)).String("theme", ""))
	}
	// Output:
	// user-1 dark
	// user-42 light
}

func ExampleFromFile() {
	fake := flagtest.FromFile(t, "testdata/flags.json")
	german := becket.NewSubject("user-1", becket.String("country", "DE"))
	fmt.Println(fake.For(german).Enabled("new-checkout"))
	// Output: true
}

func ExampleFlags_EachVariant() {
	// In a test:
	_ = func(t *testing.T) {
		fake := flagtest.New(t, flagtest.Values{"new-checkout": true})
		fake.EachVariant(t, "new-checkout", func(t *testing.T, client *becket.Client) {
			if client.For(becket.NewSubject("user-42")).Enabled("new-checkout") {
				t.Log("the new checkout must work")
			} else {
				t.Log("and so must the old one")
			}
		})
	}
}
