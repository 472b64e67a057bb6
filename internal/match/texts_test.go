package match_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

func TestASetContainsTheTextsThatWereAdded(t *testing.T) {
	for _, form := range []string{"t%d", "text no. %d", "a text of more than fifteen bytes: %d"} {
		for _, size := range []int{0, 1, 8, 9, 1000} {
			var texts []string
			for i := range size {
				texts = append(texts, fmt.Sprintf(form, i))
			}
			set := match.NewTexts(slices.Concat(texts, texts))
			for i := range size {
				assert.True(t, set.Has(fmt.Sprintf(form, i)), "%d of %d", i, size)
			}
			for i := range 1000 {
				assert.False(t, set.Has(fmt.Sprintf(form, size+i)), "of %d", size)
			}
			assert.False(t, set.Has(""), "of %d", size)
			assert.Equal(t, size, set.Len())
			slices.Sort(texts)
			assert.Equal(t, texts, set.Sorted())
		}
	}
}

func TestASetOfManyTextsOfEveryLength(t *testing.T) {
	for most := range 20 {
		texts := alike(most)
		set := match.NewTexts(texts)
		for _, text := range texts {
			assert.True(t, set.Has(text), "%q", text)
			assert.False(t, set.Has(text+"x"), "%q", text+"x")
		}
		slices.Sort(texts)
		assert.Equal(t, texts, set.Sorted())
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

func TestContainsFindsAnyOfSeveralTexts(t *testing.T) {
	assert.True(t, match.ContainsAny("becket", []string{"x", "cke"}))
	assert.False(t, match.ContainsAny("becket", []string{"x", "CKE"}))
	assert.True(t, match.ContainsAny("", []string{""}))
	assert.False(t, match.ContainsAny("becket", nil))
	assert.True(t, match.HasAnyPrefix("becket", []string{"x", "bec"}))
	assert.False(t, match.HasAnyPrefix("becket", []string{"cket"}))
	assert.True(t, match.HasAnySuffix("becket", []string{"x", "ket"}))
	assert.False(t, match.HasAnySuffix("becket", []string{"bec"}))
}
