package match_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

func TestASetHasWhatWasPutIn(t *testing.T) {
	for _, size := range []int{0, 1, 8, 9, 1000} {
		var texts []string
		for i := range size {
			texts = append(texts, "text "+strconv.Itoa(i))
		}
		set := match.NewTexts(texts)
		for i := range size {
			assert.True(t, set.Has("text "+strconv.Itoa(i)), "%d of %d", i, size)
		}
		assert.False(t, set.Has("text "+strconv.Itoa(size)), "of %d", size)
		assert.False(t, set.Has(""), "of %d", size)
	}
}

func TestAShortTextIsNotALongerOne(t *testing.T) {
	set := match.NewTexts([]string{"DE", "a\x00", "1234567", ""})
	for _, text := range []string{"DE", "a\x00", "1234567", ""} {
		assert.True(t, set.Has(text), "%q", text)
	}
	for _, text := range []string{"D", "DE\x00", "ED", "a", "12345678", "\x00", "de"} {
		assert.False(t, set.Has(text), "%q", text)
	}
}

func TestTextsAreSearchedForAnyOfSeveral(t *testing.T) {
	assert.True(t, match.ContainsAny("becket", []string{"x", "cke"}))
	assert.False(t, match.ContainsAny("becket", []string{"x", "CKE"}))
	assert.True(t, match.ContainsAny("", []string{""}))
	assert.False(t, match.ContainsAny("becket", nil))
	assert.True(t, match.HasAnyPrefix("becket", []string{"x", "bec"}))
	assert.False(t, match.HasAnyPrefix("becket", []string{"cket"}))
	assert.True(t, match.HasAnySuffix("becket", []string{"x", "ket"}))
	assert.False(t, match.HasAnySuffix("becket", []string{"bec"}))
}
