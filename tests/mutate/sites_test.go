package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachKindOfMutant(t *testing.T) {
	const before, after = "package p\n\nimport \"fmt\"\n\n", "\n"
	for name, row := range map[string]struct {
		code string
		want []string // the code of each mutant, in order
	}{
		"a comparison is turned round": {
			"var a = b == c", []string{"var a = b != c"},
		},
		"a bound is moved": {
			"var a = b < c", []string{"var a = b <= c"},
		},
		"a condition is negated, and its operator changed": {
			"func f() { if a && b { go g() } }", []string{
				"func f() {return ; if a && b { go g() } }",
				"func f() { if !(a && b) { go g() } }",
				"func f() { if a || b { go g() } }",
				"func f() { if a && b {  } }",
			},
		},
		"a number is raised": {
			"const a = 0x10", []string{"const a = 17"},
		},
		"a boolean is changed, and a text is not": {
			`var a, b = true, "true"`, []string{`var a, b = false, "true"`},
		},
		"a function returns zero values, and each statement is dropped": {
			"func f() (a, b int, err error) { a = x; defer g(); c := y; a++; return c, b, nil }", []string{
				"func f() (a, b int, err error) {return *new(int), *new(int), *new(error); " +
					"a = x; defer g(); c := y; a++; return c, b, nil }",
				"func f() (a, b int, err error) { ; defer g(); c := y; a++; return c, b, nil }",
				"func f() (a, b int, err error) { a = x; ; c := y; a++; return c, b, nil }",
				"func f() (a, b int, err error) { a = x; defer g(); c := y; ; return c, b, nil }",
			},
		},
		"a loop ends instead of going on": {
			"func f() { for { continue } }", []string{
				"func f() {return ; for { continue } }", "func f() { for { break } }",
			},
		},
		"a type and an empty function have no mutants": {
			"type a [4]int\nfunc f() {}", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := before + row.code + after
			mutants, err := mutantsOf("p.go", []byte(source))
			require.NoError(t, err)
			var got []string
			for _, m := range mutants {
				changed := string(m.apply([]byte(source)))
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(changed, before), after))
				assert.Equal(t, 5, m.Line)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestASampleDependsOnItsSeedAlone(t *testing.T) {
	first, err := sample("../..", "rollout.go", 1)
	require.NoError(t, err)
	again, err := sample("../..", "rollout.go", 1)
	require.NoError(t, err)
	other, err := sample("../..", "rollout.go", 2)
	require.NoError(t, err)
	assert.Greater(t, len(first), 50)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other)
	assert.ElementsMatch(t, first, other)
}
