package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheGeneratedHandlesFitTheRulesetAndAnswer(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	assert.Equal(t, "new checkout: true\ntheme: black on white\nupload limit: 100 MB\ncalls a second: 10 in bursts of 20\n"+
		"the limits are strict\n", out.String())
}
