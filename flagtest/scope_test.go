package flagtest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/flagtest"
)

// variantsRun returns the values of a string flag in the order in which EachVariant runs them.
func variantsRun(t *testing.T, fake *flagtest.Flags, flag string) []string {
	t.Helper()
	var run []string
	fake.EachVariant(t, flag, func(_ *testing.T, client *becket.Client) {
		run = append(run, client.For(user).String(flag, ""))
	})
	return run
}

func TestEachVariantForgetsValuesOfEndedSubtests(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark", "limit": 1})
	fake.Set("theme", "light")
	t.Run("sub", func(t *testing.T) {
		sub := fake.In(t)
		sub.Set("theme", "blue")
		sub.SetFor("user-42", "theme", "light")
		sub.Set("limit", 0.5)
		assert.Equal(t, []string{"dark", "light", "blue"}, variantsRun(t, fake, "theme"))
	})
	assert.Equal(t, []string{"dark", "light"}, variantsRun(t, fake, "theme"))
	limit, _ := fake.For(user).Flag("limit")
	assert.Equal(t, becket.KindInt, limit.Kind, "the subtest's float is gone, too")
}

func TestAVariantOfTwoSubtestsStaysUntilBothHaveEnded(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	first, second := &witness{TB: t}, &witness{TB: t}
	fake.In(first).SetFor("user-1", "theme", "blue")
	fake.In(second).SetFor("user-2", "theme", "blue")
	first.end()
	assert.Equal(t, []string{"dark", "blue"}, variantsRun(t, fake, "theme"))
	assert.Equal(t, "blue", fake.For(becket.NewSubject("user-2")).String("theme", ""))
	second.end()
	assert.Equal(t, []string{"dark"}, variantsRun(t, fake, "theme"))
}

func TestASubtestRemovesOnlyItsOwnValues(t *testing.T) {
	t.Parallel()
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	w := &witness{TB: t}
	sub := fake.In(w)
	sub.Set("theme", "blue")
	fake.Set("theme", "light")
	assert.Equal(t, "light", fake.For(user).String("theme", ""), "the last value counts")
	w.end()
	assert.Equal(t, "light", fake.For(user).String("theme", ""), "the test's own value is not the subtest's")
	sub.Set("theme", "red")
	assert.Equal(t, "light", fake.For(user).String("theme", ""), "an ended subtest sets nothing")
}

func TestAnUnknownFlagFailsTheSubtestThatRuns(t *testing.T) {
	t.Parallel()
	unknown := `flagtest: the code asks for the flag "percentage", which the test does not know`
	parent := &witness{TB: t, name: "TestParent"}
	fake := flagtest.New(parent, flagtest.Values{"theme": "dark"})
	for _, name := range []string{"TestParent/first", "TestParent/second"} {
		sub := &witness{TB: t, name: name}
		client := fake.In(sub).Client()
		for range 3 {
			client.For(user).Enabled("percentage")
		}
		assert.Equal(t, []string{unknown}, sub.said(), "each subtest fails, once for the place")
		inner := &witness{TB: t, name: name + "/inner"}
		fake.In(inner)
		fake.In(inner).For(user).Bool("theme", false)
		assert.Equal(t, []string{`flagtest: the flag "theme" is of type string and is asked for as boolean`},
			inner.said())
		inner.end()
		sub.end()
		assert.Len(t, sub.said(), 1)
	}
	assert.Empty(t, parent.said(), "package testing fails the parents of a failed subtest")
	fake.For(user).Enabled("percentage")
	assert.Equal(t, []string{unknown}, parent.said())
}

func TestAnUnknownFlagInParallelSubtestsFailsTheTestAndNamesThem(t *testing.T) {
	t.Parallel()
	parent := &witness{TB: t, name: "TestParent"}
	fake := flagtest.New(parent, flagtest.Values{"theme": "dark"})
	a, b := &witness{TB: t, name: "TestParent/a"}, &witness{TB: t, name: "TestParent/b"}
	fake.In(b)
	fake.In(a).For(user).Enabled("percentage")
	assert.Equal(t, []string{`flagtest: the code asks for the flag "percentage", which the test does not know;` +
		` it is asked for by one of TestParent/a, TestParent/b`}, parent.said())
	assert.Empty(t, a.said())
	assert.Empty(t, b.said())
}

func TestSetAfterTheTestHasEndedDoesNothing(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"of another type": true, "of no type": func() {}, "of the type": "light"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := &witness{TB: t}, &witness{TB: t}
			fake := flagtest.New(w, flagtest.Values{"theme": "dark"})
			sub := fake.In(s)
			s.end()
			sub.Set("theme", value)
			assert.Equal(t, "dark", fake.For(user).String("theme", ""))
			w.end()
			fake.Set("theme", value) // the witness panics if it is used
			assert.Equal(t, "dark", fake.For(user).String("theme", ""))
		})
	}
}

const failing = "FLAGTEST_FAILING"

// TestCallsThatFail fails in the process that TestFailuresNameTheLineOfTheCode starts.
func TestCallsThatFail(t *testing.T) {
	if os.Getenv(failing) == "" {
		t.Skip("it is run by TestFailuresNameTheLineOfTheCode")
	}
	fake := flagtest.New(t, flagtest.Values{"theme": "dark"})
	v := fake.For(user)
	v.Enabled("unknown")                    // fails
	v.Bool("theme", false)                  // fails
	becket.JSON(v, "theme", []string(nil))  // fails
	becket.BoolFlag{Key: "unknown"}.On(v)   // fails
	fake.Set("theme", true)                 // fails
	fake.SetFor("user-42", "theme", 1)      // fails
	fake.In(t).For(user).Enabled("unknown") // fails
	fake.EachVariant(t, "theme", func(_ *testing.T, client *becket.Client) {
		client.For(user).Enabled("unknown") // fails
	})
	fake.Set("theme", nil) // fails
	fmt.Println("this line is not reached")
}

func TestFailuresNameTheLineOfTheCode(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCallsThatFail$", "-test.v")
	child.Env = append(os.Environ(), failing+"=1")
	output, err := child.CombinedOutput()
	require.Error(t, err)
	var got []string
	for line := range bytes.Lines(output) {
		if place, _, found := strings.Cut(string(line), ": flagtest: "); found {
			got = append(got, strings.TrimSpace(place))
		}
	}
	assert.ElementsMatch(t, linesWith(t, "// "+"fails"), got, "%s", output)
	assert.NotContains(t, string(output), "is not reached")
}

// linesWith returns the places in this file with the text.
func linesWith(t *testing.T, text string) []string {
	t.Helper()
	const name = "scope_test.go"
	source, err := os.ReadFile(filepath.Clean(name))
	require.NoError(t, err)
	var places []string
	lines := bufio.NewScanner(bytes.NewReader(source))
	for number := 1; lines.Scan(); number++ {
		if strings.HasSuffix(lines.Text(), text) {
			places = append(places, fmt.Sprintf("%s:%d", name, number))
		}
	}
	require.NoError(t, lines.Err())
	return places
}
