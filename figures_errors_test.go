package becket

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
)

var figuresOfErrors = []figure{
	{pageOfRulesets, "lists at most 100 problems, and no more than two plus one for each 32 bytes of its definition",
		func(t *testing.T) {
			assert.Len(t, problemsOfBytes(t, 10_000), 100)
			for _, size := range []int{32, 320, 1600, 3000} {
				problems := problemsOfBytes(t, size)
				assert.Len(t, problems, 2+size/32, "%d bytes", size)
				assert.ErrorContains(t, problems[len(problems)-1], "more problem", "the last one says so")
			}
		}},
	{pageOfRulesets, "A document lists at most 10,000, and one for each further invalid flag", func(t *testing.T) {
		unknown := copies(6, `"u%d":"`+letters(40)+`"`)
		listed := 0
		for _, bad := range invalidIn(t, document(copies(3000, `"%d":{`+unknown+`}`), "")) {
			listed += len(problemsOf(&bad))
		}
		full := 10_000 / 6 // flags whose six problems are all listed
		assert.InDelta(t, 10_000+3000-full, listed, 6)
	}},
	{pageOfRulesets, "No error and no line of the log has more than 64 KiB",
		figuretest.By(".", "TestNoDocumentMakesALineOfTheLogLong")},
	{pageOfRulesets, "and only for names of up to 64 bytes", func(t *testing.T) {
		for length, suggested := range map[int]bool{64: true, 65: false} {
			name := letters(length-1) + "b"
			invalid := invalidIn(t, document(flagOf(`"variants":{"`+name+`":1},"default":"`+letters(length)+`"`), ""))
			require.Len(t, invalid, 1)
			assert.Equal(t, suggested, strings.Contains(invalid[0].Error(), "did you mean"), length)
		}
	}},
	{pageOfRulesets, "A document has at most 100 warnings, and `Status` lists at most 10,000 invalid flags and segments",
		func(t *testing.T) {
			first := []byte(document(copies(20_000, `"%d":{}`), ""))
			rest := strings.TrimSuffix(document(copies(20_000, `"%d":{"requires":[{"flag":"none","in":[]}]}`), ""), "}")
			last := []byte(rest + "," + copies(500, `"unknown-%d":0`) + "}")
			for _, document := range [][]byte{first, last} {
				client := newTestClient(t, Bytes(document), WithBootstrap(document))
				status := client.Status()
				if len(status.Bad) > 0 {
					assert.Len(t, status.Bad, 10_000)
					assert.Len(t, status.Warnings, 100)
				}
			}
		}},
	{pageOfOperations, "for each invalid flag or segment of a new document, and every hour while it stays invalid",
		figuretest.By(".", "TestInvalidFlagsAreLoggedAgainEveryHour")},
	{pageOfOperations, "and at most ten different ones of a cause", func(t *testing.T) {
		log, number := &logged{}, 0
		synctest.Test(t, func(t *testing.T) {
			source := newScript(func(context.Context, Validator) (Document, error) {
				number++
				return Document{}, fmt.Errorf("down for reason %d", number)
			})
			client := newTestClient(t, source, WithLogger(log.logger()), WithPollInterval(time.Second))
			time.Sleep(59 * time.Second)
			require.NoError(t, client.Close())
		})
		assert.Greater(t, number, 30)
		assert.Equal(t, 10, strings.Count(log.String(), "refresh failed"))
	}},
	{pageOfOperations, "each is logged once an hour, an unknown flag with the nearest known key", func(t *testing.T) {
		log := &logged{}
		synctest.Test(t, func(t *testing.T) {
			client := newTestClient(t, newScript(serving("1", flagsDocument(1, "known"))), WithLogger(log.logger()))
			require.NoError(t, client.Wait(t.Context()))
			for range 8 { // the line is due again when exactly an hour has passed
				client.For(Subject{}).Enabled("knwon")
				time.Sleep(30 * time.Minute)
			}
			require.NoError(t, client.Close())
		})
		assert.Equal(t, 4, strings.Count(log.String(), `unknown flag`))
	}},
	{"docs/opentelemetry.md", "flags of which checks cannot get the value, at most 100", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client := newTestClient(t, newScript(serving("1", flagsDocument(1, "a"))))
			require.NoError(t, client.Wait(t.Context()))
			for i := range 250 {
				client.For(Subject{}).Enabled(fmt.Sprint("unknown-", i))
			}
			assert.Len(t, client.Status().Misfits, 100)
		})
	}},
}

// problemsOfBytes returns the problems of a flag whose definition has that many bytes, an even
// number. It begins a problem at every second byte.
func problemsOfBytes(t *testing.T, size int) []error {
	t.Helper()
	const head, tail = `{"tags":[`, `0]}`
	definition := head + strings.Repeat("0,", (size-len(head)-len(tail))/2) + tail
	invalid := invalidIn(t, document(`"f":`+definition, ""))
	require.Len(t, invalid, 1)
	return problemsOf(&invalid[0])
}
