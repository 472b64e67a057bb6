package doctest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// around puts a part of a document into a whole document, which has everything to which the parts
// on the page refer. %s is the part.
var around = map[string]string{
	"document": `%s`,
	"flags":    `{"schema": 1, "flags": %s}`,
	"segments": `{"schema": 1, "flags": {"new-checkout": {}}, "segments": %s}`,
	"flag":     `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags + `, "f": %s}}`,
	"rule": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags + `, "f": {` + variants +
		`, "rules": [%s]}}}`,
	"condition": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags +
		`, "f": {"rules": [{"if": %s, "serve": "on"}]}}}`,
	"serve": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags + `, "f": {` + variants +
		`, "rules": [{"serve": %s}]}}}`,
	"require": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags + `, "f": {"requires": [%s]}}}`,
	"ramp": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags +
		`, "f": {"rules": [{"ramp": %s, "serve": "on"}]}}}`,
	"layer": `{"schema": 1, ` + neighbours + `, "flags": {` + otherFlags +
		`, "f": {"rules": [{"layer": %s, "serve": "on"}]}}}`,
}

const (
	neighbours = `"segments": {"staff": {"include": ["user-7"]}, "friends": {"if": {"attribute": "email", "ends_with": "@example.com"}}}`
	otherFlags = `"new-checkout": {}, "search": {}`
	variants   = `"variants": {"on": "1", "off": "0", "red": "#f00", "green": "#0f0", "blue": "#00f"}, "default": "off"`
)

func TestRulesetPage(t *testing.T) {
	page := read(t, "..", "..", "..", "docs", "ruleset.md")
	t.Run("every JSON block is read without a complaint, or with the one that is printed below it", func(t *testing.T) {
		checkBlocks(t, Blocks(page))
	})
	t.Run("every object in the text is a part of a ruleset", func(t *testing.T) {
		checkSpans(t, Spans(withoutMistakes(t, page)))
	})
	t.Run("conditions have the results of the tables", func(t *testing.T) {
		rows := Table(page, "conditions")
		require.NotEmpty(t, rows)
		for _, row := range rows {
			require.Len(t, row.Cells, 3, "line %d", row.Line)
			assert.Equal(t, row.Cells[2], decide(t, row.Cells[0], row.Cells[1]), "line %d: %s on %s",
				row.Line, row.Cells[0], row.Cells[1])
		}
	})
	t.Run("version constraints have the results of the table", func(t *testing.T) {
		rows := Table(page, "versions")
		require.NotEmpty(t, rows)
		for _, row := range rows {
			require.Len(t, row.Cells, 3, "line %d", row.Line)
			condition := fmt.Sprintf(`{"attribute": "v", "semver": %q}`, row.Cells[0])
			assert.Equal(t, row.Cells[2], decide(t, condition, fmt.Sprintf(`"v": %q`, row.Cells[1])), "line %d: %v",
				row.Line, row.Cells)
		}
	})
	t.Run("hashes are those of the vectors", func(t *testing.T) { checkHashes(t, Table(page, "hashes")) })
	t.Run("keys are hashed as the texts of the table", func(t *testing.T) { checkKeyTexts(t, Table(page, "keys")) })
	t.Run("splits draw the variants of the table", func(t *testing.T) { checkSplits(t, Table(page, "splits")) })
	t.Run("links lead to files", func(t *testing.T) { checkLinks(t, page) })
}

// withoutMistakes returns the page with empty lines in place of the section about mistakes, whose
// objects are wrong on purpose. tests/pages compares it with the attempts that the decoder answers.
func withoutMistakes(t *testing.T, page string) string {
	t.Helper()
	before, rest, found := strings.Cut(page, "\n## Common first mistakes\n")
	require.True(t, found)
	section, after, found := strings.Cut(rest, "\n## ")
	require.True(t, found)
	return before + strings.Repeat("\n", strings.Count(section, "\n")+2) + "\n## " + after
}

func checkBlocks(t *testing.T, blocks []Block) {
	t.Helper()
	checked := 0
	for i, block := range blocks {
		if block.Language != "json" {
			continue
		}
		checked++
		kind, bad := strings.CutSuffix(block.Kind, " refused")
		wrap, ok := around[kind]
		require.True(t, ok, "line %d: a block of JSON needs a kind, not %q", block.Line, block.Kind)
		problem := complaint(fmt.Sprintf(wrap, block.Text))
		if !bad {
			assert.Empty(t, problem, "line %d", block.Line)
			continue
		}
		require.Less(t, i+1, len(blocks), "line %d", block.Line)
		assert.Equal(t, strings.TrimSpace(blocks[i+1].Text), problem, "line %d", block.Line)
	}
	assert.NotZero(t, checked)
}

// checkSpans checks objects in the text that have real values. It ignores objects with an … in
// them.
func checkSpans(t *testing.T, spans []Span) {
	t.Helper()
	for _, span := range spans {
		text := strings.ReplaceAll(span.Text, `\|`, "|")
		if !strings.HasPrefix(text, "{") || strings.Contains(text, "…") {
			continue
		}
		var problems []string
		for kind, wrap := range around {
			problem := complaint(fmt.Sprintf(wrap, text))
			if problem == "" {
				problems = nil
				break
			}
			problems = append(problems, kind+": "+problem)
		}
		assert.Empty(t, problems, "line %d: %s", span.Line, span.Text)
	}
}

// complaint returns the errors of a document, or "" if there are none.
func complaint(document string) string {
	rules, err := becket.Native.Decode([]byte(document))
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, bad := range rules.Info().Bad {
		lines = append(lines, bad.Error())
	}
	for _, warning := range rules.Info().Warnings {
		lines = append(lines, warning.Error())
	}
	return strings.Join(lines, "\n")
}

// decide returns the result of a condition. The attributes are written as members of an object.
func decide(t *testing.T, condition, attributes string) string {
	t.Helper()
	const document = `{"schema": 1, %s, "flags": {%s, "f": {
		"variants": {"true": "true", "false": "false", "unknown": "unknown"},
		"rules": [{"if": %s, "serve": "true"}, {"if": {"not": %s}, "serve": "false"}],
		"default": "unknown"}}}`
	return ask(t, fmt.Sprintf(document, neighbours, otherFlags, condition, condition),
		subject(t, attributes)).Variant.Name
}

func ask(t *testing.T, document string, subject becket.Subject) becket.Result {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err, document)
	require.Empty(t, rules.Info().Bad, document)
	now := time.Date(2026, time.November, 15, 12, 0, 0, 0, time.UTC)
	result := rules.Evaluate("f", becket.KindAny, &subject, becket.MomentAt(now, 0))
	require.Nil(t, result.Err, document)
	return result
}

func subject(t *testing.T, attributes string) becket.Subject {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader("{" + attributes + "}"))
	decoder.UseNumber()
	members := map[string]any{}
	require.NoError(t, decoder.Decode(&members), attributes)
	key := ""
	var list []becket.Attribute
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		if name == "key" {
			key, _ = value.(string)
			continue
		}
		list = append(list, becket.Any(name, value))
	}
	return becket.NewSubject(key, list...)
}

// hashing is the part of testdata/vectors/hashing.json that the page quotes.
type hashing struct {
	Keys []struct {
		Salt, Key, Murmur3 string
		Seed               uint32
		Unit               json.Number
	}
}

func checkHashes(t *testing.T, rows []Row) {
	t.Helper()
	require.NotEmpty(t, rows)
	var vectors hashing
	require.NoError(t,
		json.Unmarshal([]byte(read(t, "..", "..", "..", "testdata", "vectors", "hashing.json")), &vectors))
	for _, row := range rows {
		found := false
		for _, v := range vectors.Keys {
			if v.Salt == row.Cells[0] && v.Key == row.Cells[1] {
				found = true
				assert.Equal(t, []string{v.Salt, v.Key, fmt.Sprint(v.Seed), v.Murmur3, v.Unit.String()}, row.Cells,
					"line %d", row.Line)
			}
		}
		assert.True(t, found, "line %d: the vectors have no such row", row.Line)
	}
}

// checkKeyTexts splits by the attribute and by the text as the targeting key. Both must get the
// same variants for many salts.
func checkKeyTexts(t *testing.T, rows []Row) {
	t.Helper()
	require.NotEmpty(t, rows)
	for _, row := range rows {
		if row.Cells[1] == "no key" {
			assert.Empty(t, ruleOf(t, "", subject(t, `"a": `+row.Cells[0])), "line %d", row.Line)
			continue
		}
		for salt := range 50 {
			byText := ruleOf(t, strconv.Itoa(salt), subject(t, fmt.Sprintf(`"a": %q`, row.Cells[1])))
			assert.Equal(t, byText, ruleOf(t, strconv.Itoa(salt), subject(t, `"a": `+row.Cells[0])), "line %d",
				row.Line)
		}
	}
}

// ruleOf returns the name of the rule that applies, which is one of two halves, or "" if there is
// no key.
func ruleOf(t *testing.T, salt string, subject becket.Subject) string {
	t.Helper()
	const document = `{"schema": 1, "flags": {"f": {"rules": [
		{"name": "half", "by": "a", "salt": %q, "percent": 50, "serve": "on"},
		{"name": "rest", "by": "a", "percent": 100, "serve": "on"}]}}}`
	return ask(t, fmt.Sprintf(document, salt), subject).Rule
}

func checkSplits(t *testing.T, rows []Row) {
	t.Helper()
	require.NotEmpty(t, rows)
	const document = `{"schema": 1, "flags": {"f": {"variants": {"red": 1, "green": 2, "blue": 3}, "off": "red",
		"default": {"split": {"red": 50, "green": 30, "blue": 20}, "salt": "banner"}}}}`
	for _, row := range rows {
		assert.Equal(t, row.Cells[1], ask(t, document, becket.NewSubject(row.Cells[0])).Variant.Name, "line %d",
			row.Line)
	}
}

func checkLinks(t *testing.T, page string) {
	t.Helper()
	for _, part := range strings.Split(page, "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		target, anchor, _ := strings.Cut(target, "#")
		if strings.Contains(target, "://") {
			continue
		}
		if target == "" {
			assert.Contains(t, anchors(page), anchor)
			continue
		}
		_, err := os.Stat(filepath.Join("..", "..", "..", "docs", filepath.FromSlash(target)))
		assert.NoError(t, err)
	}
}

// anchors returns the anchors of a page's headings.
func anchors(page string) (names []string) {
	for line := range strings.Lines(page) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			names = append(names, strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-"))
		}
	}
	return names
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return strings.ReplaceAll(string(content), "\r\n", "\n")
}
