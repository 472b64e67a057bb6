package usage

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/declare"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
)

// sets lists the attributes of the code with their types.
func sets(c *Code) (found []string) {
	for _, a := range c.Attributes {
		line := fmt.Sprintf("%d %s %s", a.Place.Line, a.Name, a.kinds())
		if a.Open {
			line += " open"
		}
		if a.Text != nil {
			line += " = " + *a.Text
		}
		found = append(found, line)
	}
	return found
}

func TestAttributesOfSubjectsAreFound(t *testing.T) {
	module(t, map[string]string{"a.go": `package a

import (
	"encoding/json"
	"time"

	"github.com/becketflags/becket"
)

const plan = "pl" + "an"

type name string

func attribute(name string) becket.Attribute { return becket.Bool(name, true) }

func f(v becket.View, anything any, parts map[string]int) {
	becket.NewSubject("u", becket.String("country", "DE"), becket.Int("age", 3), becket.Int64("account", 1))
	v = v.With(becket.Float("share", 0.5), becket.Time("joined", time.Now()), becket.Strings("roles", "a", "b"))
	_ = []becket.Attribute{becket.String(plan, v.String("x", "")), attribute("beta")}
	_ = becket.Any("named", name("x"))
	_ = becket.Any("number", json.Number("5"))
	_ = becket.Any("list", []int{1})
	_ = becket.Any("anything", anything)
	_ = becket.Any("parts", parts)
	_ = becket.Any("address", map[string]any{
		"city":  "Bonn",
		"place": map[string]float64{"lat": 50.7},
	})
	for _, k := range []string{"first", "second"} {
		_ = becket.Any(k, true)
	}
}
`})
	code := read(t, false)
	assert.Equal(t, []string{
		"17 country texts = DE", "17 age numbers", "17 account numbers",
		"18 share numbers", "18 joined instants", "18 roles a list of texts",
		"19 plan texts", "19 beta booleans",
		"20 named texts = x", "21 number numbers", "22 list a list of numbers",
		"23 anything texts or numbers or booleans or instants or objects open", "24 parts objects open",
		"25 address objects open", "26 address.city texts = Bonn", "27 address.place objects open",
		"27 address.place.lat numbers", "29 first booleans", "29 second booleans",
	}, sets(code))
	assert.True(t, code.Subjects)
	assert.True(t, code.OtherAttributes, "the keys of a parameter are not known")
}

func TestAttributesAndAsksOfOpenFeatureAreFound(t *testing.T) {
	module(t, map[string]string{
		"sdk/go.mod": "module github.com/open-feature/go-sdk\n\ngo 1.26\n",
		"sdk/openfeature/sdk.go": `package openfeature

type EvaluationContext struct{}

func NewEvaluationContext(key string, attributes map[string]any) (c EvaluationContext) { return c }

func NewTargetlessEvaluationContext(attributes map[string]any) (c EvaluationContext) { return c }

type Client struct{ asker }

type asker interface {
	BooleanValue(ctx any, flag string, fallback bool, c EvaluationContext) (bool, error)
	IntValueDetails(ctx any, flag string, fallback int64, c EvaluationContext) (int64, error)
	String(ctx any, flag string, fallback string, c EvaluationContext) string
	Track(ctx any, event string, c EvaluationContext)
}
`,
		"a.go": `package a

import "github.com/open-feature/go-sdk/openfeature"

func f() {
	openfeature.NewEvaluationContext("u", map[string]any{"country": "DE", "age": 30})
	attributes := map[string]any{"plan": "pro"}
	attributes["beta"] = true
	openfeature.NewTargetlessEvaluationContext(attributes)
}

func on(c *openfeature.Client, key string) {
	c.BooleanValue(nil, key, true, openfeature.EvaluationContext{})
	c.IntValueDetails(nil, "limit", 5, openfeature.EvaluationContext{})
	c.String(nil, "theme", "light", openfeature.EvaluationContext{})
	c.Track(nil, "sold", openfeature.EvaluationContext{})
}

func g(c *openfeature.Client) { on(c, "checkout") }
`,
	})
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	mod = append(mod, "\nrequire github.com/open-feature/go-sdk v1.0.0\nreplace github.com/open-feature/go-sdk => ./sdk\n"...)
	require.NoError(t, os.WriteFile("go.mod", mod, 0o600))
	code := read(t, false)
	assert.Equal(t, []string{
		"6 country texts = DE", "6 age numbers",
		"7 plan texts or numbers or booleans or instants or objects open",
		"8 beta texts or numbers or booleans or instants or objects open",
	}, sets(code))
	assert.False(t, code.OtherAttributes)
	assert.Equal(t, []string{
		"a.go:14:25 Client.IntValueDetails limit default 5", `a.go:15:16 Client.String theme default "light"`,
		"a.go:19:39 Client.BooleanValue checkout default true",
	}, texts(code.Asks))
}

