package house_test

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Greatest widths and lengths of the code. A tab counts as four columns, as in golangci-lint's
// limit of 120 columns for code.
const (
	commentWidth       = 100
	tabWidth           = 4
	rootFunctionLines  = 45
	otherFunctionLines = 60
)

// goFile is a file of any module of the repository.
type goFile struct {
	path   string // path from the root of the repository, with slashes
	source []byte
	set    *token.FileSet
	syntax *ast.File
}

// goFiles parses every Go file of the repository, except for generated files.
func goFiles(t *testing.T) (files []goFile) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() &&
			(strings.HasPrefix(name, ".") && path != root || name == "node_modules") {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, filepath.ToSlash(name), source,
			parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(syntax) {
			files = append(files, goFile{filepath.ToSlash(name), source, set, syntax})
		}
		return nil
	}))
	require.Greater(t, len(files), 300, "the tests read the files of all modules")
	return files
}

// width returns the columns that a line takes.
func width(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}

// unbroken matches comments that cannot be wrapped: directives, and words that are wider than the
// limit, such as URLs.
var unbroken = regexp.MustCompile(`^\s*//\s*\S*$|(^|\s|//	)//(nolint|go):`)

// wideComments returns the lines of comments beyond the limit. It ignores the output of examples,
// because the program prints exactly this text.
func (f goFile) wideComments() (wide []int) {
	lines := bytes.Split(f.source, []byte("\n"))
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "// Output:") ||
				strings.HasPrefix(comment.Text, "// Unordered output:") {
				break
			}
			scanner := bufio.NewScanner(strings.NewReader(comment.Text))
			for line := f.set.Position(comment.Pos()).Line; scanner.Scan(); line++ {
				text := strings.TrimSuffix(string(lines[line-1]), "\r")
				if width(text) > commentWidth && !unbroken.MatchString(text) {
					wide = append(wide, line)
				}
			}
		}
	}
	return wide
}

func TestNoCommentIsWiderThan100Columns(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		for _, line := range f.wideComments() {
			assert.Fail(t, "the comment ends beyond column 100", "%s:%d", f.path, line)
		}
	}
}

// longFunctions returns functions and function literals with more lines than the limit.
func (f goFile) longFunctions() (long map[string]int) {
	limit := otherFunctionLines
	if !strings.Contains(f.path, "/") {
		limit = rootFunctionLines
	}
	long = map[string]int{}
	for _, declaration := range f.syntax.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			from, to := f.set.Position(function.Pos()).Line, f.set.Position(function.End()).Line
			if lines := to - from + 1; lines > limit {
				long[function.Name.Name] = lines
			}
		}
	}
	return long
}

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for name, lines := range f.longFunctions() {
			assert.Fail(t, "the function is too long", "%s: %s has %d lines", f.path, name, lines)
		}
	}
}

func parsed(t *testing.T, path, source string) goFile {
	t.Helper()
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, path, source, parser.ParseComments)
	require.NoError(t, err)
	return goFile{path, []byte(source), set, syntax}
}

func TestWideCommentsAndLongFunctionsAreFound(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 30)
	wide := parsed(t, "p.go", "package p\n\n// "+words+"\n\tvar a int // "+words+"\n\n/*\n"+words+"\n*/\n\n"+
		"// https://example.com/"+strings.Repeat("x", 100)+"\n\n// é"+strings.Repeat(" é", 48)+"\n")
	assert.Equal(t, []int{3, 4, 7}, wide.wideComments())
	assert.Equal(t, []int{3}, parsed(t, "p.go", "package p\n\n\t// "+strings.Repeat("w ", 47)+"\n").wideComments(),
		"a tab counts as four columns")

	body := "package p\n\nfunc f() {\n" + strings.Repeat("\tprintln()\n", 44) + "}\n"
	assert.Equal(t, map[string]int{"f": 46}, parsed(t, "p.go", body).longFunctions())
	assert.Empty(t, parsed(t, "internal/p.go", body).longFunctions())
}
