// Package house_test checks the order of the root package's files. CONTRIBUTING.md has tables of
// the files by floors, and a file may use only files of its own floor and of lower floors.
package house_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/becketflags/becket" // so that go test runs this again when the package changes
)

const root = "../.."

var (
	heading = regexp.MustCompile(`^### Floor \d+: .+`)
	row     = regexp.MustCompile("^\\| `([a-z_]+\\.go)` \\| .+ \\|$")
)

// floorsOf reads the tables. The highest floor is the first table.
func floorsOf(t *testing.T) map[string]int {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	floors, floor := map[string]int{}, 0
	for line := range strings.SplitSeq(string(page), "\n") {
		if heading.MatchString(line) {
			floor--
		}
		if m := row.FindStringSubmatch(line); m != nil {
			require.NotContains(t, floors, m[1], "the table has the file twice")
			floors[m[1]] = floor
		}
	}
	require.Less(t, floor, -5, "the map has fewer floors than expected")
	return floors
}

// use is a use of a name in another file than the one that defines it.
type use struct{ from, to, name string }

// usesBetweenFiles type-checks the root package and returns the uses of its names, fields and
// methods between files.
func usesBetweenFiles(t *testing.T) (files []string, uses map[use]bool) {
	t.Helper()
	t.Chdir(root)
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_other.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, 0)
		require.NoError(t, err)
		parsed, files = append(parsed, file), append(files, path)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(set, "source", nil)}
	self, err := config.Check("becket", set, parsed, info)
	require.NoError(t, err)
	uses = map[use]bool{}
	for name, object := range info.Uses {
		local := object.Parent() != nil && object.Parent() != self.Scope()
		if object.Pkg() != self || local {
			continue
		}
		from, to := set.Position(name.Pos()).Filename, set.Position(object.Pos()).Filename
		if from != to {
			uses[use{from, to, object.Name()}] = true
		}
	}
	return files, uses
}

func TestFilesUseNothingOfAFloorAboveTheirs(t *testing.T) { //nolint:paralleltest // it changes the folder
	floors := floorsOf(t)
	files, uses := usesBetweenFiles(t)
	for _, file := range files {
		assert.Contains(t, floors, file, "the map in CONTRIBUTING.md does not have the file")
	}
	for file := range floors {
		assert.FileExists(t, file, "the map in CONTRIBUTING.md has a file that does not exist")
	}
	require.Greater(t, len(uses), 500)
	for u := range uses {
		assert.LessOrEqual(t, floors[u.to], floors[u.from], "%s names %s of %s, which is on a higher floor",
			u.from, u.name, u.to)
	}
}

func TestAtMostEightFilesReachEachOtherInACircle(t *testing.T) { //nolint:paralleltest // it changes the folder
	files, uses := usesBetweenFiles(t)
	reaches := map[string]map[string]bool{}
	for _, file := range files {
		reaches[file] = map[string]bool{}
		for next := []string{file}; len(next) > 0; {
			at := next[0]
			next = next[1:]
			for u := range uses {
				if u.from == at && !reaches[file][u.to] {
					reaches[file][u.to] = true
					next = append(next, u.to)
				}
			}
		}
	}
	for _, file := range files {
		circle := 0
		for other := range reaches[file] {
			if reaches[other][file] {
				circle++
			}
		}
		assert.LessOrEqual(t, circle, 8, "%s is in a circle", file)
	}
}
