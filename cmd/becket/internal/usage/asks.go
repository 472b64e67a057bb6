package usage

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/becketflags/becket"
)

// library is the import path of the package whose calls and handles are looked for.
const library = "github.com/becketflags/becket"

// Ask is a place where code asks for a flag.
type Ask struct {
	Place   token.Position // of the key, or of what is there in its place
	What    string         // such as View.Bool or BoolFlag
	Key     string         // of the flag
	Dynamic bool           // the key is not constant, and Key is ""
	Kind    becket.Kind    // asked for; KindAny where any will do
	Default *becket.Value  // nil where there is none, or it is not constant

	handle    string // the package's variable that a handle is in, or ""
	generated bool   // gen wrote it: who uses it is the program's affair, and an idle one is no mistake
}

// method is a function or method that asks for a flag.
type method struct {
	kind          becket.Kind
	key, fallback int // the arguments; -1: none
}

// methods are all of them, under the names that types gives them without the import path.
var methods = map[string]method{
	"View.Enabled":      {becket.KindBool, 0, -1},
	"View.Bool":         {becket.KindBool, 0, 1},
	"View.BoolDetail":   {becket.KindBool, 0, 1},
	"View.String":       {becket.KindString, 0, 1},
	"View.StringDetail": {becket.KindString, 0, 1},
	"View.Int":          {becket.KindInt, 0, 1},
	"View.IntDetail":    {becket.KindInt, 0, 1},
	"View.Float":        {becket.KindFloat, 0, 1},
	"View.FloatDetail":  {becket.KindFloat, 0, 1},
	"View.AnyDetail":    {becket.KindAny, 0, -1},
	"JSON":              {becket.KindObject, 1, -1},
	"JSONDetail":        {becket.KindObject, 1, -1},
}

// handles are the types of handles.
var handles = map[string]becket.Kind{
	"BoolFlag":   becket.KindBool,
	"StringFlag": becket.KindString,
	"IntFlag":    becket.KindInt,
	"FloatFlag":  becket.KindFloat,
	"JSONFlag":   becket.KindObject,
}

// methodOf returns which of the methods a function is.
func methodOf(object types.Object) (name string, m method, ok bool) {
	f, isFunc := object.(*types.Func)
	if !isFunc || f.Pkg() == nil || f.Pkg().Path() != library {
		return "", m, false
	}
	name = f.Name()
	if receiver := f.Signature().Recv(); receiver != nil {
		name = typeName(receiver.Type()) + "." + name
	}
	m, ok = methods[name]
	return name, m, ok
}

// typeName returns the name of one of the library's types, also behind a pointer, and "" for all
// others.
func typeName(t types.Type) string {
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != library {
		return ""
	}
	return named.Obj().Name()
}

// call notes a call that asks for a flag.
func (r *reader) call(call *ast.CallExpr) {
	function := calledName(call.Fun)
	if function == nil {
		return
	}
	name, m, ok := methodOf(r.info.Uses[function])
	if !ok {
		return
	}
	r.called[function] = true
	arguments := call.Args
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if s := r.info.Selections[selector]; s != nil && s.Kind() == types.MethodExpr && len(arguments) > 0 {
			arguments = arguments[1:] // View.Bool(flags, "key", false)
		}
	}
	if m.key >= len(arguments) {
		r.ask(Ask{Place: r.position(call), What: name, Kind: m.kind, Dynamic: true}, nil) // f(g()) of several results
		return
	}
	a := Ask{What: name, Kind: m.kind}
	if m.fallback >= 0 && m.fallback < len(arguments) {
		a.Default = r.constant(arguments[m.fallback], m.kind)
	}
	r.ask(a, arguments[m.key])
}

// calledName returns the identifier of what is called, without its package, receiver and type
// arguments.
func calledName(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.IndexExpr:
		return calledName(e.X)
	default:
		return nil
	}
}

// literal notes a handle that is written out. variable is the package's variable that it is given
// to, or "".
func (r *reader) literal(lit *ast.CompositeLit, variable string) {
	name := typeName(r.info.TypeOf(lit))
	kind, ok := handles[name]
	if !ok || len(lit.Elts) == 0 {
		return // a handle without a key is filled in elsewhere, see assignment
	}
	a := Ask{What: name, Kind: kind, handle: variable, generated: r.generated}
	a.Default = zeroOf(kind)
	var key ast.Expr
	for i, element := range lit.Elts {
		field, value := [...]string{"Key", "Default"}[min(i, 1)], element
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			value = pair.Value
			if ident, ok := pair.Key.(*ast.Ident); ok {
				field = ident.Name
			}
		}
		if field == "Key" {
			key = value
		} else {
			a.Default = r.constant(value, kind)
		}
	}
	if key != nil {
		r.ask(a, key)
	}
}

// assignment notes a handle's key that is set later.
func (r *reader) assignment(left, right ast.Expr) {
	selector, ok := ast.Unparen(left).(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Key" {
		return
	}
	name := typeName(r.info.TypeOf(selector.X))
	if kind, ok := handles[name]; ok {
		r.ask(Ask{What: name, Kind: kind}, right)
	}
}

// ask completes an ask with its key.
func (r *reader) ask(a Ask, key ast.Expr) {
	if key != nil {
		a.Place = r.position(key)
		if value := r.info.Types[key].Value; value != nil && value.Kind() == constant.String {
			a.Key = constant.StringVal(value)
		} else {
			a.Dynamic = true
		}
	}
	r.asks = append(r.asks, a)
}

// constant returns the value of a constant expression, nil if it is none.
func (r *reader) constant(e ast.Expr, kind becket.Kind) *becket.Value {
	value := r.info.Types[e].Value
	if value == nil {
		return nil
	}
	var v becket.Value
	switch kind {
	case becket.KindBool:
		v = becket.BoolValue(constant.BoolVal(value))
	case becket.KindString:
		v = becket.StringValue(constant.StringVal(value))
	case becket.KindInt:
		i, _ := constant.Int64Val(constant.ToInt(value))
		v = becket.IntValue(i)
	case becket.KindFloat:
		f, _ := constant.Float64Val(constant.ToFloat(value))
		v = becket.FloatValue(f)
	default:
		return nil
	}
	return &v
}

// zeroOf returns the default of a handle that has none.
func zeroOf(kind becket.Kind) *becket.Value {
	var v becket.Value
	switch kind {
	case becket.KindBool:
		v = becket.BoolValue(false)
	case becket.KindString:
		v = becket.StringValue("")
	case becket.KindInt:
		v = becket.IntValue(0)
	case becket.KindFloat:
		v = becket.FloatValue(0)
	default:
		return nil
	}
	return &v
}
