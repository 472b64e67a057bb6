package doctest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const page = "# A page\n\nWith `code` and `more`.\n\n```json rule\n{\"`x`\": 1}\n```\n\n" +
	"<!-- checked: sums -->\n\n| a | b |\n|---|---|\n| `1 \\| 2` | 3 |\n| 4 | |\n\n| c |\n|---|\n| 5 |\n\n```\nplain\n```\n"

func TestBlocksKeepLanguageKindAndPlace(t *testing.T) {
	assert.Equal(t, []Block{
		{Line: 6, Language: "json", Kind: "rule", Text: "{\"`x`\": 1}\n"},
		{Line: 21, Text: "plain\n"},
	}, Blocks(page))
}

func TestSpansAreThoseOfTheText(t *testing.T) {
	assert.Equal(t, []Span{{3, "code"}, {3, "more"}, {13, `1 \| 2`}}, Spans(page))
}

func TestTableBelowItsComment(t *testing.T) {
	assert.Equal(t, []Row{{13, []string{"1 | 2", "3"}}, {14, []string{"4", ""}}}, Table(page, "sums"))
	assert.Empty(t, Table(page, "other"))
}
