package main

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-shellwords"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/devserver"
)

var update = flag.Bool("update", false, "write the outputs of transcripts and of docs/command.md anew")

// runTranscript runs the blocks of a text that begin with "```console". It runs each line that
// begins with "$ " in a copy of the folder testdata/rules. The lines below it are the expected
// output, and "[exit 1]" is the expected exit code if that is not 0. The commands are becket (with
// "< FILE" and "> FILE") and cat.
func runTranscript(t *testing.T, path string) {
	t.Helper()
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	path, err = filepath.Abs(path)
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "rules"))))
	requireLibrary(t, filepath.Join(folder, "shop", "go.mod"))
	t.Chdir(folder)
	got := rewrite(t, string(source))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	assert.Equal(t, string(source), got, "run the tests with -update if the change is meant")
}

// requireLibrary points a module that was copied to another folder at the library of this
// repository.
func requireLibrary(t *testing.T, path string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	module, err := os.ReadFile(path)
	require.NoError(t, err)
	module = bytes.Replace(module, []byte("=> ../../../../.."), []byte("=> "+strconv.Quote(filepath.ToSlash(root))), 1)
	require.NoError(t, os.WriteFile(path, module, 0o600))
}

// rewrite returns the transcript with the present outputs of its commands.
func rewrite(t *testing.T, source string) string {
	t.Helper()
	var b strings.Builder
	inside := false
	lines := strings.SplitAfter(source, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimSpace(line) == "```console"
			b.WriteString(line)
		case inside && strings.HasPrefix(line, "$ "):
			b.WriteString(line)
			command := strings.TrimPrefix(line, "$ ")
			for strings.HasSuffix(command, "\\\n") && i+1 < len(lines) {
				i++
				b.WriteString(lines[i])
				command = strings.TrimSuffix(command, "\\\n") + " " + lines[i]
			}
			b.WriteString(execute(t, strings.TrimSpace(command)))
		case !inside:
			b.WriteString(line)
		}
	}
	return b.String()
}

// execute runs one command line and returns its output, stdout and stderr together.
func execute(t *testing.T, command string) string {
	t.Helper()
	words, err := shellwords.Parse(strings.NewReplacer("<", `\<`, ">", `\>`).Replace(command))
	require.NoError(t, err, command)
	var output, stdin bytes.Buffer
	file := ""
	words, input := redirection(words, "<")
	words, file = redirection(words, ">")
	if input != "" {
		body, err := os.ReadFile(input)
		require.NoError(t, err)
		stdin.Write(body)
	}
	if words[0] == "cat" {
		body, err := os.ReadFile(words[1])
		require.NoError(t, err)
		return string(body)
	}
	require.Equal(t, "becket", words[0])
	e := &env{
		ctx: t.Context(), stdin: &stdin, stdout: &output, stderr: &output, transport: folderOnline{},
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
	var written bytes.Buffer
	if file != "" {
		e.stdout = &written
	}
	code := run(e, words[1:])
	if file != "" {
		require.NoError(t, os.WriteFile(file, written.Bytes(), 0o600))
	}
	text := output.String()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if code != exitGood {
		text += "[exit " + string(rune('0'+code)) + "]\n"
	}
	return text
}

// folderOnline answers requests to any host with the files of the current folder.
type folderOnline struct{}

func (folderOnline) RoundTrip(r *http.Request) (*http.Response, error) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	body, err := os.ReadFile(strings.TrimSuffix(name, devserver.SignatureSuffix))
	if err != nil {
		return nil, err
	}
	server, err := devserver.New(name)
	if err != nil {
		return nil, err
	}
	if _, err := server.Publish(body, nil, 0); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", "gzip")
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Header.Set("Date", "Sun, 22 Nov 2026 12:00:00 GMT")
	return response, nil
}

// redirection removes "< FILE" from the words.
func redirection(words []string, arrow string) (rest []string, file string) {
	for i, word := range words {
		if word == arrow && i+1 < len(words) {
			return append(append(rest, words[:i]...), words[i+2:]...), words[i+1]
		}
	}
	return words, ""
}

func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "transcripts", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) { runTranscript(t, path) })
	}
}

func TestThePageOfTheCommandShowsRealOutput(t *testing.T) {
	runTranscript(t, filepath.Join("..", "..", "docs", "command.md"))
}
