package push

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAHintIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, h := range []Hint{
		{}, {Revision: 7}, {ETag: `W/"a\b"`}, {Revision: 1 << 52, ETag: "é", Spread: 2500 * time.Millisecond},
	} {
		assert.Equal(t, h, Parse(h.Text()), "%s", h.Text())
	}
	assert.JSONEq(t, `{"revision":7,"etag":"\"a\"","spread":5}`,
		string(Hint{Revision: 7, ETag: `"a"`, Spread: 5 * time.Second}.Text()))
}

func TestAnyTextIsAHintAndIsBounded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Hint{
		"":                            {},
		"changed":                     {},
		"null":                        {},
		"[7]":                         {},
		`{"revision":"7"}`:            {},
		`{"revision":-7}`:             {},
		`{"revision":1e99}`:           {},
		`{"spread":-1}`:               {},
		`{"spread":1e300}`:            {Spread: maxSpread},
		`{"revision":7,"other":true}`: {Revision: 7},
		`{"revision":7,"etag":"` + strings.Repeat("x", maxETag+1) + `"}`: {Revision: 7},
		`{"revision":7}` + strings.Repeat(" ", maxHint):                  {},
	} {
		assert.Equal(t, want, Parse([]byte(text)), "%.40s", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"revision":7,"etag":"a","spread":5}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h := Parse(text)
		assert.GreaterOrEqual(t, h.Revision, int64(0))
		assert.LessOrEqual(t, len(h.ETag), maxETag)
		assert.GreaterOrEqual(t, h.Spread, time.Duration(0))
		assert.LessOrEqual(t, h.Spread, maxSpread)
		assert.Equal(t, h.Revision, Parse(h.Text()).Revision)
	})
}
