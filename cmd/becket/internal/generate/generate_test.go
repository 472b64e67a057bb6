package generate

import (
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// flagsOf decodes flags, each with its first variant as the default.
func flagsOf(t *testing.T, document string) (flags []Flag) {
	t.Helper()
	rules, err := becket.Native.Decode([]byte(document))
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	lister, ok := rules.(becket.VariantLister)
	require.True(t, ok)
	for info := range rules.Flags() {
		variants := lister.Variants(info.Key)
		flags = append(flags, Flag{FlagInfo: info, Values: variants, Default: variants[0].Name})
	}
	return flags
}

// compiled type-checks a generated file, and returns the names that it declares.
func compiled(t *testing.T, code []byte) []string {
	t.Helper()
	again, err := format.Source(code)
	require.NoError(t, err)
	assert.Equal(t, string(again), string(code), "the file is formatted")
	pkg, err := checked(t, code)
	require.NoError(t, err)
	return pkg.Scope().Names()
}

// checked type-checks a file.
func checked(t *testing.T, code []byte) (*types.Package, error) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "flags.go", code, parser.ParseComments)
	require.NoError(t, err)
	assert.True(t, ast.IsGenerated(file))
	exports, err := exec.Command("go", "list", "-export", "-f", "{{.Export}}", "github.com/becketflags/becket").Output()
	require.NoError(t, err)
	config := types.Config{Importer: importer.ForCompiler(set, "gc", lookup(strings.TrimSpace(string(exports))))}
	return config.Check("example.com/flags", set, []*ast.File{file}, nil)
}

func TestFlagsWithCollidingNamesAllGetOtherNames(t *testing.T) {
	code, err := Go("flags", "flags.json", flagsOf(t, `{"schema": 1, "flags": {
		"a-b": {}, "a_b": {}, "a.b": {}, "handles": {}, "2fa": {}, "flag-2fa": {}, "日本": {}, "---": {}, "user-id": {},
			"limits-value": {},
		"limits": {"variants": {"x": {"a-b": 1, "a_b": {"deep": [{"x": 1}, {"y": "z"}]}}, "y": {"a-b": 1.5}},
			"default": "x"}
	}}`))
	require.NoError(t, err)
	names := compiled(t, code)
	assert.Len(t, names, 11+1+3+2, "handles, the function, the types and the constants: %s", names)
	for _, name := range []string{"AB", "Flag2fa", "LimitsValue"} {
		assert.NotContains(t, names, name, "names that two flags would get are given to neither")
	}
	assert.Subset(t, names, []string{"Handles", "Flag日本", "Flag", "UserID", "Limits"})
}

func TestANewFlagNeverTakesTheNameOfAnother(t *testing.T) {
	one, err := Go("flags", "", flagsOf(t, `{"schema": 1, "flags": {"a_b": {}}}`))
	require.NoError(t, err)
	assert.Contains(t, string(one), `AB = becket.BoolFlag{Key: "a_b"}`)
	two, err := Go("flags", "", flagsOf(t, `{"schema": 1, "flags": {"a-b": {}, "a_b": {}}}`))
	require.NoError(t, err)
	assert.NotContains(t, string(two), "AB =")
}

func TestObjectsOfAnyShapeBecomeTypesThatCompile(t *testing.T) {
	for name, test := range map[string]struct{ variants, want string }{
		"one type for all variants": {
			`{"a": {"rps": 1}, "b": {"rps": 2, "name": "x"}}`,
			"type FValue struct {\n\tName string `json:\"name\"`\n\tRPS  int    `json:\"rps\"`\n}",
		},
		"an integer and a fraction": {`{"a": {"x": 1}, "b": {"x": 1.5}}`, "X float64"},
		"an integer written as 1.0": {`{"a": {"x": 1.0}}`, "X float64"},
		"an integer beyond 32 bits": {`{"a": {"x": 1}, "b": {"x": 5000000000}}`, "X int64"},
		"values of several types":   {`{"a": {"x": 1}, "b": {"x": "1"}}`, "X any"},
		"null":                      {`{"a": {"x": null}}`, "X any"},
		"a list of texts": {
			`{"a": ["x", "y"]}`, `becket.JSONFlag[[]string]{Key: "f", Default: []string{"x", "y"}}`,
		},
		"a list of objects": {
			`{"a": [{"x": 1}, {"y": true}]}`,
			`JSONFlag[[]FValueItem]{Key: "f", Default: []FValueItem{FValueItem{X: 1}, FValueItem{Y: true}}}`,
		},
		"an empty list":   {`{"a": []}`, `JSONFlag[[]any]`},
		"an empty object": {`{"a": {}}`, `JSONFlag[FValue]`},
		"names that no tag can have": {
			`{"a": {"x,y": 1, "": [2, null, {"z": false}]}}`,
			`map[string]any{"": []any{float64(2), nil, map[string]any{"z": false}}, "x,y": float64(1)}`,
		},
		"objects in objects": {
			`{"a": {"b": {"c": {"d": "e"}}}}`, `FValue{B: FValueB{C: FValueBC{D: "e"}}}`,
		},
		"a list and an object": {
			`{"a": [1], "b": {"c": 1}}`, `JSONFlag[any]{Key: "f", Default: []any{float64(1)}}`,
		},
		"fields with names like each other": {`{"a": {"a b": 1, "A-B": 2}}`, "AB_"},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := Go("flags", "",
				flagsOf(t, `{"schema": 1, "flags": {"f": {"variants": `+test.variants+`, "default": "a"}}}`))
			require.NoError(t, err)
			compiled(t, code)
			assert.Contains(t, string(code), test.want)
		})
	}
}

