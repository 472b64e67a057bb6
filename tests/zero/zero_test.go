// Package zero_test calls all exported functions and methods of becket's packages with zero and nil
// values. Each call must work or report the mistake, and none may panic or hang.
package zero_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	// The test runs programs that use these packages. These imports tell go test to discard a
	// cached result when the packages change.
	_ "github.com/becketflags/becket/flagtest"
	_ "github.com/becketflags/becket/format/configcat"
	_ "github.com/becketflags/becket/format/flagd"
	_ "github.com/becketflags/becket/ofrep"
	_ "github.com/becketflags/becket/shadow"
)

const module = "github.com/becketflags/becket"

// modules lists the packages whose names programs use, by the folder of their module.
var modules = map[string][]string{
	"": {
		module, module + "/flagtest", module + "/ofrep", module + "/shadow",
		module + "/format/configcat", module + "/format/flagd",
	},
	"openfeature": {module + "/openfeature"},
	"otel":        {module + "/otel", module + "/otel/ofhook"},
	"publish":     {module + "/publish"},
	"postgres":    {module + "/postgres"},
	"redis":       {module + "/redis"},
	"nats":        {module + "/nats"},
}

func TestEveryExportedNameAcceptsZeroAndNilValues(t *testing.T) {
	t.Parallel()
	for folder, packages := range modules {
		t.Run("module "+folder, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("..", "..", folder)
			program := generate(t, dir, packages)
			report := run(t, dir, program)
			assert.Empty(t, report.Failures, strings.Join(report.Failures, "\n"))
			t.Logf("%d calls of %d names", report.Calls, report.Names)
			assert.Greater(t, report.Calls, report.Names, "each name is called in several ways")
		})
	}
}

// report is the output of the program in testdata.
type report struct {
	Names    int
	Calls    int
	Failures []string
}

// generate writes a table of everything that the packages export. The program in testdata calls its
// entries by reflection.
func generate(t *testing.T, dir string, packages []string) string {
	t.Helper()
	load := loader(t, dir, packages)
	var imports, functions, zeros, values strings.Builder
	for i, name := range packages {
		pkg, err := load.Import(name)
		require.NoError(t, err)
		alias := fmt.Sprintf("p%d", i)
		fmt.Fprintf(&imports, "\t%s %q\n", alias, name)
		scope := pkg.Scope()
		for _, key := range scope.Names() {
			object := scope.Lookup(key)
			if !object.Exported() {
				continue
			}
			text := alias + "." + key + arguments(object)
			shown := path.Base(name) + "." + key
			switch object.(type) {
			case *types.Func:
				fmt.Fprintf(&functions, "\t{%q, %s},\n", shown, text)
			case *types.Var:
				fmt.Fprintf(&values, "\t{%q, &%s},\n", shown, text)
			case *types.TypeName:
				if !types.IsInterface(object.Type()) {
					fmt.Fprintf(&zeros, "\treflect.TypeFor[%s](),\n", text)
				}
			}
		}
	}
	return fmt.Sprintf("package main\n\nimport (\n\t\"reflect\"\n\n%s)\n\nvar functions = []named{\n%s}\n\n"+
		"var zeros = []reflect.Type{\n%s}\n\nvar values = []named{\n%s}\n", &imports, &functions, &zeros, &values)
}

// arguments instantiates generic types and functions with any, which is also comparable.
func arguments(object types.Object) string {
	var parameters *types.TypeParamList
	switch of := object.Type().(type) {
	case *types.Signature:
		parameters = of.TypeParams()
	case *types.Named:
		parameters = of.TypeParams()
	}
	if parameters.Len() == 0 {
		return ""
	}
	return "[" + strings.TrimSuffix(strings.Repeat("any, ", parameters.Len()), ", ") + "]"
}

// loader reads packages from the compiler's export data.
func loader(t *testing.T, dir string, packages []string) types.Importer {
	t.Helper()
	listed := command(t, dir, append([]string{"list", "-export", "-deps", "-json=ImportPath,Export"}, packages...)...)
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
		var pkg struct{ ImportPath, Export string }
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		exports[pkg.ImportPath] = pkg.Export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		return os.Open(exports[name])
	})
}

// run builds the program in the module, as if it were a folder of it, and runs it.
func run(t *testing.T, dir, table string) (r report) {
	t.Helper()
	written := filepath.Join(t.TempDir(), "table.go")
	require.NoError(t, os.WriteFile(written, []byte(table), 0o600))
	exercise, err := filepath.Abs("testdata/exercise.go")
	require.NoError(t, err)
	dir, err = filepath.Abs(dir)
	require.NoError(t, err)
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(dir, "zeroprogram", "table.go"):    written,
		filepath.Join(dir, "zeroprogram", "exercise.go"): exercise,
	}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	program := filepath.Join(t.TempDir(), "zeroprogram")
	command(t, dir, "build", "-overlay", file, "-o", program, "./zeroprogram")
	c := exec.CommandContext(t.Context(), program)
	c.Dir = t.TempDir() // the program writes to every folder that it can name
	out, err := c.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &r))
	return r
}

func command(t *testing.T, dir string, arguments ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", arguments...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoError(t, err, stderr.String())
	return out
}
