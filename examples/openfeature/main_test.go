package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheExamplePrintsItsAnswers(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, `the new checkout
theme #000
on TARGETING_MATCH germany at revision 7
error code: FLAG_NOT_FOUND: flag "no-such-flag": the ruleset has no such flag
`, out.String())
}
