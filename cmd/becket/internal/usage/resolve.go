package usage

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// Limits of one search for the values of an expression, and of all searches together.
const (
	stepsOfSearch   = 100_000
	stepsOfSearches = 20_000_000
	mostTexts       = 10_000 // constants that one search finds
	mostJoined      = 1_000  // constants that arise when two texts are joined
)

// text is a constant and the place where the code writes it.
type text struct {
	value  string
	at     token.Pos
	unsure bool // the constant may go elsewhere instead
}

// values are the values that an expression may have.
type values struct {
	texts     []text
	functions []function
	open      bool // there may be others
}

// search looks for the values of an expression.
type search struct {
	*flow
	values
	seen  map[visit]bool
	known map[text]bool
	steps int

	unsure bool // a source on the way is unsure

	// the places whose sources this search and those around it are looking at
	active map[visit]bool
}

type visit struct {
	place
	part part
}

// resolve returns the values that a result of an expression, or a part of it, may have.
func (f *flow) resolve(e ast.Expr, info *types.Info, result int, of part) values {
	s := search{
		flow: f, seen: map[visit]bool{}, known: map[text]bool{}, steps: min(stepsOfSearch, f.left),
		active: map[visit]bool{},
	}
	before := s.steps
	s.expr(e, info, of, result)
	f.left -= before - s.steps
	return s.values
}

// place adds the values of all sources of a place.
func (s *search) place(p place, of part) {
	v := visit{p, of}
	if s.seen[v] {
		return
	}
	s.seen[v] = true
	if s.active[v] { // a text that is joined from itself
		s.open = true
		return
	}
	s.active[v] = true
	defer delete(s.active, v)
	if s.changed[p] || len(s.sources[p]) == 0 {
		s.open = true
	}
	before := s.unsure
	defer func() { s.unsure = before }()
	for _, source := range s.sources[p] {
		s.unsure = before || source.unsure
		from := source.from
		if source.to == both {
			from = of
		} else if source.to != of {
			continue
		}
		if source.expr == nil {
			s.place(source.place, from)
		} else {
			s.expr(source.expr, source.info, from, source.result)
		}
	}
}

// expr adds the values of an expression.
func (s *search) expr(e ast.Expr, info *types.Info, of part, result int) {
	if s.steps--; s.steps <= 0 || len(s.texts) >= mostTexts {
		s.open = true
		return
	}
	e = ast.Unparen(e)
	if value := info.Types[e].Value; value != nil {
		if value.Kind() == constant.String {
			s.text(text{constant.StringVal(value), e.Pos(), s.unsure})
		}
		return
	}
	if fn, ok := functionOf(e, info); ok {
		s.functions = append(s.functions, fn)
		return
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if v := variable(e, info); v != nil {
			s.place(place{v.Pos(), 0}, of)
		} else if !info.Types[e].IsNil() {
			s.open = true
		}
	case *ast.StarExpr:
		s.expr(e.X, info, of, 0)
	case *ast.TypeAssertExpr:
		s.expr(e.X, info, of, 0)
	case *ast.UnaryExpr: // & or <-
		s.expr(e.X, info, of, 0)
	case *ast.IndexExpr:
		s.part(e.X, info)
	case *ast.SliceExpr:
		s.part(e.X, info)
	case *ast.CompositeLit:
		s.literal(e, info, of)
	case *ast.CallExpr:
		s.call(e, info, of, result)
	case *ast.BinaryExpr:
		s.join(e, info)
	default:
		s.open = true
	}
}

// part adds the elements of a list or a map. A part of a text is not known.
func (s *search) part(x ast.Expr, info *types.Info) {
	if basic, ok := under(info.TypeOf(x)).(*types.Basic); ok && basic.Info()&types.IsString != 0 {
		s.open = true
		return
	}
	s.expr(x, info, whole, 0)
}

func (s *search) text(t text) {
	if !s.known[t] {
		s.known[t] = true
		s.texts = append(s.texts, t)
	}
}

// literal adds the elements of a list, or the values or keys of a map.
func (s *search) literal(lit *ast.CompositeLit, info *types.Info, of part) {
	if _, ok := under(info.TypeOf(lit)).(*types.Struct); ok {
		return
	}
	for _, element := range lit.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		switch {
		case !isPair:
			s.expr(element, info, of, 0)
		case of == keys && isMap(info.TypeOf(lit)):
			s.expr(pair.Key, info, whole, 0)
		default:
			s.expr(pair.Value, info, of, 0)
		}
	}
}

// call adds the results of a call.
func (s *search) call(call *ast.CallExpr, info *types.Info, of part, result int) {
	if fun := info.Types[call.Fun]; fun.IsType() && len(call.Args) == 1 {
		s.expr(call.Args[0], info, of, 0)
		return
	} else if fun.IsBuiltin() {
		s.builtin(call, info, of)
		return
	}
	functions := s.callees[call]
	if fn, ok := callee(call, info); ok {
		functions = []function{fn}
	}
	if len(functions) == 0 {
		s.open = true
	}
	for _, fn := range functions {
		if of, ok := s.passes(fn, of); ok {
			for _, argument := range call.Args {
				s.expr(argument, info, of, 0)
			}
			continue
		}
		s.place(place{fn.at, result + 1}, of)
	}
}

// builtin adds the results of a built-in function.
func (s *search) builtin(call *ast.CallExpr, info *types.Info, of part) {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return
	}
	switch name.Name {
	case "append", "min", "max":
		for _, argument := range call.Args {
			s.expr(argument, info, of, 0)
		}
	case "make", "new":
	default:
		s.open = true
	}
}

// passes reports whether a function of the standard library returns elements of its arguments, and
// which part of the arguments.
func (*search) passes(fn function, of part) (part, bool) {
	if fn.object == nil || fn.object.Pkg() == nil {
		return of, false
	}
	switch fn.object.Pkg().Path() + "." + fn.object.Name() {
	case "maps.Keys":
		return keys, true
	case "maps.Values", "maps.Clone", "maps.All", "maps.Collect", "slices.Values", "slices.Sorted", "slices.Collect",
		"slices.Clone", "slices.Concat", "slices.Compact", "slices.Backward", "slices.All", "cmp.Or":
		return of, true
	default:
		return of, false
	}
}

// join adds the texts that arise when two texts are joined.
func (s *search) join(e *ast.BinaryExpr, info *types.Info) {
	if e.Op != token.ADD {
		return
	}
	left, right := s.side(e.X, info), s.side(e.Y, info)
	s.open = s.open || left.open || right.open
	if len(left.texts)*len(right.texts) > mostJoined {
		s.open = true
		return
	}
	for _, l := range left.texts {
		for _, r := range right.texts {
			at := l.at
			if info.Types[e.X].Value != nil {
				at = r.at // the side that varies
			}
			s.text(text{l.value + r.value, at, s.unsure || l.unsure || r.unsure})
		}
	}
}

// side returns the values of one side of an operator. A side that depends on the result is open.
func (s *search) side(e ast.Expr, info *types.Info) values {
	inner := search{
		flow: s.flow, seen: map[visit]bool{}, known: map[text]bool{}, steps: s.steps, active: s.active,
	}
	inner.expr(e, info, whole, 0)
	s.steps = inner.steps
	return inner.values
}
