package usage

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// call records the arguments of a call as sources of the parameters.
func (f *flow) call(call *ast.CallExpr) {
	if fun := f.info.Types[call.Fun]; fun.IsType() || fun.IsBuiltin() {
		return
	}
	direct, isDirect := callee(call, f.info)
	if !isDirect {
		f.calls = append(f.calls, &indirect{call, f.info})
		return
	}
	f.pass(call, direct)
}

// callee returns the function that a call certainly calls. It returns false for a call through a
// variable or an interface.
func callee(call *ast.CallExpr, info *types.Info) (function, bool) {
	fn, ok := functionOf(call.Fun, info)
	if !ok || fn.object != nil && isAbstract(fn.object) {
		return function{}, false
	}
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if s := info.Selections[selector]; s != nil && s.Kind() == types.MethodExpr {
			fn.shift = 1
		}
	}
	return fn, true
}

// functionOf returns the function that an expression names or writes.
func functionOf(e ast.Expr, info *types.Info) (function, bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		if signature, ok := info.TypeOf(e).(*types.Signature); ok {
			return function{at: e.Pos(), params: signature.Params(), variadic: signature.Variadic()}, true
		}
	case *ast.IndexExpr:
		return functionOf(e.X, info)
	case *ast.IndexListExpr:
		return functionOf(e.X, info)
	case *ast.Ident:
		if object, ok := info.Uses[e].(*types.Func); ok {
			return functionOfObject(object).named(e), true
		}
	case *ast.SelectorExpr:
		if object, ok := info.Uses[e.Sel].(*types.Func); ok {
			fn := functionOfObject(object).named(e.Sel)
			if s := info.Selections[e]; s != nil && s.Kind() == types.MethodExpr {
				fn.shift = 1
			}
			return fn, true
		}
	}
	return function{}, false
}

func functionOfObject(object *types.Func) function {
	object = object.Origin()
	signature := object.Signature()
	return function{at: object.Pos(), params: signature.Params(), variadic: signature.Variadic(), object: object}
}

// named notes the place of the name of a method that asks for a flag.
func (f function) named(name *ast.Ident) function {
	if _, _, ok := methodOf(f.object); ok {
		f.mention = name.Pos()
	}
	return f
}

// isAbstract reports whether a function is a method of an interface.
func isAbstract(object *types.Func) bool {
	receiver := object.Signature().Recv()
	return receiver != nil && types.IsInterface(receiver.Type())
}

// pass records the arguments of a call of a function.
func (f *flow) pass(call *ast.CallExpr, fn function) {
	arguments := call.Args[min(fn.shift, len(call.Args)):]
	if len(arguments) == 1 && fn.params.Len() > 1 {
		if _, isTuple := f.info.TypeOf(arguments[0]).(*types.Tuple); isTuple {
			for i := range fn.params.Len() {
				s := f.source(arguments[0])
				s.result = i
				f.add(place{fn.params.At(i).Pos(), 0}, s)
			}
			return
		}
	}
	for i, argument := range arguments {
		last := fn.params.Len() - 1
		if last < 0 || i > last && !fn.variadic {
			return
		}
		parameter := fn.params.At(min(i, last))
		f.add(place{parameter.Pos(), 0}, f.source(argument))
		t := parameter.Type()
		if slice, ok := t.Underlying().(*types.Slice); ok && fn.variadic && i >= last && !call.Ellipsis.IsValid() {
			t = slice.Elem()
		}
		f.convert(t, argument)
	}
}

// mostRounds bounds how often link looks for functions behind calls. A call through a variable may
// be found only after another one is known.
const mostRounds = 8

// link finds the functions that calls through variables and interfaces may call, and records their
// arguments.
func (f *flow) link() {
	for range mostRounds {
		changed := false
		for _, c := range f.calls {
			f.info = c.info
			functions := f.behind(c)
			f.unsure = len(functions) > 1
			for _, fn := range functions {
				if f.isLinked(c.call, fn) {
					continue
				}
				changed = true
				f.callees[c.call] = append(f.callees[c.call], fn)
				f.pass(c.call, fn)
			}
		}
		f.unsure = false
		if !changed {
			return
		}
	}
}

func (f *flow) isLinked(call *ast.CallExpr, fn function) bool {
	for _, known := range f.callees[call] {
		if known.at == fn.at && known.shift == fn.shift && known.mention == fn.mention {
			return true
		}
	}
	return false
}

// behind returns the functions that an indirect call may call.
func (f *flow) behind(c *indirect) (found []function) {
	var candidates []function
	if fn, ok := functionOf(c.call.Fun, c.info); ok {
		candidates = []function{fn} // a method of an interface
	} else {
		candidates = f.resolve(c.call.Fun, c.info, 0, whole).functions
	}
	for _, fn := range candidates {
		if fn.object == nil || !isAbstract(fn.object) {
			found = append(found, fn)
			continue
		}
		for _, method := range f.implementations(fn.object) {
			method.shift = fn.shift
			found = append(found, method)
		}
	}
	return found
}

// implementations returns the methods of declared types that implement a method of an interface.
func (f *flow) implementations(abstract *types.Func) (found []function) {
	if known, ok := f.known[abstract]; ok {
		return known
	}
	wanted, ok := abstract.Signature().Recv().Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	seen := map[token.Pos]bool{}
	candidates := slices.SortedFunc(slices.Values(f.named), func(a, b *types.Named) int {
		return int(a.Obj().Pos() - b.Obj().Pos())
	})
	if f.view != nil {
		candidates = append(candidates, f.view)
	}
	for _, named := range candidates {
		pointer := types.NewPointer(named)
		if types.IsInterface(named) || named.TypeParams().Len() == 0 && !types.Implements(pointer, wanted) {
			continue
		}
		object, _, _ := types.LookupFieldOrMethod(pointer, true, abstract.Pkg(), abstract.Name())
		if method, ok := object.(*types.Func); ok && !seen[method.Pos()] {
			seen[method.Pos()] = true
			found = append(found, functionOfObject(method))
		}
	}
	f.known[abstract] = found
	return found
}