// Defaults, in flags and in the fields of objects, of every size that documents hold.
const largeIntegers = `{"schema": 1, "flags": {
	"small": {"variants": {"a": 2147483647, "b": -2147483648}, "default": "a"},
	"large": {"variants": {"a": 2147483648}, "default": "a"},
	"low": {"variants": {"a": -2147483649}, "default": "a"},
	"lowest": {"variants": {"a": -9223372036854775808}, "default": "a"},
	"long": {"variants": {"a": 9223372036854775807}, "default": "a"},
	"largest": {"variants": {"a": 18446744073709551615}, "default": "a"},
	"object": {"variants": {"a": {"x": 2147483648, "y": [-2147483649, 1], "z": 18446744073709551615}}, "default": "a"},
	"mixed": {"variants": {"a": [2147483648, "x"]}, "default": "a"}}}`

func TestLargeIntegersKeepTheirValuesWhereAnIntHolds64Bits(t *testing.T) {
	code, err := Go("flags", "", flagsOf(t, largeIntegers))
	require.NoError(t, err)
	for _, want := range []string{
		`Small = becket.IntFlag{Key: "small", Default: 2147483647}`,
		`Large = becket.IntFlag{Key: "large", Default: min(2147483648, math.MaxInt)}`,
		`Low = becket.IntFlag{Key: "low", Default: max(-2147483649, math.MinInt)}`,
		`Lowest = becket.IntFlag{Key: "lowest", Default: max(-9223372036854775808, math.MinInt)}`,
		`Largest = becket.IntFlag{Key: "largest", Default: min(18446744073709551615, math.MaxInt)}`,
	} {
		assert.Contains(t, string(code), want)
	}
}

func TestLargeIntegersCompileFor32And64Bits(t *testing.T) {
	if testing.Short() {
		t.Skip("the go command may have to compile the standard library for another architecture")
	}
	code, err := Go("flags", "", flagsOf(t, largeIntegers))
	require.NoError(t, err)
	root, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	require.NoError(t, err)
	folder := t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	_, requirements, _ := strings.Cut(string(module), "\n")
	text := "module example.com/flags\n" + requirements +
		"\nrequire github.com/becketflags/becket v0.1.0\nreplace github.com/becketflags/becket => " +
		strconv.Quote(filepath.ToSlash(root)) + "\n"
	for name, body := range map[string][]byte{"go.mod": []byte(text), "go.sum": sums, "flags.go": code} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), body, 0o600))
	}
	for _, architecture := range []string{"386", "amd64"} {
		command := exec.Command("go", "vet", "-mod=mod", ".")
		command.Dir = folder
		command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "CGO_ENABLED=0", "GOWORK=off")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s", architecture, output)
	}
}

// Code that still compiles gets a value of the new type.
func TestAnotherTypeBreaksCodeThatNeedsTheOldOne(t *testing.T) {
	const (
		boolean = `{"f": {}}`
		text    = `{"f": {"variants": {"a": "x"}, "default": "a"}}`
		integer = `{"f": {"variants": {"a": 1}, "default": "a"}}`
		decimal = `{"f": {"variants": {"a": 1.5}, "default": "a"}}`
	)
	for name, row := range map[string]struct {
		before, after string
		use           string
		breaks        bool
	}{
		"a check of a boolean flag":        {boolean, text, "if F.On(v) {}", true},
		"a value of a flag, now a boolean": {text, boolean, "_ = F.In(v)", true},
		"a variable of the old type":       {text, integer, "var s string = F.In(v); _ = s", true},
		"a parameter of the old type":      {integer, decimal, "func(int) {}(F.In(v))", true},
		"a comparison with a text":         {text, integer, `_ = F.In(v) == "x"`, true},
		"a parameter of any type":          {text, integer, "func(any) {}(F.In(v))", false},
		"a comparison with a number":       {integer, decimal, "_ = F.In(v) > 5", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, side := range []struct {
				flags  string
				breaks bool
			}{{row.before, false}, {row.after, row.breaks}} {
				code, err := Go("flags", "", flagsOf(t, `{"schema": 1, "flags": `+side.flags+`}`))
				require.NoError(t, err)
				_, err = checked(t, append(code, "\nfunc use(v becket.View) { "+row.use+" }\n"...))
				assert.Equal(t, side.breaks, err != nil, "%v", err)
			}
		})
	}
}

func TestANumberThatNoGoTypeHoldsIsAnError(t *testing.T) {
	variants := []becket.Variant{{
		Name: "a", Value: becket.ObjectValue([]byte(`{"x": 1e999}`)),
	}} // no native document has it
	_, err := Go("flags", "",
		[]Flag{{FlagInfo: becket.FlagInfo{Key: "f", Kind: becket.KindObject}, Values: variants, Default: "a"}})
	assert.EqualError(t, err, `flag "f": the number 1e999 is out of range`)
}

func TestDescriptionsStayInsideTheirComments(t *testing.T) {
	code, err := Go("flags", "x\n.json", flagsOf(t, `{"schema": 1, "flags": {"f": {
		"description": "one\n*/ var Evil = 1\n\n//go:embed x\r\u2028two \u001b[31m\u202e three", "owner": "a\nb",
		"variants": {"v\n1": "`+"`\\\"\\u0000"+`", "v2": "x"}, "default": "v2"
	}}}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"F", "FV1", "FV2", "FVariantV1", "FVariantV2", "Handles"}, compiled(t, code))
	assert.NotContains(t, string(code), "\x1b")
	assert.Contains(t, string(code), "// one */ var Evil = 1 //go:embed x two [31m three.\n")
	assert.Contains(t, string(code), "// Owner: a b. Variants: v 1, v2.\n")
}

// lookup finds becket's export data; it exports nothing of other packages that handles need.
func lookup(file string) importer.Lookup {
	return func(string) (io.ReadCloser, error) { return os.Open(file) }
}
