package becket

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// manyFlags returns the fields of a document with so many flags. Every hundredth has an unknown field, and one key stands twice.
func manyFlags(count int) string {
	var b strings.Builder
	b.WriteString(`{"schema": 1, "flags": {`)
	for i := range count {
		field := "enabled"
		if i%100 == 99 {
			field = "enabeld"
		}
		fmt.Fprintf(&b, "%q: {%q: true, \"rules\": [{\"percent\": 50, \"serve\": \"on\"}]},\n", fmt.Sprintf("flag-%d", i), field)
	}
	b.WriteString(`"flag-1": {}}`)
	return b.String()
}

func TestADocumentIsTheSameByHoweverManyGoroutinesItIsRead(t *testing.T) {
	for _, count := range []int{0, 1, portionSize - 1, portionSize, portionSize + 1, 1000} {
		document := manyFlags(count) + "}"
		one, err := decodeNative([]byte(document), 1)
		require.NoError(t, err)
		for readers := 2; readers <= 2*maxReaders; readers++ {
			many, err := decodeNative([]byte(document), readers)
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(one.Info()), fmt.Sprint(many.Info()), "%d flags, %d readers", count, readers)
			subject := NewSubject("user")
			for info := range one.Flags() {
				assert.Equal(t, one.Evaluate(info.Key, KindBool, &subject, nil).answerText(), many.Evaluate(info.Key, KindBool, &subject, nil).answerText())
			}
		}
	}
}

func (r Result) answerText() string {
	name, value := r.answer()
	return fmt.Sprint(name, value, r.Rule, r.Reason, r.Err)
}

func TestHelpersEndWhenTheDocumentTurnsOutToBeBroken(t *testing.T) {
	for _, end := range []string{"", "]", `, "segments": {`, "} {}"} {
		synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left behind
			_, err := decodeNative([]byte(manyFlags(1000)+end), 4)
			assert.ErrorContains(t, err, "not valid JSON", "%q", end)
		})
	}
}

func TestAHelpersPanicIsTheReadersOwn(t *testing.T) {
	c := newCrew([]byte("]"), 2)
	c.add(&portion{from: 5, to: 9}) // outside of the document
	c.working.Wait()                // the helper has taken it
	assert.Panics(t, func() { c.finish(&reader{document: c.document}) })
}

func TestNoMoreHelpersThanAllowed(t *testing.T) {
	c := newCrew([]byte("{}"), 100)
	for range 10 {
		c.add(&portion{})
	}
	assert.Zero(t, c.helpers)
	c.dismiss()
	assert.LessOrEqual(t, newCrew(nil, 100).helpers, maxReaders-1)
	assert.Zero(t, newCrew(nil, 1).helpers)
}
