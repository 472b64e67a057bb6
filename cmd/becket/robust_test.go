package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// corpus reads the library's valid and invalid documents, and the results of its decoder; in short
// runs, every fourth of them.
func corpus(t testing.TB) (documents [][]byte, decoder []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "corpus", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		var examples []struct {
			Decoder  string          `json:"decoder"`
			Document json.RawMessage `json:"document"`
			Text     *string         `json:"text"`
			Base64   []byte          `json:"base64"`
		}
		require.NoError(t, json.Unmarshal(body, &examples))
		for i, e := range examples {
			if testing.Short() && i%4 != 0 {
				continue
			}
			document := []byte(e.Document)
			if e.Text != nil {
				document = []byte(*e.Text)
			} else if e.Base64 != nil {
				document = e.Base64
			}
			documents, decoder = append(documents, document), append(decoder, e.Decoder)
		}
	}
	return documents, decoder
}

// onText runs the command with a document on standard input.
func onText(document []byte, args ...string) (code int, output string) {
	var out bytes.Buffer
	code = run(&env{
		ctx: context.Background(), stdin: bytes.NewReader(document), stdout: &out, stderr: &out,
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}, args)
	return code, out.String()
}

// The command reports an error for exactly those documents that the library finds invalid.
func TestCheckAgreesWithTheDecoder(t *testing.T) {
	documents, decoder := corpus(t)
	for i, document := range documents {
		code, output := onText(document, "check", "-", "--format", "native", "--json")
		invalid := strings.HasPrefix(output, "stdin:") || strings.Contains(output, `"name": "invalid"`)
		assert.NotEqual(t, exitUsage, code, output)
		if decoder[i] != "good" && !invalid {
			assert.False(t, json.Valid(document),
				"only comments and trailing commas are better here than in the library: %s", document)
			continue
		}
		assert.Equal(t, decoder[i] != "good", invalid, "%s\n%s", document, output)
	}
}

// verbs run on arbitrary bytes. None of them may panic, and every exit code keeps its meaning.
var verbs = [][]string{
	{"check", "-"},
	{"fmt", "-"},
	{"build", "-"},
	{"eval", "--all", "-r", "-", "--key", "user-1", "--attr", "country=DE"},
	{"explain", "f", "-r", "-"},
	{"simulate", "f", "-r", "-", "--subjects", "20"},
}

func FuzzVerbs(f *testing.F) {
	documents, _ := corpus(f)
	for i, document := range documents {
		if i%7 == 0 && len(document) < 10_000 {
			f.Add(document, uint8(i))
		}
	}
	for i, path := range []string{"commented.jsonc", "broken.yaml", "flagd.json", "configcat.json", "smells.json"} {
		document, err := os.ReadFile(rulesFile(path))
		require.NoError(f, err)
		for j := range verbs {
			f.Add(document, uint8(i+j))
		}
	}
	f.Fuzz(func(t *testing.T, document []byte, verb uint8) {
		args := verbs[int(verb)%len(verbs)]
		code, output := onText(document, args...)
		if !slices.Contains([]int{exitGood, exitFinding, exitUsage}, code) {
			t.Fatalf("%v exits with %d: %s", args, code, output)
		}
	})
}
