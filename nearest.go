package becket

import (
	"fmt"

	"github.com/becketflags/becket/internal/match"
)

// suggest returns ` (did you mean "…"?)` with the candidate nearest to a word, or "" when none is near.
func suggest(word string, candidates []string) string {
	if name := match.Nearest(word, candidates); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}