func TestHandlersOfOFREPReceiveOtherAttributes(t *testing.T) {
	module(t, map[string]string{"a.go": `package a

import (
	"net/http"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/ofrep"
)

func f(c *becket.Client) http.Handler { return ofrep.NewHandler(c) }
`})
	assert.True(t, read(t, false).OtherAttributes)
}

func TestAttributesOfTheCodeAreComparedWithTheRuleset(t *testing.T) {
	const asks = `{"attribute": "country", "in": ["DE"]}`
	text := func(s string) *string { return &s }
	set := func(name string, kinds declare.Kinds) Attribute { return Attribute{Name: name, Kinds: kinds} }
	declared := declare.Attributes{"country": {Type: "string", Values: []any{"DE"}}, "age": {Type: "number"}}
	for name, row := range map[string]struct {
		rule     string
		code     Code
		declared declare.Attributes
		want     []string
	}{
		"an attribute that is set": {`"if": ` + asks, Code{Attributes: []Attribute{set("country", declare.Text)}}, nil, nil},
		"an attribute that is not set": {
			`"if": ` + asks, Code{}, nil,
			[]string{`warning: no code sets the attribute "country" [unset-attribute]`},
		},
		"a near name": {
			`"if": ` + asks, Code{Attributes: []Attribute{set("contry", declare.Text)}}, nil,
			[]string{`warning: no code sets the attribute "country"; the nearest that it sets is "contry" [unset-attribute]`},
		},
		"a name that differs by case": {
			`"if": ` + asks, Code{Attributes: []Attribute{set("Country", declare.Text)}, OtherAttributes: true}, nil,
			[]string{`error: no code sets the attribute "country", but :0:0 sets "Country" [unset-attribute]`},
		},
		"attributes that the code does not show": {`"if": ` + asks, Code{OtherAttributes: true}, nil, nil},
		"an attribute that is hashed": {
			`"percent": 5, "by": "account"`, Code{}, nil,
			[]string{`warning: no code sets the attribute "account" [unset-attribute]`},
		},
		"the targeting key": {`"if": {"attribute": "key", "in": ["u"]}`, Code{}, nil, nil},
		"a part of a value that is not known": {
			`"if": {"attribute": "address.country", "in": ["DE"]}`,
			Code{Attributes: []Attribute{{Name: "address", Kinds: declare.Object, Open: true}}}, nil, nil,
		},
		"an object of which a part is set": {
			`"if": {"attribute": "address", "exists": true}`, Code{Attributes: []Attribute{set("address.country", declare.Text)}}, nil, nil,
		},
		"another type": {
			`"if": {"attribute": "age", "gte": 30}`, Code{Attributes: []Attribute{set("age", declare.Text)}}, nil,
			[]string{`error: the code sets the attribute "age" to texts, but flags.f.rules[0].if compares it with numbers (age gte 30) [attribute-type]`},
		},
		"a list that is hashed": {
			`"percent": 5, "by": "roles"`, Code{Attributes: []Attribute{{Name: "roles", Kinds: declare.Text, IsList: true}}}, nil,
			[]string{`error: the code sets the attribute "roles" to a list of texts, which flags.f.rules[0].by cannot hash [attribute-type]`},
		},
		"a value of any type": {
			`"if": {"attribute": "age", "gte": 30}`, Code{Attributes: []Attribute{set("age", declare.Any)}}, nil,
			nil,
		},
		"another type than the declared one": {
			`"if": ` + asks, Code{Attributes: []Attribute{set("country", declare.Text), set("age", declare.Text)}}, declared,
			[]string{`error: the attribute "age" is declared as number, but the code sets it to texts [attribute-type]`},
		},
		"a value that is not declared": {
			`"if": ` + asks, Code{Attributes: []Attribute{{Name: "country", Kinds: declare.Text, Text: text("Germany")}}}, declared,
			[]string{`warning: "Germany" is not a known value of "country": the known values are "DE" [unknown-value]`},
		},
		"names that are not declared": {
			`"if": ` + asks, Code{Attributes: []Attribute{set("country", declare.Text), set("Age", declare.Number), set("tenant", declare.Text)}},
			declared,
			[]string{
				`error: the attribute "Age" is not declared (did you mean "age"?) [undeclared-attribute]`,
				`warning: the attribute "tenant" is not declared [undeclared-attribute]`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := ruleset.Read([]byte(`{"schema": 1, "flags": {"f": {"rules": [{`+
				row.rule+`, "serve": "on"}]}}}`), nil)
			require.NoError(t, err)
			row.code.Subjects = true
			var found []string
			for _, f := range CompareAttributes(&row.code, declare.Uses(all), row.declared,
				func(*declare.Use) report.Finding { return report.Finding{} }) {
				found = append(found, fmt.Sprintf("%s: %s [%s]", f.Severity, f.Message, f.Name))
			}
			assert.Equal(t, row.want, found)
			row.code.Subjects = false
			for _, f := range CompareAttributes(&row.code, declare.Uses(all), row.declared,
				func(*declare.Use) report.Finding { return report.Finding{} }) {
				assert.NotEqual(t, UnsetAttribute, f.Name, "code that makes no subjects")
			}
		})
	}
}
