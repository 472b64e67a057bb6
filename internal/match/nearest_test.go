package match

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearestFindsOnlyLikelyTypingMistakes(t *testing.T) {
	t.Parallel()
	words := []string{"in", "not_in", "matches", "starts_with", "ends_with", "new-checkout"}
	for _, test := range []struct{ name, word, want string }{
		{"one letter too many", "matchess", "matches"},
		{"one letter missing", "mtches", "matches"},
		{"one letter replaced", "matchez", "matches"},
		{"a third may differ", "starts-wth", "starts_with"},
		{"another case is the same", "MATCHES", "matches"},
		{"the nearer of two", "ends_wit", "ends_with"},
		{"two letters swapped", "new-chekcout", "new-checkout"},
		{"something else", "percentage", ""},
		{"nothing", "", ""},
		{"all letters of a short word replaced", "xy", ""},
		{"far too long", strings.Repeat("matches", 10), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, Nearest(test.word, words))
		})
	}
	assert.Empty(t, Nearest("word", nil))
}

func TestEditsCountInsertionsDeletionsAndReplacements(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0},
	} {
		assert.Equal(t, test.want, edits(test.a, test.b), "%s, %s", test.a, test.b)
		assert.Equal(t, test.want, edits(test.b, test.a), "%s, %s", test.b, test.a)
	}
}
