package becket

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// Limits for decoding, which docs/ruleset.md promises.
const (
	bytesPerByte = 40
	bytesAtOnce  = 8 << 20

	maxToldKey  = 1024 // bytes of a key that is too long, in lists of bad flags and segments
	maxPathName = 64   // bytes of a name in a path
	maxPattern  = 4096 // bytes of a pattern
)

// decodingCosts returns the number of bytes and the processor time that decoding a document takes,
// each as the best of several runs. For the time, one goroutine decodes on a thread of its own, so
// the time of other goroutines and programs does not count.
func decodingCosts(document []byte) (allocated uint64, took time.Duration, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	allocated, took = 1<<63, time.Hour
	for range 3 {
		var before, after runtime.MemStats
		began := threadTime()
		_, _ = decodeNative(document, 1)
		took = min(took, threadTime()-began)
		runtime.ReadMemStats(&before)
		_, err = decodeNative(document, native.MaxReaders)
		runtime.ReadMemStats(&after)
		allocated = min(allocated, after.TotalAlloc-before.TotalAlloc)
	}
	return allocated, took, err
}

func TestDecodingAHostileDocumentTakesMemoryAndTimeInProportionToItsSize(t *testing.T) {
	sizes := [2]int{100_000, 400_000}
	if testing.Short() {
		sizes = [2]int{50_000, 200_000}
	}
	if raceDetector {
		t.Skip("the race detector takes memory and time of its own")
	}
	for _, kind := range hostileDocuments() {
		t.Run(kind.name, func(t *testing.T) {
			small, large := []byte(kind.build(sizes[0])), []byte(kind.build(sizes[1]))
			smallBytes, smallTime, _ := decodingCosts(small)
			largeBytes, largeTime, err := decodingCosts(large)
			perByte := uint64(bytesPerByte)
			if strings.HasPrefix(kind.name, "version constraints") {
				perByte = 200
			}
			assert.LessOrEqual(t, smallBytes, perByte*uint64(len(small))+bytesAtOnce)
			assert.LessOrEqual(t, largeBytes, perByte*uint64(len(large))+bytesAtOnce)
			for try := 0; largeTime > 10*smallTime+50*time.Millisecond &&
				try < 5; try++ { // other programs may have had the processor
				_, again, _ := decodingCosts(large)
				largeTime = min(largeTime, again)
			}
			assert.LessOrEqual(t, largeTime, 10*smallTime+50*time.Millisecond, "the time for the large document")
			assertShortTexts(t, large, err)
		})
	}
}

// assertShortTexts decodes a document once more and checks the length of every error and warning.
func assertShortTexts(t *testing.T, document []byte, err error) {
	t.Helper()
	if err != nil {
		assert.Less(t, len(err.Error()), maxErrorText)
		return
	}
	rules, err := Native.Decode(document)
	require.NoError(t, err)
	info := rules.Info()
	total := 0
	for _, bad := range info.Bad {
		problems := 1
		if joined, ok := bad.Err.(interface{ Unwrap() []error }); ok {
			problems = len(joined.Unwrap())
		}
		total += problems
		require.LessOrEqual(t, problems, native.MaxProblems)
		require.LessOrEqual(t, len(bad.Key), maxToldKey+len("…"))
		require.Less(t, len(bad.Error()), maxErrorText)
	}
	assert.LessOrEqual(t, total, maxNoted+len(info.Bad))
	assert.LessOrEqual(t, len(info.Warnings), native.MaxWarnings)
	for _, warning := range info.Warnings {
		assert.Less(t, len(warning.Error()), 1024)
	}
}

const maxErrorText = 64 << 10

func TestADocumentOverTheLimitIsRefusedByTheFormatToo(t *testing.T) {
	document := []byte(`{"schema":1,"flags":{}}` + strings.Repeat(" ", maxDocument))
	_, err := Native.Decode(document)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = Native.Decode(document[:maxDocument])
	require.NoError(t, err)
}

func TestARevisionThatCannotBeHeldExactlyIsRefused(t *testing.T) {
	for revision, good := range map[string]bool{
		"0": true, "9007199254740991": true, "9007199254740992": false, "9223372036854775807": false, "1e300": false,
		"-1": false,
	} {
		_, err := Native.Decode([]byte(`{"schema":1,"revision":` + revision + `,"flags":{}}`))
		if good {
			require.NoError(t, err, revision)
			continue
		}
		require.Error(t, err, revision)
		assert.True(t, strings.Contains(err.Error(), "9007199254740991") || strings.Contains(err.Error(), "64 bits"),
			err)
	}
}

func TestProblemsOfAFlagAreListedUpToAHundred(t *testing.T) {
	rules, err := Native.Decode([]byte(oneFlag(`"rules":[`, `{"serve":"on","percent":101}`, `]`)(20_000)))
	require.NoError(t, err)
	require.Len(t, rules.Info().Bad, 1)
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](rules.Info().Bad[0].Err)
	require.True(t, ok)
	problems := joined.Unwrap()
	require.Len(t, problems, 100)
	require.ErrorContains(t, problems[98], "flags.f.rules[98].percent")
	assert.Regexp(t, `flags\.f at 1:\d+: \d+ more problems are not listed$`, problems[99].Error())
}

func TestLongKeysAreShortenedInMessages(t *testing.T) {
	key := strings.Repeat("k", 40_000)
	rules, err := Native.Decode([]byte(`{"schema":1,"flags":{"` + key + `":{"unknown":1},"good":{}}}`))
	require.NoError(t, err)
	info := rules.Info()
	require.Len(t, info.Bad, 1)
	assert.Less(t, len(info.Bad[0].Error()), 200)
	assert.Contains(t, info.Bad[0].Error(), "the key has 40000 bytes, more than 256")
	assert.Equal(t, match.Shorten(key, maxToldKey), info.Bad[0].Key)
	_, found := rules.Flag(key)
	assert.False(t, found, "there is no flag for an invalid key")
}

func TestThePathOfADeepProblemKeepsItsTwoEnds(t *testing.T) {
	deep := strings.Repeat(`{"all":[`, 27) + `{"attribute":"a","lt":"x"}` + strings.Repeat(`]}`, 27)
	rules, err := Native.Decode([]byte(`{"schema":1,"flags":{"` + strings.Repeat("k", 200) +
		`":{"rules":[{"serve":"on","if":` + deep + `}]}}}`))
	require.NoError(t, err)
	require.Len(t, rules.Info().Bad, 1)
	text := rules.Info().Bad[0].Error()
	assert.Less(t, len(text), 400)
	assert.Contains(t, text, `flags["`+strings.Repeat("k", maxPathName)+`…"].rules[0].if.all[0]`)
	assert.Contains(t, text, ".all[0].lt at 1:")
}

func TestAtMostOneSuggestionIsMadeForAFlag(t *testing.T) {
	rules, err := Native.Decode([]byte(`{"schema":1,"flags":{
		"two": {"enabld": true, "ruls": [], "description": "` + letters(100) + `"},
		"long": {"` + letters(70) + `": true}}}`))
	require.NoError(t, err)
	require.Len(t, rules.Info().Bad, 2)
	assert.NotContains(t, rules.Info().Bad[0].Error(), "did you mean")
	assert.Equal(t, 1, strings.Count(rules.Info().Bad[1].Error(), "did you mean"))
	assert.Contains(t, rules.Info().Bad[1].Error(), `unknown field "enabld" (did you mean "enabled"?)`)
}
