// Package scene holds the input of every implementation: the same users, the same rules and the
// right answers. It knows no implementation.
package scene

import (
	"fmt"
	"strings"
)

// Rotation is the number of users in a timed loop. It is a power of two, so that the loop finds the
// next user with a mask.
const Rotation = 64

// Mask turns a loop counter into an index of the rotation.
const Mask = Rotation - 1

// User holds the facts that a program knows about a user: a key and five attributes, as plain Go
// values. Each implementation makes its own subject from it, beforehand or in the call.
type User struct {
	Key     string
	Country string
	Version string
	Plan    string
	Age     int
	Beta    bool
}

// Listed are the countries that the rules of W2, W3 and W10 let in.
var Listed = []string{"DE", "FR", "IT", "ES", "PL", "NL", "BE", "AT", "SE", "DK"}

// Unlisted are countries that these rules keep out.
var Unlisted = []string{"US", "CA", "BR", "JP", "IN", "AU", "MX", "ZA", "KR", "AR"}

var plans = []string{"free", "team", "business", "enterprise"}

// NewUser makes user number i. Even users match in every workload with a condition: their country
// is listed and their key is in the lists of W6. Every text has its own memory, like a text from a
// request, so that no comparison ends early because of equal pointers.
func NewUser(i int) User {
	countries, key := Unlisted, 5_000_000+i
	if i%2 == 0 {
		countries, key = Listed, i*149%10_000
	}
	return User{
		Key:     Member(key),
		Country: strings.Clone(countries[i/2%len(countries)]),
		Version: fmt.Sprintf("%d.%d.%d", 2+i%5, 1+i%7, i%13),
		Plan:    strings.Clone(plans[i%len(plans)]),
		Age:     18 + i*7%60,
		Beta:    i%3 == 0,
	}
}

// AllUsers are the users of a timed loop.
type AllUsers = [Rotation]User

// Users returns the rotation.
func Users() *AllUsers {
	var users AllUsers
	for i := range users {
		users[i] = NewUser(i)
	}
	return &users
}

// Crowd returns n users with different keys, to measure shares.
func Crowd(n int) []User {
	users := make([]User, n)
	for i := range users {
		users[i] = NewUser(i)
		users[i].Key = fmt.Sprintf("member-%d", i)
	}
	return users
}

// Member returns the key of member number i of the lists of W6, which hold
// the members from 0 on. Keys outside the lists have the same length.
func Member(i int) string { return fmt.Sprintf("user-%07d", i) }

// Members returns the first n members.
func Members(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = Member(i)
	}
	return keys
}
