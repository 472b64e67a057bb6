package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A field that the format does not have is never found, so a mistyped name would find nothing and
// report nothing. This test reads the names in the command's own code.
func TestTheCommandAsksOnlyForFieldsThatTheFormatHas(t *testing.T) {
	raw, err := os.ReadFile("../../schema/ruleset.v1.json")
	require.NoError(t, err)
	var schema any
	require.NoError(t, json.Unmarshal(raw, &schema))
	fields := map[string]bool{}
	addProperties(fields, schema)
	require.True(t, fields["percent"], "the schema is read")
	files := sourcesOfTheCommand(t)
	asked := askedFields(files)
	assert.Greater(t, len(asked), 10)
	for place, field := range asked {
		assert.True(t, fields[field] || strings.HasPrefix(field, "x-"), "%s: the format has no field %q", place, field)
	}
}

func addProperties(fields map[string]bool, schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for name := range properties {
			fields[name] = true
		}
		for _, part := range schema {
			addProperties(fields, part)
		}
	case []any:
		for _, part := range schema {
			addProperties(fields, part)
		}
	}
}

// source is one file of the command.
type source struct {
	set  *token.FileSet
	file *ast.File
}

func sourcesOfTheCommand(t *testing.T) (sources []source) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "testdata" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		sources = append(sources, source{set, file})
		return err
	})
	require.NoError(t, err)
	return sources
}

// askedFields returns the names that are passed to the method Field, or to a parameter that is
// called "field", by their places.
func askedFields(sources []source) map[string]string {
	positions := map[string]int{"Field": 0}
	for _, s := range sources {
		for _, declaration := range s.file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok {
				notePosition(positions, f)
			}
		}
	}
	asked := map[string]string{}
	for _, s := range sources {
		ast.Inspect(s.file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			position, ok := positions[calledName(call)]
			if !ok || position >= len(call.Args) {
				return true
			}
			if literal, ok := call.Args[position].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				field, _ := strconv.Unquote(literal.Value)
				asked[s.set.Position(literal.Pos()).String()] = field
			}
			return true
		})
	}
	return asked
}

func notePosition(positions map[string]int, f *ast.FuncDecl) {
	position := 0
	for _, parameters := range f.Type.Params.List {
		for _, name := range parameters.Names {
			if name.Name == "field" {
				positions[f.Name.Name] = position
			}
			position++
		}
	}
}

func calledName(call *ast.CallExpr) string {
	switch function := call.Fun.(type) {
	case *ast.SelectorExpr:
		return function.Sel.Name
	case *ast.Ident:
		return function.Name
	default:
		return ""
	}
}
