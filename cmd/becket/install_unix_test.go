//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program of a module that uses generated handles. Its go:generate line is that of the page.
const toolUser = `package main

import (
	"fmt"

	"github.com/becketflags/becket"

	"example.com/shop/flags"
)

GENERATE

func main() { fmt.Println(flags.Banner.In(becket.View{}) == flags.BannerRed) }
`

// installer runs the shell blocks of the page that are below the heading of the installation.
type installer struct {
	bash, root, folder string
	blocks             []string
}

func newInstaller(t *testing.T) *installer {
	t.Helper()
	if testing.Short() {
		t.Skip("it links the command several times")
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: the page's commands are not run")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	i := &installer{bash: bash, root: root, folder: t.TempDir()}
	page := filepath.Join(root, "docs", "command.md")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Installation\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, block := range shellBlocks(t, page) {
		if strings.Contains(section, block) {
			i.blocks = append(i.blocks, block)
		}
	}
	require.Len(t, i.blocks, 5)
	return i
}

// run runs a block. It asks no server: what it needs is in the cache of modules, because the tests
// were built from it. The sums are those of the command.
func (i *installer) run(t *testing.T, block string) string {
	t.Helper()
	script := exec.CommandContext(t.Context(), i.bash, "--norc", "-eu", "-o", "pipefail", "-c", block)
	script.Dir = i.folder
	script.Env = append(os.Environ(), "CLONE="+i.root, "GOPROXY=off", "GOWORK=off", "GOFLAGS=-buildvcs=false",
		"GOBIN="+filepath.Join(i.folder, "bin"),
		"PATH="+filepath.Join(i.folder, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	output, err := script.CombinedOutput()
	require.NoError(t, err, "%s\n%s", block, output)
	return string(output)
}

// module writes go.mod, and the command's sums.
func (i *installer) module(t *testing.T, sums string) {
	t.Helper()
	i.run(t, "go mod init example.com/shop")
	text, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(i.folder, sums), text, 0o600))
}

func TestTheCommandIsAToolOfAnotherModule(t *testing.T) {
	i := newInstaller(t)
	i.module(t, "go.sum")
	beforeTheFirstRelease := i.blocks[4]
	assert.True(t, strings.HasSuffix(i.run(t, beforeTheFirstRelease), "\nv0.1.0\n"))

	// The same module then generates its handles as the page says, and compiles.
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "command.md"))
	require.NoError(t, err)
	_, line, found := strings.Cut(string(page), "\n//go:generate ")
	require.True(t, found)
	line, _, _ = strings.Cut(line, "\n")
	code := strings.Replace(toolUser, "GENERATE", "//go:generate "+line, 1)
	require.NoError(t, os.WriteFile(filepath.Join(i.folder, "main.go"), []byte(code), 0o600))
	document, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(i.folder, "flags.json"), document, 0o600))
	i.run(t, "go generate ./...")
	assert.Equal(t, "true\n", i.run(t, "go run ."), "without a ruleset, a flag has the cautious default")
	i.run(t, "go tool becket gen go --package flags --out flags/flags.go flags.json --check")
}

// Nothing is published before the first release, so here a directive points at this repository.
func TestTheLinesForAReleasedCommandWorkWithItsVersion(t *testing.T) {
	i := newInstaller(t)
	i.module(t, "go.sum")
	replace, _, _ := strings.Cut(i.blocks[4], "go get")
	i.run(t, replace)
	released := func(block string) string { return strings.ReplaceAll(block, "@latest", "@v0.1.0") }
	assert.True(t, strings.HasSuffix(i.run(t, released(i.blocks[1])), "\nv0.1.0\n"))

	own := i.blocks[2]
	require.Contains(t, own, "-modfile=becket.mod")
	text, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(i.folder, "becket.sum"), text, 0o600))
	first, rest, _ := strings.Cut(own, "\n")
	i.run(t, first)
	i.run(t, strings.ReplaceAll(replace, "go mod edit", "go mod edit -modfile=becket.mod"))
	assert.True(t, strings.HasSuffix(i.run(t, released(rest)), "\nv0.1.0\n"))
}

func TestTheCommandIsInstalledFromAClone(t *testing.T) {
	i := newInstaller(t)
	bin := filepath.Join(i.folder, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	const git = "#!/bin/sh\n" + `[ "$*" = "clone https://github.com/becketflags/becket" ] && ln -s "$CLONE" becket` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte(git), 0o755))
	i.run(t, "unset GOWORK\n"+i.blocks[3])
	assert.Equal(t, "(devel)\n", i.run(t, "becket --version"))
}
