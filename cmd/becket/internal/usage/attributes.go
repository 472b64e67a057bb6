package usage

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
)

// openFeature begins the import paths of OpenFeature's SDK, and ofrep is the path of the handler
// that receives attributes from clients.
const (
	openFeature = "github.com/open-feature/go-sdk"
	ofrep       = library + "/ofrep"
)

// Attribute is a place where code gives an attribute to a subject.
type Attribute struct {
	Place  token.Position // of the name
	Name   string
	Kinds  declare.Kinds // the types of values that it may have
	IsList bool          // the value is a list of such values
	Open   bool          // the value may have parts that are not known
	Text   *string       // the value, if it is a constant text
}

// setters maps becket's functions that make an attribute to the types of their values. The types
// of Any depend on its argument.
var setters = map[string]declare.Kinds{
	"String": declare.Text, "Int": declare.Number, "Int64": declare.Number, "Float": declare.Number,
	"Bool": declare.Boolean, "Time": declare.Instant, "Strings": declare.Text, "Any": declare.Any,
}

// setting is a call that gives attributes to a subject.
type setting struct {
	names  ast.Expr // the name, or the map whose keys are the names
	part   part
	value  ast.Expr // nil if the names are the keys of a map
	setter string   // of setters, or "" for a map
	prefix string   // the name of the attribute whose parts these are, with a dot
	info   *types.Info
}

// attributeCall records a call that gives attributes to a subject.
func (r *reader) attributeCall(call *ast.CallExpr) {
	function := calledName(call.Fun)
	if function == nil {
		return
	}
	object, ok := r.info.Uses[function].(*types.Func)
	if !ok || object.Pkg() == nil || object.Signature().Recv() != nil {
		return
	}
	name := object.Name()
	switch path := object.Pkg().Path(); {
	case path == library && name == "NewSubject":
		r.subjects = true
	case path == library && setters[name] != 0 && len(call.Args) > 0:
		r.subjects = true
		s := setting{names: call.Args[0], setter: name, info: r.info}
		if len(call.Args) > 1 {
			s.value = call.Args[1]
		}
		r.settings = append(r.settings, s)
	case path == ofrep && name == "NewHandler":
		r.foreign = true
	case strings.HasPrefix(path, openFeature) && strings.HasSuffix(name, "EvaluationContext") && len(call.Args) > 0:
		r.subjects = true
		r.settings = append(r.settings, setting{names: call.Args[len(call.Args)-1], part: keys, info: r.info})
	}
}

// attributes resolves the names of all attributes that the code sets. others is true if subjects
// may have attributes that the code does not show.
func (r *reader) attributes() (set []Attribute, others bool) {
	others = r.foreign
	for len(r.settings) > 0 {
		s := r.settings[0]
		r.settings = r.settings[1:]
		if lit, ok := mapLiteral(s.names); ok && s.part == keys {
			r.entries(&s, lit)
			continue
		}
		found := r.flow.resolve(s.names, s.info, 0, s.part)
		others = others || found.open
		for _, t := range found.texts {
			a := r.attribute(&s, t)
			set = append(set, a)
			if a.Open && s.value != nil && len(found.texts) == 1 {
				r.parts(&s, a.Name)
			}
		}
	}
	byPlace := func(a, b Attribute) int {
		if c := strings.Compare(a.Place.Filename, b.Place.Filename); c != 0 {
			return c
		}
		return a.Place.Offset - b.Place.Offset
	}
	slices.SortStableFunc(set, byPlace)
	return set, others
}

// attribute returns the attribute with a name that a setting gives.
func (r *reader) attribute(s *setting, name text) Attribute {
	a := Attribute{Place: r.files.Position(name.at), Name: s.prefix + name.value, Kinds: setters[s.setter]}
	a.Place.Filename = relative(a.Place.Filename)
	switch {
	case s.setter == "" && s.value == nil:
		t, _ := under(s.info.TypeOf(s.names)).(*types.Map)
		a.Kinds, a.IsList, a.Open = declare.Any, false, true
		if t != nil {
			a.Kinds, a.IsList, a.Open = kindsOf(t.Elem())
		}
	case s.setter == "Strings":
		a.IsList = true
	case (s.setter == "Any" || s.setter == "") && s.value != nil:
		a.Kinds, a.IsList, a.Open = kindsOf(s.info.TypeOf(s.value))
	}
	if s.value != nil && a.Kinds == declare.Text && !a.IsList {
		if value := s.info.Types[s.value].Value; value != nil && value.Kind() == constant.String {
			constantText := constant.StringVal(value)
			a.Text = &constantText
		}
	}
	return a
}

// entries records the entries of a map literal as attributes, each with the type of its own value.
func (r *reader) entries(s *setting, lit *ast.CompositeLit) {
	for _, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			r.settings = append(r.settings, setting{names: pair.Key, value: pair.Value, prefix: s.prefix, info: s.info})
		}
	}
}

// parts records the entries of a map that is the value of an attribute, as in Any("address",
// map[string]string{"country": "DE"}).
func (r *reader) parts(s *setting, name string) {
	if isMap(s.info.TypeOf(s.value)) {
		r.settings = append(r.settings, setting{names: s.value, part: keys, prefix: name + ".", info: s.info})
	}
}

func mapLiteral(e ast.Expr) (*ast.CompositeLit, bool) {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	return lit, ok
}

// kindsOf returns the types of attributes that becket reads from values of a Go type. open is true
// if the value may have parts, or if the type does not tell.
func kindsOf(t types.Type) (kinds declare.Kinds, isList, open bool) {
	if t == nil {
		return declare.Any, false, true
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		switch object := named.Obj(); {
		case object.Pkg() != nil && object.Pkg().Path() == "time" && object.Name() == "Time":
			return declare.Instant, false, false
		case object.Pkg() != nil && object.Pkg().Path() == "encoding/json" && object.Name() == "Number":
			return declare.Number, false, false
		}
	}
	switch u := under(t).(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0:
			return declare.Text, false, false
		case u.Info()&(types.IsInteger|types.IsFloat) != 0:
			return declare.Number, false, false
		case u.Info()&types.IsBoolean != 0:
			return declare.Boolean, false, false
		}
	case *types.Slice:
		if basic, ok := under(u.Elem()).(*types.Basic); ok && basic.Kind() != types.Byte {
			kinds, _, _ = kindsOf(u.Elem())
			return kinds, true, false
		}
	case *types.Map:
		return declare.Object, false, true
	}
	return declare.Any, false, true
}
