package match

import (
	"fmt"
	"strings"
)

// longestSuggested is how many bytes a word and a candidate have at most to be compared: the time
// that it takes is their product.
const longestSuggested = 64

// Suggest returns ` (did you mean "…"?)` with the candidate nearest to a word, or "" when none is
// near.
func Suggest(word string, candidates []string) string {
	if name := Nearest(word, candidates); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}

// Nearest returns the candidate that the fewest edits make of the word, if they are at most a third
// of it, or 2; "" when none is near. Upper and lower case count as the same. Nothing is near a word
// of more than 64 bytes.
func Nearest(word string, candidates []string) string {
	if len(word) > longestSuggested {
		return ""
	}
	lower := strings.ToLower(word)
	best, fewest := "", max(2, len(word)/3)+1
	for _, candidate := range candidates {
		if apart := len(word) - len(candidate); apart >= fewest || -apart >= fewest ||
			len(candidate) > longestSuggested {
			continue
		}
		if n := edits(lower, strings.ToLower(candidate)); n < fewest && n < len(candidate) {
			best, fewest = candidate, n
		}
	}
	return best
}

// edits counts the bytes to insert, delete or replace to make one text of the other (Levenshtein's
// distance).
func edits(a, b string) int {
	var room [2 * longestSuggested]int // a text may be longer in lower case
	row := room[:]
	if len(b) >= len(room) {
		row = make([]int, len(b)+1)
	}
	row = row[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
