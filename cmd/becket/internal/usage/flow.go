package usage

import (
	"go/ast"
	"go/token"
	"go/types"
)

// flow records which expressions may give a variable, a parameter, a field or a result its value.
// It looks at the types of the code, and neither at the order of statements nor at conditions:
// every expression that is assigned anywhere counts. A field is one for all values of its type.
type flow struct {
	info    *types.Info
	sources map[place][]source
	changed map[place]bool // the address is taken, or an operator changes the text
	calls   []*indirect
	callees map[*ast.CallExpr][]function // functions that an indirect call may call
	named   []*types.Named               // the types that packages declare
	view    *types.Named                 // becket.View, if it is used as an interface; else nil
	known   map[*types.Func][]function   // methods that implement a method of an interface
	left    int                          // the rest of stepsOfSearches
	unsure  bool                         // the present call may be of another function
}

// place is a variable, by the position of its declaration, or a result of the function that is
// declared there. Positions are equal for all instances of a generic function and for both
// readings of a package that has tests.
type place struct {
	at     token.Pos
	result int // 0 for a variable, 1 for the first result
}

// part says what of a value is meant. A list of texts has the same place as a text, so that the
// whole of a list are its elements. A map has keys besides.
type part uint8

const (
	whole part = iota
	keys
	both // only in a source: the wholes give wholes, and the keys give keys
)

// source is an expression that gives a place its value.
type source struct {
	expr     ast.Expr
	info     *types.Info
	result   int   // which result of a call, from 0
	from, to part  // what of the expression goes where
	place    place // instead of an expression
	unsure   bool  // the argument of a call that may be of another function
}

// function is a function as a value.
type function struct {
	at       token.Pos // of its declaration
	params   *types.Tuple
	variadic bool
	object   *types.Func // nil for a literal
	shift    int         // 1 if the receiver is the first argument
	mention  token.Pos   // the place of the name, if it is a method of becket that asks for a flag
}

// indirect is a call through a variable or an interface.
type indirect struct {
	call *ast.CallExpr
	info *types.Info
}

func newFlow() *flow {
	return &flow{
		sources: map[place][]source{}, changed: map[place]bool{}, callees: map[*ast.CallExpr][]function{},
		known: map[*types.Func][]function{}, left: stepsOfSearches,
	}
}

// read records a file.
func (f *flow) read(file *ast.File, info *types.Info) {
	f.info = info
	for _, declaration := range file.Decls {
		if d, ok := declaration.(*ast.FuncDecl); ok && d.Body != nil {
			if object, ok := info.Defs[d.Name].(*types.Func); ok {
				f.body(d.Body, object.Pos(), object.Signature())
			}
			continue
		}
		f.body(declaration, token.NoPos, nil)
	}
}

// declared records the types that a package declares.
func (f *flow) declared(info *types.Info) {
	for _, object := range info.Defs {
		if name, ok := object.(*types.TypeName); ok && !name.IsAlias() {
			if named, ok := name.Type().(*types.Named); ok {
				f.named = append(f.named, named)
			}
		}
	}
}

// body records the body of a function, or a declaration outside of functions.
func (f *flow) body(body ast.Node, function token.Pos, signature *types.Signature) {
	if signature != nil {
		for i := range signature.Results().Len() {
			if v := signature.Results().At(i); v.Name() != "" {
				f.add(place{function, i + 1}, source{place: place{v.Pos(), 0}, to: both})
			}
		}
	}
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncLit:
			if signature, ok := f.info.TypeOf(node).(*types.Signature); ok {
				f.body(node.Body, node.Pos(), signature)
			}
			return false
		case *ast.AssignStmt:
			f.assign(node)
		case *ast.ValueSpec:
			f.declare(node)
		case *ast.RangeStmt:
			f.loop(node)
		case *ast.SendStmt:
			f.set(node.Chan, f.source(node.Value), whole)
		case *ast.ReturnStmt:
			f.returned(node, function, signature)
		case *ast.CompositeLit:
			f.literal(node)
		case *ast.CallExpr:
			f.call(node)
		case *ast.UnaryExpr:
			f.address(node)
		}
		return true
	})
}

func (f *flow) source(e ast.Expr) source {
	return source{expr: e, info: f.info, to: both, unsure: f.unsure}
}

// add records a source of a place.
func (f *flow) add(to place, s source) {
	if s.expr != nil {
		t := s.info.TypeOf(s.expr)
		if basic, ok := t.(*types.Basic); ok && basic.Info()&(types.IsNumeric|types.IsBoolean) != 0 {
			return // neither a text nor a function
		}
	}
	f.sources[to] = append(f.sources[to], s)
}

