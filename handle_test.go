package becket

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/lending"
)

const handled = `{"schema":1,"revision":3,"flags":{
	"new-checkout":{},
	"theme":{"variants":{"dark":"dark","light":"light"},"default":"dark"},
	"limit":{"variants":{"low":10,"high":100},"default":"low"},
	"ratio":{"type":"float","variants":{"half":0.5,"one":1},"default":"half"},
	"limits":{"variants":{"small":{"rps":10,"note":"x"},"large":{"rps":1000}},"default":"small"},
	"broken":{"variants":{"a":1},"default":"b"}}}`

type handledLimits struct {
	RPS int `json:"rps"`
}

func TestHandlesAnswerAsTheViewDoes(t *testing.T) {
	t.Parallel()
	v := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled))).For(NewSubject("user-1"))
	assert.False(t, BoolFlag{Key: "new-checkout", Default: true}.On(v))
	assert.Equal(t, "dark", StringFlag{Key: "theme", Default: "light"}.In(v))
	assert.Equal(t, 10, IntFlag{Key: "limit", Default: 1}.In(v))
	assert.Equal(t, 10.0, FloatFlag{Key: "limit"}.In(v))
	assert.Equal(t, 0.5, FloatFlag{Key: "ratio"}.In(v))
	assert.Equal(t, handledLimits{10}, JSONFlag[handledLimits]{Key: "limits"}.In(v))

	assert.Equal(t, v.BoolDetail("new-checkout", true), BoolFlag{Key: "new-checkout", Default: true}.Detail(v))
	assert.Equal(t, v.StringDetail("theme", "light"), StringFlag{Key: "theme", Default: "light"}.Detail(v))
	assert.Equal(t, v.IntDetail("limit", 1), IntFlag{Key: "limit", Default: 1}.Detail(v))
	assert.Equal(t, v.FloatDetail("ratio", 1), FloatFlag{Key: "ratio", Default: 1}.Detail(v))
	assert.Equal(t, JSONDetail(v, "limits", handledLimits{}), JSONFlag[handledLimits]{Key: "limits"}.Detail(v))
}

func TestHandlesGiveTheirDefaultsIfTheFlagCannotBeEvaluated(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	for name, v := range map[string]View{"an unknown flag": client.For(Subject{}), "the zero view": {}} {
		assert.True(t, BoolFlag{Key: "none", Default: true}.On(v), name)
		assert.Equal(t, "x", StringFlag{Key: "none", Default: "x"}.In(v), name)
		assert.Equal(t, 7, IntFlag{Key: "none", Default: 7}.In(v), name)
		assert.Equal(t, 0.7, FloatFlag{Key: "none", Default: 0.7}.In(v), name)
		assert.Equal(t, []int{7}, JSONFlag[[]int]{Key: "none", Default: []int{7}}.In(v), name)
	}
}

func TestVerifyFindsHandlesThatDoNotFit(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	for _, test := range []struct {
		name   string
		handle Handle
		is     error
		text   string
	}{
		{"a boolean", BoolFlag{Key: "new-checkout"}, nil, ""},
		{"a text", StringFlag{Key: "theme", Default: "light"}, nil, ""},
		{"an integer", IntFlag{Key: "limit", Default: 100}, nil, ""},
		{"an integer flag read as float", FloatFlag{Key: "limit", Default: 100}, nil, ""},
		{"a float whose variant is written as an integer", FloatFlag{Key: "ratio", Default: 1}, nil, ""},
		{
			"an object, by the fields that the program knows",
			JSONFlag[handledLimits]{Key: "limits", Default: handledLimits{10}}, nil, "",
		},
		{
			"an object as a map",
			JSONFlag[map[string]any]{Key: "limits", Default: map[string]any{"note": "x", "rps": 10}}, nil, "",
		},
		{
			"no such flag", BoolFlag{Key: "new-chekout"}, ErrFlagNotFound,
			`handle "new-chekout": the ruleset has no such flag (did you mean "new-checkout"?)`,
		},
		{"another type", BoolFlag{Key: "theme"}, ErrTypeMismatch, "the flag is of type string, not boolean"},
		{"a float read as integer", IntFlag{Key: "ratio"}, ErrTypeMismatch, "float, not integer"},
		{
			"a flag that could not be read", IntFlag{Key: "broken"}, ErrParse,
			`handle "broken": the flag's definition could not be read: flags.broken.default`,
		},
		{"a text that no variant has", StringFlag{Key: "theme"}, errDefaultOutside, `none of the flag's variants: ""`},
		{"an integer that no variant has", IntFlag{Key: "limit", Default: 11}, errDefaultOutside, "11"},
		{"a float that no variant has", FloatFlag{Key: "ratio", Default: 0.7}, errDefaultOutside, "0.7"},
		{"an object that no variant has", JSONFlag[handledLimits]{Key: "limits"}, errDefaultOutside, `{"rps":0}`},
		{
			"an object that JSON cannot hold", JSONFlag[any]{Key: "limits", Default: func() {}}, errDefaultOutside,
			"null",
		},
		{"a type that the variants do not decode into", JSONFlag[struct {
			RPS string `json:"rps"`
		}]{Key: "limits"}, ErrTypeMismatch, `variant "large" does not fit`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := client.Verify(test.handle)
			if test.is == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.is)
			assert.ErrorContains(t, err, test.text)
			assert.ErrorContains(t, err, fmt.Sprintf("handle %q", test.handle.declared().key))
		})
	}
}

