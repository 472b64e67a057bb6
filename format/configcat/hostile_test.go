package configcat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
)

// soon fails if a call takes seconds. The call should take milliseconds; without the limits that
// these tests check, it would take hours.
func soon(t *testing.T, run func()) {
	t.Helper()
	begun := time.Now()
	run()
	require.Less(t, time.Since(begun), 20*time.Second)
}

func requires(value bool, keys ...string) string {
	conditions := make([]string, len(keys))
	for i, key := range keys {
		conditions[i] = fmt.Sprintf(`{"p":{"f":%q,"c":0,"v":{"b":true}}}`, key)
	}
	return fmt.Sprintf(`{"t":0,"r":[{"c":[%s],"s":{"v":{"b":%t}}}],"v":{"b":%t}}`,
		strings.Join(conditions, ","), value, !value)
}

func TestADiamondOfPrerequisitesIsDecidedOnce(t *testing.T) {
	const levels = 200 // 2^200 paths
	flags := []string{`"f0":{"t":0,"v":{"b":true}}`}
	for i := 1; i <= levels; i++ {
		below := fmt.Sprintf("f%d", i-1)
		flags = append(flags, fmt.Sprintf(`"f%d":%s`, i, requires(true, below, below)))
	}
	rules := decode(t, []byte(`{"f":{`+strings.Join(flags, ",")+`}}`))
	for _, level := range []int{1, 10, 13, 14, 15, 20, levels} {
		soon(t, func() { requireValue(t, true, ask(rules, fmt.Sprintf("f%d", level), becket.Subject{})) })
	}
}

func TestADenseCycleIsFoundAtOnce(t *testing.T) {
	const flags = 300
	var all []string
	for i := range flags {
		var others []string
		for j := range flags {
			if j != i {
				others = append(others, fmt.Sprintf("f%d", (i+j)%flags))
			}
		}
		all = append(all, fmt.Sprintf(`"f%d":%s`, i, requires(true, others...)))
	}
	rules := decode(t, []byte(`{"f":{`+strings.Join(all, ",")+`}}`))
	soon(t, func() {
		got := ask(rules, "f0", becket.Subject{})
		requireError(t, got)
		assert.Less(t, len(got.Err.Error()), 500)
	})
}

func TestAChainOfPrerequisitesHasAnEnd(t *testing.T) {
	chain := func(length int) becket.Result {
		flags := []string{`"f0":{"t":0,"v":{"b":true}}`}
		for i := 1; i <= length; i++ {
			flags = append(flags, fmt.Sprintf(`"f%d":%s`, i, requires(true, fmt.Sprintf("f%d", i-1))))
		}
		return ask(decode(t, []byte(`{"f":{`+strings.Join(flags, ",")+`}}`)), fmt.Sprintf("f%d", length),
			becket.Subject{})
	}
	requireValue(t, true, chain(1_000))
	soon(t, func() { requireValue(t, true, chain(900)) })
	soon(t, func() {
		got := chain(20_000)
		requireError(t, got)
		assert.Contains(t, got.Err.Error(), "too long")
	})
}

func TestSegmentsAreEvaluatedOnceInAFlag(t *testing.T) {
	const many = 3_000 // evaluated each time, they would be nine million
	conditions := strings.Repeat(`{"a":"A","c":29,"s":"y"},`, many) + `{"a":"A","c":28,"s":"x"}`
	uses := strings.Repeat(`{"s":{"s":0,"c":0}},`, many) + `{"s":{"s":0,"c":0}}`
	rules := decode(t,
		fmt.Appendf(nil,
			`{"s":[{"n":"S","r":[%s]}],"f":{"f":{"t":0,"r":[{"c":[%s],"s":{"v":{"b":true}}}],"v":{"b":false}}}}`,
			conditions, uses))
	subject := becket.NewSubject("u", becket.String("A", "x"))
	soon(t, func() { requireValue(t, true, ask(rules, "f", subject)) })
}

func TestDocumentsThatAreNoConfigsAreRefused(t *testing.T) {
	for name, document := range map[string]string{
		"nothing":                    "",
		"blanks":                     " \n",
		"a web page":                 "<html>",
		"a list":                     "[]",
		"a text":                     `"{}"`,
		"null":                       "null",
		"cut off":                    `{"f":{"x":{"t":0`,
		"cut off behind the flags":   `{"f":{}`,
		"a trailing comma":           `{"f":{},}`,
		"something behind it":        `{"f":{}} {}`,
		"settings that are a list":   `{"f":[]}`,
		"settings that are a number": `{"f":1}`,
		"settings that are false":    `{"f":false}`,
		"deep nesting":               `{"f":{"x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}}`,
		"bottomless nesting":         `{"x":` + strings.Repeat(`{"x":`, 5_000_000),
		"a bad escape":               `{"f":{"\q":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := configcat.V6.Decode([]byte(document))
			require.Error(t, err)
			assert.Nil(t, rules)
			assert.True(t, strings.HasPrefix(err.Error(), "becket: "), err)
			assert.Less(t, len(err.Error()), 300)
		})
	}
}

func TestADocumentOverTheLimitOfItsSizeIsRefused(t *testing.T) {
	_, err := configcat.V6.Decode(make([]byte, 64<<20+1))
	require.ErrorIs(t, err, becket.ErrTooLarge)
	assert.ErrorContains(t, err, "67108865")
}

func TestASettingWithTooManyValuesIsInvalid(t *testing.T) {
	document := `{"f":{"huge":{"t":0,"r":[` + strings.Repeat(`"",`, 4_000_000) +
		`""],"v":{"b":true}},"fine":{"t":0,"v":{"b":true}}}}`
	var rules becket.Rules
	soon(t, func() { rules = decode(t, []byte(document)) })
	requireError(t, ask(rules, "huge", becket.Subject{}))
	requireValue(t, true, ask(rules, "fine", becket.Subject{}))
	require.Len(t, rules.Info().Bad, 1)
	assert.Equal(t, "huge", rules.Info().Bad[0].Key)
}

func TestADocumentWithTooManyBadSettingsIsRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"f":{`)
	for i := range 100_010 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	b.WriteString(`"x":0}}`)
	_, err := configcat.V6.Decode([]byte(b.String()))
	assert.ErrorContains(t, err, "more than 100000")
}
