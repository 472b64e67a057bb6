package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// mutant is one small change of one file.
type mutant struct {
	File       string // path of the file
	Line       int
	What       string // description of the change
	start, end int    // offsets of the bytes that the change replaces
	text       string // the new bytes
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.What) }

// apply returns the source with the change.
func (m mutant) apply(source []byte) []byte {
	changed := append([]byte{}, source[:m.start]...)
	changed = append(changed, m.text...)
	return append(changed, source[m.end:]...)
}

// finder collects the mutants of one file.
type finder struct {
	file   string
	source []byte
	set    *token.FileSet
	found  []mutant
}

// mutantsOf returns every mutant of a file, in the order of the syntax tree. Some of them do not
// build, because only the compiler knows types.
func mutantsOf(file string, source []byte) ([]mutant, error) {
	f := &finder{file: file, source: source, set: token.NewFileSet()}
	tree, err := parser.ParseFile(f.set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(tree, f.visit)
	return f.found, nil
}

func (f *finder) visit(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.ImportSpec, *ast.TypeSpec:
		return false // a path, the length of an array or a tag is not a decision of the program
	case *ast.FuncDecl:
		f.returnEarly(n.Type, n.Body)
	case *ast.FuncLit:
		f.returnEarly(n.Type, n.Body)
	case *ast.IfStmt:
		f.around("negate the condition", n.Cond, "!(", ")")
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.BasicLit:
		f.literal(n)
	case *ast.Ident:
		f.boolean(n)
	case *ast.BranchStmt:
		f.branch(n)
	case *ast.BlockStmt:
		f.drop(n.List)
	case *ast.CaseClause:
		f.drop(n.Body)
	}
	return true
}

func (f *finder) offset(pos token.Pos) int { return f.set.Position(pos).Offset }

func (f *finder) textOf(node ast.Node) string {
	return string(f.source[f.offset(node.Pos()):f.offset(node.End())])
}

func (f *finder) add(what string, start, end token.Pos, text string) {
	f.found = append(f.found, mutant{
		File: f.file, Line: f.set.Position(start).Line, What: what,
		start: f.offset(start), end: f.offset(end), text: text,
	})
}

func (f *finder) around(what string, node ast.Node, before, after string) {
	f.add(what, node.Pos(), node.End(), before+f.textOf(node)+after)
}

// others maps each operator to the operator that replaces it.
var others = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.AND: token.OR, token.OR: token.AND, token.SHL: token.SHR, token.SHR: token.SHL,
	token.XOR: token.AND,
}

func (f *finder) binary(n *ast.BinaryExpr) {
	if other, known := others[n.Op]; known {
		end := n.OpPos + token.Pos(len(n.Op.String()))
		f.add(fmt.Sprintf("%s instead of %s", other, n.Op), n.OpPos, end, other.String())
	}
}

// literal adds one to an integer. Texts stay unchanged, because tests need not check each word of a
// message.
func (f *finder) literal(n *ast.BasicLit) {
	if n.Kind != token.INT {
		return
	}
	if value, err := strconv.ParseUint(n.Value, 0, 63); err == nil {
		f.add(fmt.Sprintf("%d instead of %s", value+1, n.Value), n.Pos(), n.End(), strconv.FormatUint(value+1, 10))
	}
}

func (f *finder) boolean(n *ast.Ident) {
	other := map[string]string{"true": "false", "false": "true"}[n.Name]
	if other != "" {
		f.add(other+" instead of "+n.Name, n.Pos(), n.End(), other)
	}
}

func (f *finder) branch(n *ast.BranchStmt) {
	other := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[n.Tok]
	if other != "" && n.Label == nil {
		f.add(other+" instead of "+n.Tok.String(), n.Pos(), n.End(), other)
	}
}

// drop removes one statement: a call, an assignment, a defer or a go.
func (f *finder) drop(list []ast.Stmt) {
	for _, statement := range list {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		default:
			continue
		}
		f.add("drop "+shortened(f.textOf(statement)), statement.Pos(), statement.End(), "")
	}
}

// returnEarly makes a function return zero values before it does anything.
func (f *finder) returnEarly(kind *ast.FuncType, body *ast.BlockStmt) {
	if body == nil || len(body.List) == 0 {
		return
	}
	var zeros []string
	if kind.Results != nil {
		for _, result := range kind.Results.List {
			zero := "*new(" + f.textOf(result.Type) + ")"
			zeros = append(zeros, slices.Repeat([]string{zero}, max(1, len(result.Names)))...)
		}
	}
	f.add("return zero values at once", body.Lbrace+1, body.Lbrace+1, "return "+strings.Join(zeros, ", ")+";")
}

// shortened returns the first line of a statement.
func shortened(text string) string {
	for i, r := range text {
		if r == '\n' || i >= 60 {
			return text[:i] + " …"
		}
	}
	return text
}
