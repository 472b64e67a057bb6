// Package usage finds the flags that Go code asks for, by its types and not by its text: calls of
// becket's methods, and handles.
package usage

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/becketflags/becket/cmd/becket/internal/generate"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// Code is what was found in packages.
type Code struct {
	Asks     []Ask // in the order of their places; handles that nobody uses are not among them
	Idle     []Ask // handles that nobody uses
	Packages int   // how many were read
}

// Options say what to read.
type Options struct {
	Dir      string   // where the go command runs; "" for the current folder
	Patterns []string // as the go command takes them
	Tests    bool     // files of tests too
	Tags     string   // build tags, separated by commas
}

// Read finds the flags that packages ask for. Code that does not compile is a *report.RefusedError.
func Read(ctx context.Context, o Options) (*Code, error) {
	config := &packages.Config{
		Context: ctx, Dir: o.Dir, Tests: o.Tests,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule,
	}
	if o.Tags != "" {
		config.BuildFlags = []string{"-tags=" + o.Tags}
	}
	loaded, err := packages.Load(config, o.Patterns...)
	if err != nil {
		return nil, err
	}
	if err := refused(loaded); err != nil {
		return nil, err
	}
	r := reader{seen: map[string]bool{}, used: map[string]bool{}, called: map[*ast.Ident]bool{}}
	paths := map[string]bool{}
	for _, pkg := range loaded {
		if strings.HasSuffix(pkg.ID, ".test") {
			continue // the program that the go command makes of tests
		}
		paths[pkg.PkgPath] = true
		r.info, r.files = pkg.TypesInfo, pkg.Fset
		for _, file := range pkg.Syntax {
			// With its tests, a package is read twice.
			if name := pkg.Fset.File(file.FileStart).Name(); !r.seen[name] {
				r.seen[name] = true
				r.file(file)
			}
		}
	}
	return r.code(len(paths)), nil
}

// refused returns what keeps packages from being read: with a place it is a mistake in the code,
// without one a package that is not to be had.
func refused(loaded []*packages.Package) error {
	var missing error
	var findings []report.Finding
	told := map[string]bool{}
	packages.Visit(loaded, nil, func(pkg *packages.Package) {
		for _, problem := range pkg.Errors {
			if told[problem.Error()] {
				continue
			}
			told[problem.Error()] = true
			f := report.Finding{Name: report.Invalid, Message: problem.Msg}
			f.File, f.Line, f.Column = splitPosition(problem.Pos)
			if f.Line == 0 {
				missing = fmt.Errorf("%s: %s", pkg.PkgPath, problem.Msg)
				continue
			}
			findings = append(findings, f)
		}
	})
	if len(findings) == 0 {
		return missing
	}
	report.Sort(findings)
	return &report.RefusedError{Findings: findings}
}

// splitPosition takes file:line:column apart.
func splitPosition(position string) (file string, line, column int) {
	numbers := []int{}
	for len(numbers) < 2 {
		i := strings.LastIndexByte(position, ':')
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(position[i+1:])
		if err != nil {
			break
		}
		numbers, position = append(numbers, n), position[:i]
	}
	switch len(numbers) {
	case 2:
		return relative(position), numbers[1], numbers[0]
	case 1:
		return relative(position), numbers[0], 1
	case 0:
		if position == "-" {
			return "", 0, 0
		}
	}
	return relative(position), 0, 0
}

// relative returns a path as seen from the current folder, where it is below.
func relative(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil && !strings.HasPrefix(path, folder) {
		folder = real
	}
	if near, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(near) {
		path = near
	}
	return filepath.ToSlash(path)
}

// reader reads one package after another.
type reader struct {
	info   *types.Info
	files  *token.FileSet
	asks   []Ask
	seen   map[string]bool // files
	used   map[string]bool // variables of packages, by their full name
	called map[*ast.Ident]bool

	generated bool // the file is one of gen's
}

func (r *reader) position(node ast.Node) token.Position {
	p := r.files.Position(node.Pos())
	p.Filename = relative(p.Filename)
	return p
}

