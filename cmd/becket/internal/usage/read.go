// Package usage finds the flags that Go code asks for: calls of becket's methods, and handles. It
// reads types, not text.
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

// Code is the result of reading packages.
type Code struct {
	Asks     []Ask // in the order of their places, without unused handles
	Idle     []Ask // handles that nothing uses
	Packages int   // the number of packages read

	Attributes []Attribute // that the code gives to subjects, in the order of their places
	Subjects   bool        // the code makes subjects or attributes
	// Subjects may have attributes that the code does not show: a name is not constant, or clients
	// send attributes by OFREP.
	OtherAttributes bool
}

// Options control which packages Read reads.
type Options struct {
	Dir      string   // folder of the go command; "" for the current folder
	Patterns []string // package patterns of the go command
	Tests    bool     // whether to read test files too
	Tags     string   // build tags, separated by commas
}

// Read finds the flags that packages ask for. If the code does not compile, the error is a
// *report.RefusedError.
func Read(ctx context.Context, o Options) (*Code, error) {
	config := &packages.Config{
		Context: ctx, Dir: o.Dir, Tests: o.Tests,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax |
			packages.NeedTypesInfo | packages.NeedModule,
	}
	if o.Tags != "" {
		config.BuildFlags = []string{"-tags=" + o.Tags}
	}
	loaded, err := packages.Load(config, o.Patterns...)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	if err := refused(loaded); err != nil {
		return nil, err
	}
	r := reader{seen: map[string]bool{}, used: map[string]bool{}, called: map[*ast.Ident]bool{}, flow: newFlow()}
	paths := map[string]bool{}
	for _, pkg := range loaded {
		if strings.HasSuffix(pkg.ID, ".test") || pkg.PkgPath == library {
			continue // the test program that the go command generates, or becket itself
		}
		paths[pkg.PkgPath] = true
		r.info, r.files = pkg.TypesInfo, pkg.Fset
		r.flow.declared(pkg.TypesInfo)
		for _, file := range pkg.Syntax {
			// A package with tests is loaded twice.
			if name := pkg.Fset.File(file.FileStart).Name(); !r.seen[name] {
				r.seen[name] = true
				r.file(file)
				r.flow.read(file, pkg.TypesInfo)
			}
		}
	}
	r.follow()
	code := r.code(len(paths))
	code.Attributes, code.OtherAttributes = r.attributes()
	code.Subjects = r.subjects
	return code, nil
}

// refused returns the errors of packages that cannot be read. An error with a place is a mistake in
// the code. An error without a place is about a package that cannot be found.
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

// splitPosition splits file:line:column.
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

// relative returns a path relative to the current folder, if the path is inside of it.
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

// reader reads packages one after another.
type reader struct {
	info   *types.Info
	files  *token.FileSet
	asks   []Ask
	seen   map[string]bool // files that were read
	used   map[string]bool // package-level variables that are used, by full name
	called map[*ast.Ident]bool
	flow   *flow

	settings []setting // calls that give attributes to subjects
	subjects bool      // the code makes subjects
	foreign  bool      // subjects come from elsewhere

	generated bool // whether gen generated the file
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
	idle := map[*ast.Ident]bool{} // mentions of a handle that do not ask for its flag
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			r.call(node)
			r.attributeCall(node)
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

// variables returns the package-level variables that handles in this file are assigned to.
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

// fullName returns a package-level variable's name with its import path, and "" for any other
// object.
func fullName(object types.Object) string {
	if object == nil || object.Pkg() == nil || object.Parent() != object.Pkg().Scope() {
		return ""
	}
	return object.Pkg().Path() + "." + object.Name()
}

// isGenerated reports whether gen generated a file. Mentions of handles in such a file do not count
// as uses.
func isGenerated(file *ast.File) bool {
	return len(file.Comments) > 0 && strings.HasPrefix(file.Comments[0].List[0].Text, generate.Header)
}

// verification records handles in a call of Verify, which does not ask for their flags.
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

// handleList records handles in a list of becket.Handle, because nothing can ask for a flag through
// such a list.
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

// mention records a use of a handle, and a method of becket that is passed on without a call.
func (r *reader) mention(ident *ast.Ident, idle bool) {
	object := r.info.Uses[ident]
	if name, m, ok := methodOf(object); ok && !r.called[ident] {
		r.asks = append(r.asks, Ask{
			Place: r.position(ident), What: name, Kind: m.kind, Dynamic: true, mention: ident.Pos(),
		})
	}
	if variable, ok := object.(*types.Var); ok && !idle {
		if name := fullName(variable); name != "" {
			r.used[name] = true
		}
	}
}

// code determines which handles are used.
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
