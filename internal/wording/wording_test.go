package wording

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesThatAreNoIdentifiersAreQuotedInPaths(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"checkout": "flags.checkout", "new_page": "flags.new_page", "new-page": "flags.new-page", "2nd": "flags.2nd",
		"a.b": `flags["a.b"]`, "": `flags[""]`, "grün": `flags["grün"]`, `a"b`: `flags["a\"b"]`, "a b": `flags["a b"]`,
		strings.Repeat("a", 64): "flags." + strings.Repeat("a", 64),
		strings.Repeat("a", 65): `flags["` + strings.Repeat("a", 64) + `…"]`,
	} {
		assert.Equal(t, want, Member("flags", name), name)
	}
	assert.Equal(t, "flags", Member("", "flags"), "a member of the document itself")
	assert.Equal(t, "$evaluators.shared", Member(Member("", "$evaluators"), "shared"))
	assert.Equal(t, `["a.b"]`, Member("", "a.b"))
	assert.Equal(t, `.variants["a.b"]`, Below("variants")+Below("a.b"))
	assert.Equal(t, "flags.checkout.rules[12]", Element("flags.checkout.rules", 12))
}

func TestThePrefixOfAnErrorIsRemovedOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"becket: no flag": "no flag", "no flag": "no flag", "becket: becket: no flag": "becket: no flag",
		"at becket: no flag": "at becket: no flag", "": "",
	} {
		assert.Equal(t, want, Unprefixed(errors.New(text)), text)
	}
	assert.Equal(t, "<nil>", Unprefixed(nil))
}
