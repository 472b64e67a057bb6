package match

import (
	"fmt"
	"strings"
)

// longestSuggested is the greatest length, in bytes, of words and candidates that are compared. The
// time for a comparison is proportional to the product of their lengths.
const longestSuggested = 64

// Suggest returns ` (did you mean "…"?)` with the candidate that is nearest to a word, or "" if
// none is near.
func Suggest(word string, candidates []string) string {
	if name := Nearest(word, candidates); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}

// Nearest returns the candidate that differs from the word by the fewest edits. It returns "" if
// the fewest edits are more than two and more than a third of the word's length. Case is ignored.
// No candidate is near a word of more than 64 bytes.
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

// edits returns the Levenshtein distance: the number of bytes to insert, delete or replace to turn
// one text into the other.
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
