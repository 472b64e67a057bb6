package population

import (
	"math/rand/v2"
	"strconv"

	"github.com/becketflags/becket"
)

// Profile is a kind of generated subject.
type Profile struct {
	Attributes []becket.Attribute // the same for each of its subjects
	Varied     []Column           // attributes that are drawn for each of its subjects
	// its subjects have these keys, and there is one subject for each; empty for random keys
	Keys []string
	// a random key begins and ends with these texts
	KeyStart, KeyEnd string
}

// At returns the attribute that the column draws with a seed.
func (c *Column) At(seed uint64) becket.Attribute {
	a, _ := c.draw(rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // repeatable on purpose
	return a
}

// Texts returns a column of different texts that begin and end with the given ones.
func Texts(name, start, end string) Column {
	return Column{name, func(r *rand.Rand) (becket.Attribute, bool) {
		return becket.String(name, start+"made-"+strconv.FormatUint(r.Uint64(), 36)+end), true
	}}
}

// Integers returns a column of integers from low to high.
func Integers(name string, low, high int64) Column {
	return Column{name, func(r *rand.Rand) (becket.Attribute, bool) {
		return becket.Int64(name, low+r.Int64N(high-low+1)), true
	}}
}

// OneOf returns a column that draws one of the attributes, each equally often.
func OneOf(name string, attributes []becket.Attribute) Column {
	return Column{name, func(r *rand.Rand) (becket.Attribute, bool) {
		return attributes[r.IntN(len(attributes))], true
	}}
}
