package becket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frozenRows are the rows of testdata/vectors/hashing.json that may never change within schema 1:
// the first rows of each list, and the SHA-256 over them. If you add rows, add them at the end of
// their list; this table stays. If this test fails, the change moves subjects of running
// experiments: undo it, instead of changing the sums.
var frozenRows = []struct {
	list  string
	count int
	sum   string
}{
	{"keys", 249, "4b1f542c031f5c55faecc5d2733b0e4726e84a1ffaac5d0eeac8c6a250e09742"},
	{"splits", 114, "8abfbdb1fb5ea2eefbe1ab638f8a0fd71d8783cfc00e9abe42f068990a90f714"},
	{"attributes", 33, "1951adb88fb35bbc6ec4064ea48e744860f8ea8df35ac8cde2d70ced8f4bc1d9"},
}

func TestNoFrozenRowOfTheHashingVectorsChanges(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/vectors/hashing.json")
	require.NoError(t, err)
	for _, frozen := range frozenRows {
		rows := vectorRowsOf(t, raw, frozen.list)
		if assert.GreaterOrEqualf(t, len(rows), frozen.count, "a row of %q was removed", frozen.list) {
			assert.Equalf(t, frozen.sum, vectorSumOf(t, rows[:frozen.count]), "a frozen row of %q was changed",
				frozen.list)
		}
	}
}

// The sum changes if a row is edited, moved or removed. It does not change if a row is added or the
// file has another layout.
func TestTheSumOfFrozenRowsNoticesEachEdit(t *testing.T) {
	t.Parallel()
	sum := func(document string) string {
		rows := vectorRowsOf(t, []byte(document), "keys")
		return vectorSumOf(t, rows[:min(2, len(rows))])
	}
	first := sum(`{"keys": [{"key": "a", "unit": 0.5}, {"key": "b", "unit": 0.25}]}`)
	for edit, document := range map[string]string{
		"a number":      `{"keys": [{"key": "a", "unit": 0.5}, {"key": "b", "unit": 0.250}]}`,
		"a text":        `{"keys": [{"key": "A", "unit": 0.5}, {"key": "b", "unit": 0.25}]}`,
		"the order":     `{"keys": [{"key": "b", "unit": 0.25}, {"key": "a", "unit": 0.5}]}`,
		"a removed row": `{"keys": [{"key": "a", "unit": 0.5}]}`,
	} {
		assert.NotEqual(t, first, sum(document), edit)
	}
	assert.Equal(t, first, sum(`{"keys": [{"key": "a", "unit": 0.5}, {"key": "b", "unit": 0.25}, {"key": "c"}]}`))
	assert.Equal(t, first, sum("{\"keys\":[\n{\"key\":\"a\",\"unit\":0.5},\n{\"key\":\"b\",\"unit\":0.25}]}"))
}

func vectorRowsOf(t *testing.T, document []byte, list string) (rows []json.RawMessage) {
	t.Helper()
	var lists map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(document, &lists))
	require.NoError(t, json.Unmarshal(lists[list], &rows))
	return rows
}

// sumOf depends on each digit and each byte of a text, but not on the white space between them.
func vectorSumOf(t *testing.T, rows []json.RawMessage) string {
	t.Helper()
	var text bytes.Buffer
	for _, row := range rows {
		require.NoError(t, json.Compact(&text, row))
		text.WriteByte('\n')
	}
	sum := sha256.Sum256(text.Bytes())
	return hex.EncodeToString(sum[:])
}
