package match_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

// alike returns texts of all lengths up to most that are hard to tell apart: bytes of 0, and single
// bits that differ.
func alike(most int) []string {
	texts := []string{""}
	for n := 1; n <= most; n++ {
		zeros := strings.Repeat("\x00", n)
		texts = append(texts, zeros)
		for i := range n {
			for bit := range 8 {
				text := []byte(zeros)
				text[i] = 1 << bit
				texts = append(texts, string(text))
			}
		}
	}
	return texts
}

func TestFingerprintsOfShortTextsAreExact(t *testing.T) {
	fingerprints := map[match.Fingerprint]string{}
	for _, text := range alike(match.Exact)[1:] {
		fingerprint := match.FingerprintOf(text)
		assert.NotEqual(t, match.Fingerprint{}, fingerprint, "%q", text)
		assert.Empty(t, fingerprints[fingerprint], "%q", text)
		assert.Equal(t, text, fingerprint.Text())
		fingerprints[fingerprint] = text
	}
}

func TestFingerprintsOfLongTextsHardlyEverMeet(t *testing.T) {
	fingerprints := map[match.Fingerprint]string{}
	for _, text := range alike(70)[1:] {
		fingerprint := match.FingerprintOf(text)
		assert.Empty(t, fingerprints[fingerprint], "%q", text)
		assert.Equal(t, fingerprint, match.FingerprintOf(strings.Clone(text)))
		fingerprints[fingerprint] = text
	}
}

func TestPlacesAreSpreadEvenly(t *testing.T) {
	const places, each = 64, 1000
	counts := make([]int, places)
	for i := range places * each {
		text := string([]byte{'k', byte(i), byte(i >> 8), byte(rand.Uint32())})
		counts[match.FingerprintOf(text).Place(places)]++
	}
	for place, count := range counts {
		assert.InDelta(t, each, count, 5*32, "place %d", place) // five standard deviations
	}
}
