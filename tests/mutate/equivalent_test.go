package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryEquivalentChangeIsFoundAndLeftOut(t *testing.T) {
	t.Parallel()
	mutants, err := sample("../..", "*.go", 1)
	require.NoError(t, err)
	list, err := readEquivalents(equivalentList)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, m := range mutants {
		assert.NotEqual(t, "drop e.turn++", m.What)
	}
}

func TestAnEquivalentChangeNeedsAReason(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"a.go\tx\ty", "a.go\tx\ty\t", "a.go"} {
		_, err := readEquivalents(list)
		assert.ErrorContains(t, err, "equivalent.txt:1")
	}
}