// set records a source of an expression on the left of an assignment. Of an element of a list or a
// map, it is a source of the list or the map.
func (f *flow) set(left ast.Expr, s source, to part) {
	switch left := ast.Unparen(left).(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if v := f.variable(left); v != nil {
			s.to = to
			f.add(place{v.Pos(), 0}, s)
			if s.expr != nil {
				f.convert(v.Type(), s.expr)
			}
		}
	case *ast.StarExpr:
		f.set(left.X, s, to)
	case *ast.IndexExpr:
		s.from = whole
		f.set(left.X, s, whole)
		if isMap(f.info.TypeOf(left.X)) {
			index := f.source(left.Index)
			index.from = whole
			f.set(left.X, index, keys)
		}
	}
}

// variable returns the variable or field that an expression names, or nil.
func (f *flow) variable(e ast.Expr) *types.Var { return variable(e, f.info) }

func variable(e ast.Expr, info *types.Info) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, _ := info.ObjectOf(e).(*types.Var)
		return v
	case *ast.SelectorExpr:
		if s := info.Selections[e]; s != nil {
			v, _ := s.Obj().(*types.Var)
			return v
		}
		v, _ := info.Uses[e.Sel].(*types.Var)
		return v
	}
	return nil
}

func (f *flow) assign(n *ast.AssignStmt) {
	if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
		f.opens(n.Lhs[0]) // such as +=
		return
	}
	f.pairs(n.Lhs, n.Rhs)
}

func (f *flow) declare(n *ast.ValueSpec) {
	names := make([]ast.Expr, len(n.Names))
	for i, name := range n.Names {
		names[i] = name
	}
	f.pairs(names, n.Values)
}

func (f *flow) pairs(left, right []ast.Expr) {
	for i := range left {
		switch {
		case len(left) == len(right):
			f.set(left[i], f.source(right[i]), both)
		case len(right) == 1:
			s := f.source(right[0])
			s.result = i
			if _, isCall := ast.Unparen(right[0]).(*ast.CallExpr); isCall || i == 0 {
				f.set(left[i], s, both)
			}
		}
	}
}

// loop records the variables of a loop over a list, a map, a channel or an iterator.
func (f *flow) loop(n *ast.RangeStmt) {
	key, value := keys, whole
	switch t := under(f.info.TypeOf(n.X)).(type) {
	case *types.Map:
	case *types.Chan:
		key = whole
	case *types.Signature:
		if yield, ok := under(t.Params().At(0).Type()).(*types.Signature); ok && yield.Params().Len() == 1 {
			key = whole
		}
	default:
		if n.Value != nil {
			f.element(n.Value, n.X, whole)
		}
		return
	}
	if n.Key != nil {
		f.element(n.Key, n.X, key)
	}
	if n.Value != nil {
		f.element(n.Value, n.X, value)
	}
}

func (f *flow) element(left, x ast.Expr, from part) {
	s := f.source(x)
	s.from = from
	f.set(left, s, whole)
}

func (f *flow) returned(n *ast.ReturnStmt, function token.Pos, signature *types.Signature) {
	if signature == nil {
		return
	}
	for i := range signature.Results().Len() {
		s := source{}
		switch {
		case len(n.Results) == signature.Results().Len():
			s = f.source(n.Results[i])
			f.convert(signature.Results().At(i).Type(), n.Results[i])
		case len(n.Results) == 1:
			s = f.source(n.Results[0])
			s.result = i
		default:
			continue
		}
		f.add(place{function, i + 1}, s)
	}
}

// literal records the fields of a struct.
func (f *flow) literal(lit *ast.CompositeLit) {
	structure, ok := under(f.info.TypeOf(lit)).(*types.Struct)
	if !ok {
		return
	}
	for i, element := range lit.Elts {
		var field *types.Var
		value := element
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			value = pair.Value
			if name, ok := pair.Key.(*ast.Ident); ok {
				field, _ = f.info.Uses[name].(*types.Var)
			}
		} else if i < structure.NumFields() {
			field = structure.Field(i)
		}
		if field != nil {
			f.add(place{field.Pos(), 0}, f.source(value))
			f.convert(field.Type(), value)
		}
	}
}

// address notes that a text whose address is taken may be changed elsewhere.
func (f *flow) address(n *ast.UnaryExpr) {
	if n.Op == token.AND {
		if basic, ok := under(f.info.TypeOf(n.X)).(*types.Basic); ok && basic.Info()&types.IsString != 0 {
			f.opens(n.X)
		}
	}
}

func (f *flow) opens(e ast.Expr) {
	if v := f.variable(e); v != nil {
		f.changed[place{v.Pos(), 0}] = true
	}
}

// convert notes that code uses becket.View through an interface.
func (f *flow) convert(to types.Type, e ast.Expr) {
	if name := typeName(f.info.TypeOf(e)); name != "View" || f.view != nil || !types.IsInterface(to) {
		return
	}
	t := f.info.TypeOf(e)
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		f.view = named
		clear(f.known)
	}
}

// under returns the type below names and a pointer.
func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	return t.Underlying()
}

func isMap(t types.Type) bool {
	_, ok := under(t).(*types.Map)
	return ok
}
