package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

func TestQuickstart(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	var out bytes.Buffer
	begin := time.Now()
	require.NoError(t, run(t.Context(), &out))
	assert.Less(t, time.Since(begin), 3*time.Second)

	text := out.String()
	t.Run("each stage names its tier", func(t *testing.T) {
		var tiers []string
		for line := range strings.Lines(text) {
			if after, ok := strings.CutPrefix(line, "   served from: "); ok {
				tier, _, _ := strings.Cut(after, ",")
				tiers = append(tiers, tier)
			}
		}
		assert.Equal(t, []string{"network", "network", "disk", "bootstrap"}, tiers)
	})
	t.Run("nothing changes after the first stage", func(t *testing.T) {
		assert.Equal(t, 3, strings.Count(text, "15 of 15 answers"))
	})
	t.Run("the table has values, variants, rules and reasons", func(t *testing.T) {
		for _, row := range [][]string{
			{"new-checkout", "true", "on", "germany", "SPLIT"},
			{"new-checkout", "true", "on", "staff first", "TARGETING_MATCH"},
			{"new-checkout", "false", "off", "-", "DEFAULT"},
			{"express-delivery", "false", "off", "-", "PREREQUISITE_FAILED"},
			{"banner", "Gift ideas", "gift", "-", "SPLIT"},
			{"upload-limit-mb", "100", "large", "members", "TARGETING_MATCH"},
			{"free-shipping-from", "49", "usual", "-", "STATIC"},
		} {
			assert.Contains(t, squeezed(text), "  "+strings.Join(row, "  ")+"\n")
		}
	})
	t.Run("the second look costs no download", func(t *testing.T) {
		assert.Contains(t, text, `the document: 1, "304 Not Modified": 1.`)
	})
	t.Run("it fits a terminal", func(t *testing.T) {
		assert.LessOrEqual(t, strings.Count(text, "\n"), 60)
		for line := range strings.Lines(text) {
			assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80, line)
		}
	})
	t.Run("it prints the same every time", func(t *testing.T) {
		var again bytes.Buffer
		require.NoError(t, run(t.Context(), &again))
		assert.Equal(t, text, again.String())
	})
	t.Run("it leaves nothing behind", func(t *testing.T) {
		entries, err := os.ReadDir(temporary)
		require.NoError(t, err)
		assert.Empty(t, entries)
	})
}

func TestQuickstartFailsWhenAnAnswerChanges(t *testing.T) {
	client := clientOf(t, rulesets.Shop)
	s := story{out: &bytes.Buffer{}, first: ask(client)}
	require.NoError(t, s.compare(client))

	other := bytes.Replace(rulesets.Shop, []byte(`"usual": 49`), []byte(`"usual": 50`), 1)
	require.Error(t, s.compare(clientOf(t, other)))
}

func TestHandlesFitTheRuleset(t *testing.T) {
	unasked, err := clientOf(t, rulesets.Shop).Verify(newCheckout, expressDelivery, banner, uploadLimit,
		freeShippingFrom)
	require.NoError(t, err)
	assert.Equal(t, []string{"reviews"}, unasked)
}

func TestShippedRulesetsAreValid(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "rulesets", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		document, err := os.ReadFile(name)
		require.NoError(t, err)
		rules, err := becket.Native.Decode(document)
		require.NoError(t, err, name)
		assert.Empty(t, rules.Info().Bad, name)
		assert.Empty(t, rules.Info().Warnings, name)
	}
}

func clientOf(t *testing.T, document []byte) *becket.Client {
	t.Helper()
	client, err := becket.New(becket.Bytes(document))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	require.NoError(t, client.Wait(t.Context()))
	return client
}

// squeezed shortens runs of more than two blanks to two.
func squeezed(text string) string {
	for strings.Contains(text, "   ") {
		text = strings.ReplaceAll(text, "   ", "  ")
	}
	return text
}