func TestVerifyListsFlagsWithoutHandles(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)))
	unasked, err := client.Verify(BoolFlag{Key: "new-checkout"}, StringFlag{Key: "theme", Default: "dark"},
		StringFlag{Key: "theme", Default: "dark"})
	require.NoError(t, err, "two equal handles of a flag are no problem")
	assert.Equal(t, []string{"broken", "limit", "limits", "ratio"}, unasked)

	_, err = client.Verify(StringFlag{Key: "theme", Default: "dark"}, StringFlag{Key: "theme", Default: "light"})
	require.ErrorIs(t, err, errDefaultsDiffer)
	require.EqualError(t, err, `becket: handle "theme": two handles of the flag differ in type or default`)
}

func TestVerifyNeedsARuleset(t *testing.T) {
	t.Parallel()
	var none *Client
	_, err := none.Verify(BoolFlag{Key: "a"})
	require.ErrorIs(t, err, ErrNoClient)
	client := newTestClient(t, newScript(failing(assert.AnError)))
	_, err = client.Verify(BoolFlag{Key: "a"})
	require.ErrorIs(t, err, ErrNotReady)
	assert.EqualError(t, err, "becket: no ruleset has been loaded yet")
}

// plainRules hide the methods of native rules that are not in Rules.
type plainRules struct{ Rules }

func (plainRules) KeepsNothing() lending.Promise { return lending.Promise{} }

type plainFormat struct{}

func (plainFormat) Name() string { return "plain" }

func (plainFormat) Decode(document []byte) (Rules, error) {
	rules, err := Native.Decode(document)
	return plainRules{rules}, err
}

func TestVerifyAndExplainWorkWithMinimalRules(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, Bytes([]byte(handled)), WithBootstrap([]byte(handled)), WithFormat(plainFormat{}))
	_, err := client.Verify(StringFlag{Key: "theme", Default: "none of them"})
	require.NoError(t, err, "without values, no default is compared")
	assert.Equal(t, "dark", client.For(Subject{}).String("theme", ""))
	x := client.Explain("theme", NewSubject("user-1"))
	assert.Equal(t, "dark", x.Variant)
	assert.Empty(t, x.Steps)
	x.Tier = TierBootstrap // the source may have answered meanwhile
	assert.Equal(t, "theme for \"user-1\": dark = dark, STATIC (revision 3, from bootstrap)\n", x.String())
	require.ErrorIs(t, client.Explain("none", Subject{}).Err, ErrFlagNotFound)
}

// untypedRules are rules of a format that does not know the type of its flag.
type untypedRules struct {
	brittleRules
	err error
}

func (r untypedRules) Flag(string) (FlagInfo, bool) {
	return FlagInfo{Key: "a", Kind: KindAny, Err: r.err}, true
}

func TestVerifyReportsTheErrorOfAFlagWithoutAType(t *testing.T) {
	t.Parallel()
	handle := BoolFlag{Key: "a"}.declared()
	errs := handle.verify(untypedRules{}, map[string]declaration{})
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], ErrTypeMismatch)
	broken := errors.New("the rule has no end")
	errs = handle.verify(untypedRules{err: broken}, map[string]declaration{})
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], ErrParse)
	require.ErrorIs(t, errs[0], broken)
}
