package becket

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A value on the stack can move with the stack. If a pointer to it is hidden from escape analysis,
// a library may then still use its earlier place. A pointer is hidden if it is made from a number,
// or passed to a function whose body the compiler does not see.
func TestNothingIsHiddenFromEscapeAnalysis(t *testing.T) {
	t.Parallel()
	seen := 0
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "benchmarks" || d.Name() == "tools"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go" && path.Ext(file) != ".s" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(file)
		seen++
		assert.Empty(t, hidings(t, file, source), "%s: copy kept values to the heap, and hide nothing", file)
		return err
	}))
	assert.Greater(t, seen, 100, "files that were read")
}

// hidings returns the parts of a file that could hide pointers.
func hidings(t *testing.T, name string, source []byte) (found []string) {
	t.Helper()
	if path.Ext(name) == ".s" {
		return []string{"assembly"}
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
	require.NoError(t, err)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:linkname") || strings.HasPrefix(comment.Text, "//go:noescape") {
				found = append(found, comment.Text)
			}
		}
	}
	importsUnsafe := false
	for _, i := range file.Imports {
		importsUnsafe = importsUnsafe || i.Path.Value == `"unsafe"`
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if importsUnsafe && n.Name == "uintptr" {
				found = append(found, "uintptr")
			}
		case *ast.SelectorExpr:
			if name := n.Sel.Name; name == "StringHeader" || name == "SliceHeader" || name == "UnsafeAddr" {
				found = append(found, name)
			}
		case *ast.FuncDecl:
			if n.Body == nil {
				found = append(found, "a function without a body: "+n.Name.Name)
			}
		}
		return true
	})
	return found
}

func TestTheSearchForHiddenPointersFindsEachKind(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a number":    "package p\nimport \"unsafe\"\nfunc f(p *int) *int { return (*int)(unsafe.Pointer(uintptr(unsafe.Pointer(p)))) }",
		"a directive": "package p\n//go:noescape\nfunc f(p *int)",
		"a link":      "package p\nimport _ \"unsafe\"\n//go:linkname f runtime.f\nfunc f()",
		"a header":    "package p\nimport \"reflect\"\nvar h reflect.StringHeader",
		"no body":     "package p\nfunc f(p *int)",
	} {
		assert.NotEmpty(t, hidings(t, "p.go", []byte(source)), name)
	}
	assert.NotEmpty(t, hidings(t, "p.s", nil))
	assert.Empty(t,
		hidings(t, "p.go",
			[]byte("package p\nimport \"unsafe\"\nfunc f(p *byte) string { return unsafe.String(p, 1) }")))
}
