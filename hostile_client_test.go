package becket

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
	"github.com/becketflags/becket/internal/native"
)

func TestADiskCopyWithARevisionOutOfRangeDoesNotBlockTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		const typo = `{"schema":1,"revision":9223372036854775807,"flags":{"a":{"default":"on"}}}`
		earlier := diskOf(folder)
		require.NoError(t, earlier.Write(&disk.Copy{Body: []byte(typo), ETag: "v1"}))

		client := newTestClient(t, newScript(serving("v2", flagsDocument(3, "b"))), WithDiskCache(folder))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, int64(3), client.Status().Revision)
	})
}

func TestARevisionOutOfRangeDoesNotBlockTheNextDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(serving("v1", `{"schema":1,"revision":9223372036854775807,"flags":{"a":{}}}`))
		client := newTestClient(t, source)
		require.ErrorContains(t, client.Refresh(t.Context()), "expected an integer from 0 to 9007199254740991")
		source.set(serving("v2", flagsDocument(1, "c")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, int64(1), client.Status().Revision)
	})
}

func TestNoDocumentMakesALineOfTheLogLong(t *testing.T) {
	long := strings.Repeat(`\u0001`, 100_000)
	documents := []string{
		`{"schema":1,"environment":"` + long + `","flags":{"a":{"owner":"` + long + `","expires":"2020-01-01"}}}`,
		`{"schema":1,"flags":{"a":{"owner":"` + long + `","default":"on"},"` + long + `":{},"bad":{"variants":{"` +
			long + `":{"` + long + `":1,"` + long + `":1}}}},"` +
			long + `":1}`,
		`{"schema":1,"flags":{"bad":{` + repeated(100_000, `"`+letters(200)+`%d":0`) + `}}}`,
		`{"schema":1,"flags":{},` + repeated(100_000, `"revision":"`+letters(50)+`"`) + `}`,
	}
	for _, options := range [][]Option{nil, {WithEnvironment("production")}} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			source := newScript(serving("v0", `{"schema":1,"flags":{"other":{}}}`))
			client := newTestClient(t, source, append(options, WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))...)
			for _, document := range documents {
				source.set(serving("v", document))
				if err := client.Refresh(t.Context()); err != nil {
					assert.Less(t, len(err.Error()), maxErrorText)
				}
			}
			require.NoError(t, client.Close())
			lines := bytes.Split(out.Bytes(), []byte("\n"))
			assert.GreaterOrEqual(t, len(lines), 2, "at least one line was written")
			for _, line := range lines {
				assert.Less(t, len(line), maxErrorText)
				assert.True(t, len(line) == 0 || json.Valid(line))
			}
		})
	}
}

func TestStatusCopiesABoundedNumberOfErrors(t *testing.T) {
	document := manyOf(`{"requires":[{"flag":"z","in":[]}]}`)(50 * native.MaxBad)
	client := newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)))
	status := client.Status()
	require.Len(t, status.Bad, native.MaxBad)
	status.Bad[0].Key = "changed"
	assert.NotEqual(t, "changed", client.Status().Bad[0].Key, "it is a copy")

	document = `{"schema":1,"flags":{},` + repeated(100_000, `"%d":0`) + `}`
	client = newTestClient(t, Bytes([]byte(document)), WithBootstrap([]byte(document)))
	warnings := client.Status().Warnings
	require.Len(t, warnings, native.MaxWarnings)
	assert.Regexp(t, `\d+ more unknown fields are ignored`, warnings[native.MaxWarnings-1].Error())
}
