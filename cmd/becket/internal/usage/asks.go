package usage

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"github.com/becketflags/becket"
)

// library is the import path of becket. The package looks for its calls and handles, and for calls
// of OpenFeature's client.
const library = "github.com/becketflags/becket"

// Ask is a place where code asks for a flag.
type Ask struct {
	Place   token.Position // of the key, or of the expression in its place
	Through token.Position // the place that asks becket, if the key comes from elsewhere; else zero
	Unsure  bool           // the key may be meant for something else than becket
	What    string         // such as View.Bool or BoolFlag
	Key     string         // of the flag
	Dynamic bool           // whether the key is not constant; Key is "" then
	Kind    becket.Kind    // the kind that the code asks for; KindAny if every kind fits
	Default *becket.Value  // nil if there is no default or it is not constant

	handle    string // the package-level variable that holds the handle, or ""
	generated bool   // the handle is in a generated file, so it is not reported if nothing uses it

	key     ast.Expr    // the expression of a key that is not constant; nil if there is none
	info    *types.Info // of the expression
	result  int         // which of the results of the expression is the key
	mention token.Pos   // the place of a method that is used as a value, or token.NoPos
}

// method is a function or method that asks for a flag.
type method struct {
	kind          becket.Kind
	key, fallback int // indexes of the arguments; -1 for none
}

// methods holds all functions and methods that ask for a flag, under their names in go/types
// without the import path.
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
	"View.Resolve":      {becket.KindAny, 0, -1},
	"JSON":              {becket.KindObject, 1, -1},
	"JSONDetail":        {becket.KindObject, 1, -1},
}

// handles holds the types of handles.
var handles = map[string]becket.Kind{
	"BoolFlag":   becket.KindBool,
	"StringFlag": becket.KindString,
	"IntFlag":    becket.KindInt,
	"FloatFlag":  becket.KindFloat,
	"JSONFlag":   becket.KindObject,
}

// clientMethods holds the methods of OpenFeature's client that ask for a flag. Each also exists
// with "ValueDetails" instead of "Value", and without "Value".
var clientMethods = map[string]method{
	"BooleanValue": {becket.KindBool, 1, 2},
	"StringValue":  {becket.KindString, 1, 2},
	"IntValue":     {becket.KindInt, 1, 2},
	"FloatValue":   {becket.KindFloat, 1, 2},
	"ObjectValue":  {becket.KindObject, 1, -1},
}

// openFeatureMethod returns the method of OpenFeature's client, or of its interfaces, that a
// function is.
func openFeatureMethod(f *types.Func) (name string, m method, ok bool) {
	receiver := f.Signature().Recv()
	if receiver == nil || !strings.HasPrefix(f.Pkg().Path(), openFeature) || f.Signature().Params().Len() < 3 {
		return "", m, false
	}
	plain := strings.TrimSuffix(f.Name(), "Details")
	if !strings.HasSuffix(plain, "Value") {
		plain += "Value"
	}
	m, ok = clientMethods[plain]
	return "Client." + f.Name(), m, ok
}

// methodOf returns the method that an object is, if it is in methods or one of OpenFeature's.
func methodOf(object types.Object) (name string, m method, ok bool) {
	f, isFunc := object.(*types.Func)
	if !isFunc || f == nil || f.Pkg() == nil {
		return "", m, false
	}
	if f.Pkg().Path() != library {
		return openFeatureMethod(f)
	}
	name = f.Name()
	if receiver := f.Signature().Recv(); receiver != nil {
		name = typeName(receiver.Type()) + "." + name
	}
	m, ok = methods[name]
	return name, m, ok
}

// typeName returns the name of one of the library's types or of a pointer to it, and "" for all
// other types.
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

// call records a call that asks for a flag.
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
	r.askIn(call, name, m, r.shift(call))
}

// shift returns 1 if the receiver is the first argument of a call, as in View.Bool(flags, "key",
// false).
func (r *reader) shift(call *ast.CallExpr) int {
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if s := r.info.Selections[selector]; s != nil && s.Kind() == types.MethodExpr && len(call.Args) > 0 {
			return 1
		}
	}
	return 0
}

// askIn records a call of a method that asks for a flag.
func (r *reader) askIn(call *ast.CallExpr, name string, m method, shift int) {
	arguments := call.Args[min(shift, len(call.Args)):]
	if m.key >= len(arguments) {
		// The arguments are the results of another call, as in f(g()).
		a := Ask{Place: r.position(call), What: name, Kind: m.kind, Dynamic: true}
		if len(arguments) == 1 {
			a.key, a.info, a.result = arguments[0], r.info, m.key
		}
		r.ask(a, nil)
		return
	}
	a := Ask{What: name, Kind: m.kind}
	if m.fallback >= 0 && m.fallback < len(arguments) {
		a.Default = r.constant(arguments[m.fallback], m.kind)
	}
	r.ask(a, arguments[m.key])
}

// calledName returns the identifier of the called function, without package, receiver and type
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

// literal records a handle's composite literal. variable is the package-level variable that it is
// assigned to, or "".
func (r *reader) literal(lit *ast.CompositeLit, variable string) {
	name := typeName(r.info.TypeOf(lit))
	kind, ok := handles[name]
	if !ok || len(lit.Elts) == 0 {
		return // a handle without a key gets it elsewhere; see assignment
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

// assignment records a handle's key that is set later.
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

// ask adds the key and records the ask.
func (r *reader) ask(a Ask, key ast.Expr) {
	if key != nil {
		a.Place = r.position(key)
		if value := r.info.Types[key].Value; value != nil && value.Kind() == constant.String {
			a.Key = constant.StringVal(value)
		} else {
			a.Dynamic, a.key, a.info = true, key, r.info
		}
	}
	r.asks = append(r.asks, a)
}

// constant returns the value of a constant expression, or nil if the expression is not constant.
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
		v = becket.NumberValue(f)
	default:
		return nil
	}
	return &v
}

// zeroOf returns the default of a handle without Default.
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
		v = becket.NumberValue(0)
	default:
		return nil
	}
	return &v
}
