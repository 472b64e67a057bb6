//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// shellBlocks returns the blocks of a page that begin with "```sh", without their indentation.
func shellBlocks(t *testing.T, page string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	inside := false
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case line == "```sh":
			inside, blocks = true, append(blocks, "")
		case line == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1] += line + "\n"
		}
	}
	return blocks
}

// signedSource is a ruleset without findings.
const signedSource = `{
	"schema": 1,
	"environment": "production", // what production serves
	"flags": {
		"new-checkout": {
			"description": "One-page checkout", "owner": "payments",
			"rules": [{"if": {"attribute": "country", "in": ["DE"]}, "percent": 5, "serve": "on"}],
		},
	},
}`

func TestTheCommandsOfThePageOnSigningRunAsTheyStand(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: the page's commands are not run")
	}
	program(t, "", "-v") // skips the test without minisign
	blocks := shellBlocks(t, filepath.Join("..", "..", "docs", "signing.md"))
	require.Len(t, blocks, 7)
	itself, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	programs, web := filepath.Join(folder, "bin"), filepath.Join(folder, "web")
	require.NoError(t, os.Mkdir(programs, 0o755))
	require.NoError(t, os.Mkdir(web, 0o755))
	require.NoError(t, os.Symlink(itself, filepath.Join(programs, "becket")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "flags.jsonc"), []byte(signedSource), 0o600))
	server := httptest.NewServer(http.FileServer(http.Dir(web)))
	t.Cleanup(server.Close)

	revision := int64(0)
	for _, block := range blocks {
		secret, _ := os.ReadFile(filepath.Join(folder, "production.key"))
		script := exec.CommandContext(t.Context(), bash, "--norc", "-eu", "-o", "pipefail", "-c", block)
		script.Dir = folder
		script.Env = append(os.Environ(), asProgram+"=1",
			"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"), "FLAGS="+web,
			"URL="+server.URL+"/production.json", "RUN_NUMBER=44",
			"BECKET_SECRET_KEY="+strings.TrimSpace(string(secret)))
		output, err := script.CombinedOutput()
		require.NoError(t, err, "%s\n%s", block, output)
		if strings.Contains(block, "becket live") {
			assert.Contains(t, string(output), ": clients use it")
			revision = publishedRevision(t, server.URL+"/production.json", filepath.Join(folder, "production.pub"))
		}
	}
	assert.Equal(t, int64(44), revision)
	assert.FileExists(t, filepath.Join(folder, "next.pub"))
}

// publishedRevision returns the revision that a client with this key gets.
func publishedRevision(t *testing.T, address, key string) int64 {
	t.Helper()
	public, err := os.ReadFile(key)
	require.NoError(t, err)
	client, err := becket.New(becket.HTTP(address), becket.WithPublicKey(string(public)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))
	return client.Status().Revision
}

// The order of the page disturbs no running client. The other order does.
func TestARunningClientNoticesNothingIfTheSignatureIsUploadedFirst(t *testing.T) {
	signing(t)
	original, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	signed := func(revision string) (document, signature []byte) {
		document = []byte(strings.Replace(string(original), `"revision": 42`, `"revision": `+revision, 1))
		require.NoError(t, os.WriteFile("flags.json", document, 0o600))
		good(t, "sign", "flags.json")
		signature, err := os.ReadFile("flags.json.minisig")
		require.NoError(t, err)
		return document, signature
	}
	first, firstSignature := signed("42")
	second, secondSignature := signed("43")
	third, thirdSignature := signed("44")
	public, err := os.ReadFile("becket.pub")
	require.NoError(t, err)
	server := newDocuments(t, first, firstSignature)
	publish := func(document, signature []byte) {
		t.Helper()
		_, err := server.Publish(document, signature, 0)
		require.NoError(t, err)
	}
	client, err := becket.New(becket.HTTP(published(t, server.ServeHTTP)), becket.WithPublicKey(string(public)))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Wait(t.Context()))

	publish(first, secondSignature)
	require.NoError(t, client.Refresh(t.Context()))
	publish(second, secondSignature)
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, int64(43), client.Status().Revision)
	assert.Zero(t, client.Status().Failed)

	publish(third, secondSignature)
	require.ErrorIs(t, client.Refresh(t.Context()), becket.ErrSignature)
	assert.Equal(t, int64(43), client.Status().Revision)
	publish(third, thirdSignature)
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, int64(44), client.Status().Revision)
}