// file reads one file.
func (r *reader) file(file *ast.File) {
	variables := r.variables(file)
	r.generated = isGenerated(file)
	idle := map[*ast.Ident]bool{} // mentions of a handle that ask for nothing
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			r.call(node)
			r.verification(node, idle)
		case *ast.CompositeLit:
			r.literal(node, variables[node])
			r.handleList(node, idle)
		case *ast.AssignStmt:
			for i := range node.Lhs {
				if len(node.Lhs) == len(node.Rhs) {
					r.assignment(node.Lhs[i], node.Rhs[i])
				}
			}
		case *ast.Ident:
			r.mention(node, r.generated || idle[node])
		}
		return true
	})
}

// variables returns the package's variables that handles of this file are given to.
func (r *reader) variables(file *ast.File) map[*ast.CompositeLit]string {
	variables := map[*ast.CompositeLit]string{}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.VAR {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Names) != len(value.Values) {
				continue
			}
			for i, name := range value.Names {
				if lit, ok := ast.Unparen(value.Values[i]).(*ast.CompositeLit); ok && name.Name != "_" {
					variables[lit] = fullName(r.info.Defs[name])
				}
			}
		}
	}
	return variables
}

// fullName names a package's variable for all packages; "" for any other object.
func fullName(object types.Object) string {
	if object == nil || object.Pkg() == nil || object.Parent() != object.Pkg().Scope() {
		return ""
	}
	return object.Pkg().Path() + "." + object.Name()
}

// isGenerated reports whether a file is one of gen's: what it says of its handles asks for nothing.
func isGenerated(file *ast.File) bool {
	return len(file.Comments) > 0 && strings.HasPrefix(file.Comments[0].List[0].Text, generate.Header)
}

// verification notes the handles that are only held against the ruleset.
func (r *reader) verification(call *ast.CallExpr, idle map[*ast.Ident]bool) {
	function := calledName(call.Fun)
	if function == nil {
		return
	}
	f, ok := r.info.Uses[function].(*types.Func)
	if ok && f.Name() == "Verify" && f.Pkg() != nil && f.Pkg().Path() == library {
		for _, argument := range call.Args {
			mark(argument, idle)
		}
	}
}

// handleList notes the handles that stand in a list of any handles, from which nobody can ask.
func (r *reader) handleList(lit *ast.CompositeLit, idle map[*ast.Ident]bool) {
	t := r.info.TypeOf(lit)
	if t == nil {
		return
	}
	if slice, ok := t.Underlying().(*types.Slice); ok && typeName(slice.Elem()) == "Handle" {
		for _, element := range lit.Elts {
			mark(element, idle)
		}
	}
}

func mark(e ast.Expr, idle map[*ast.Ident]bool) {
	if name := calledName(e); name != nil {
		idle[name] = true
	}
}

// mention notes a handle that is used, and a method of becket that is handed on and not called.
func (r *reader) mention(ident *ast.Ident, idle bool) {
	object := r.info.Uses[ident]
	if name, m, ok := methodOf(object); ok && !r.called[ident] {
		r.asks = append(r.asks, Ask{Place: r.position(ident), What: name, Kind: m.kind, Dynamic: true})
	}
	if variable, ok := object.(*types.Var); ok && !idle {
		if name := fullName(variable); name != "" {
			r.used[name] = true
		}
	}
}

// code sorts out which handles are used.
func (r *reader) code(count int) *Code {
	c := &Code{Packages: count}
	for _, a := range r.asks {
		if a.handle == "" || r.used[a.handle] {
			c.Asks = append(c.Asks, a)
		} else {
			c.Idle = append(c.Idle, a)
		}
	}
	byPlace := func(a, b Ask) int {
		return cmp.Or(strings.Compare(a.Place.Filename, b.Place.Filename), a.Place.Offset-b.Place.Offset)
	}
	slices.SortStableFunc(c.Asks, byPlace)
	slices.SortStableFunc(c.Idle, byPlace)
	return c
}
