package draw

import (
	"regexp"

	"pgregory.net/rapid"
)

// samplesOf returns texts that match a pattern; none if the generator knows none.
func samplesOf(pattern string) (texts []string) {
	const samples, longest = 3, 4096
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	for seed := range samples {
		text, ok := sample(pattern, seed)
		if ok && len(text) <= longest && expression.MatchString(text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// sample returns a text of the generator, which panics if it finds none.
func sample(pattern string, seed int) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	return rapid.StringMatching(pattern).Example(seed), true
}
