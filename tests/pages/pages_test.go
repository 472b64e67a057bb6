// Package pages_test checks the pages: each Go block that a reader may copy is a part of a file
// that compiles.
package pages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/tests/internal/doctest"
)

const root = "../.."

// compiled are the files that contain the blocks. Every block of README.md runs as an example of
// the root package, whose own test compares the blocks.
var compiled = []string{
	"example*_test.go", "*/example*_test.go", "otel/*/example*_test.go",
	"tests/pages/*_test.go", "cmd/becket/examples/*/*.go",
}

func TestEveryGoBlockOfThePagesIsCompiled(t *testing.T) {
	var sources []string
	for _, pattern := range compiled {
		for _, file := range glob(t, pattern) {
			sources = append(sources, normal(read(t, file)))
		}
	}
	blocks := 0
	for _, page := range pages(t) {
		for _, block := range doctest.Blocks(read(t, page)) {
			if block.Language != "go" {
				continue
			}
			blocks++
			for _, part := range withoutImports(block.Text) {
				assert.Truef(t, containsOne(sources, normal(part)),
					"%s:%d: no compiled file holds these lines:\n%s", page, block.Line, part)
			}
		}
	}
	assert.GreaterOrEqual(t, blocks, 20)
}

// pages returns the pages in docs/ and those beside packages, without README.md of the root.
func pages(t *testing.T) []string {
	t.Helper()
	files := glob(t, "docs/*.md")
	for _, pattern := range []string{"SECURITY.md", "CONTRIBUTING.md", "*/README.md", "*/*/README.md"} {
		files = append(files, glob(t, pattern)...)
	}
	return files
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	require.NoError(t, err)
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

func containsOne(sources []string, part string) bool {
	for _, source := range sources {
		if strings.Contains(source, part) {
			return true
		}
	}
	return false
}

// normal removes indentation and blank lines, which differ between a page and a file.
func normal(code string) string {
	var kept strings.Builder
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			kept.WriteString(line + "\n")
		}
	}
	return kept.String()
}

// withoutImports separates a block's code from its imports, because a file has all its imports in
// one place. Each imported path is a part of its own.
func withoutImports(block string) (parts []string) {
	rest, found := strings.CutPrefix(block, "import ")
	if !found {
		return []string{block}
	}
	imports, code, _ := strings.Cut(rest, "\n\n")
	if group, grouped := strings.CutPrefix(rest, "("); grouped {
		imports, code, _ = strings.Cut(group, "\n)\n")
	}
	for line := range strings.Lines(imports) {
		if strings.TrimSpace(line) != "" {
			parts = append(parts, line)
		}
	}
	return append(parts, code)
}

func TestABlockOfOtherCodeIsFound(t *testing.T) {
	sources := []string{normal("func f() {\n\tg(1)\n\n\th(2)\n}\n")}
	assert.True(t, containsOne(sources, normal("g(1)\nh(2)\n")))
	assert.False(t, containsOne(sources, normal("g(1)\nh(3)\n")))
	assert.Equal(t, []string{`"a"`, "f()\n"}, withoutImports("import \"a\"\n\nf()\n"))
	assert.Equal(t, []string{"\t\"a\"\n", "\tb \"c\"", "\nf()\n"},
		withoutImports("import (\n\t\"a\"\n\n\tb \"c\"\n)\n\nf()\n"))
}
