package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/devserver"
)

// served is a running server and its output.
type served struct {
	address string
	lines   *bufio.Scanner
	stop    func() (code int)
	stderr  *bytes.Buffer // read it after the server has stopped, or after says has returned
}

// newDocuments returns a server that has published a document, which need not be valid.
func newDocuments(t *testing.T, document, signature []byte) *devserver.Server {
	t.Helper()
	server, err := devserver.New("flags.json")
	require.NoError(t, err)
	_, err = server.Publish(document, signature, 0)
	require.NoError(t, err)
	return server
}

func serve(t *testing.T, file string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	s := &served{lines: bufio.NewScanner(reader), stderr: &bytes.Buffer{}}
	e := &env{
		ctx: ctx, stdout: writer, stderr: s.stderr,
		now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
	}
	done := make(chan int, 1)
	go func() {
		done <- run(e, []string{"serve", file, "--addr", "127.0.0.1:0", "--poll", "10ms"})
		_ = writer.Close()
	}()
	s.stop = func() int {
		cancel()
		_, _ = io.Copy(io.Discard, reader)
		return <-done
	}
	s.says(t, `^12:00:00 published 3 flags, revision 42, ETag "[0-9a-f]{24}"$`)
	s.address = s.says(t, `^serving .* at (http://127\.0\.0\.1:\d+/flags\.json) until interrupted$`)
	return s
}

// says waits for the next line and returns the text that the pattern's first group matches.
func (s *served) says(t *testing.T, pattern string) string {
	t.Helper()
	require.True(t, s.lines.Scan(), "the server ended: %s", s.stderr)
	match := regexp.MustCompile(pattern).FindStringSubmatch(s.lines.Text())
	require.NotNil(t, match, s.lines.Text())
	return match[len(match)-1]
}

func (s *served) get(t *testing.T, suffix string) (status int, body string) {
	t.Helper()
	response, err := http.Get(s.address + suffix)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// replaceText replaces a file by a rename, as careful editors do.
func replaceText(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(file+".new", file))
}

func TestTheServerReloadsAndKeepsTheLastGoodDocument(t *testing.T) {
	good, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "flags.json")
	replaceText(t, file, string(good))
	s := serve(t, file)
	_, body := s.get(t, "")
	assert.Equal(t, string(good), body, "byte for byte")
	client, err := becket.New(becket.HTTP(s.address))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	require.NoError(t, client.Refresh(t.Context()), "not modified")

	replaceText(t, file, strings.Replace(string(good), `"percent": 30`, `"percent": 130`, 1))
	s.says(t, "^12:00:00 refused; the document published before stays$")
	assert.Contains(t, s.stderr.String(), "flags.json:20:86: error: flags.new-checkout.rules[1].percent: 130 is not")
	_, body = s.get(t, "")
	assert.Equal(t, string(good), body)

	better := strings.Replace(string(good), `"revision": 42`, `"revision": 43`, 1)
	replaceText(t, file, better)
	s.says(t, "^12:00:00 published 3 flags, revision 43, ETag")
	_, body = s.get(t, "")
	assert.Equal(t, better, body)
	require.NoError(t, client.Refresh(t.Context()))
	assert.Equal(t, int64(43), client.Status().Revision)

	require.NoError(t, os.Remove(file))
	s.says(t, "^12:00:00 refused")
	assert.Contains(t, s.stderr.String(), "there is no file")
	replaceText(t, file, string(good))
	s.says(t, "^12:00:00 published 3 flags, revision 42, ETag")
	s.says(t, "^12:00:00 the revision was 43: clients refuse a lower one$")

	status, _ := s.get(t, ".minisig")
	assert.Equal(t, http.StatusNotFound, status)
	replaceText(t, file+".minisig", "signed")
	s.says(t, "^12:00:00 published 3 flags, revision 42, with its signature, ETag")
	_, body = s.get(t, ".minisig")
	assert.Equal(t, "signed", body)
	assert.Equal(t, exitGood, s.stop())
}

func TestAProgramWithEventsSeesAnEditAtOnce(t *testing.T) {
	good, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "flags.json")
	replaceText(t, file, string(good))
	s := serve(t, file)
	client, err := becket.New(becket.HTTP(s.address, becket.WithEvents(s.address+"/events")),
		becket.WithPollInterval(time.Hour), becket.WithSignalSpread(0))
	require.NoError(t, err)
	defer client.Close()
	require.Eventually(t, func() bool { return client.Status().Signals[0].Connected }, 20*time.Second,
		10*time.Millisecond)
	for _, revision := range []string{"43", "44"} {
		replaceText(t, file, strings.Replace(string(good), `"revision": 42`, `"revision": `+revision, 1))
		s.says(t, "^12:00:00 published 3 flags, revision "+revision+", ETag")
		require.Eventually(t, func() bool { return strconv.FormatInt(client.Status().Revision, 10) == revision },
			20*time.Second, 10*time.Millisecond)
	}
	assert.Equal(t, exitGood, s.stop(), "an open stream does not keep the server from ending")
}

func TestTheServerDoesNotStartWithBadInput(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		code   int
		stderr string
	}{
		"a bad document": {[]string{rulesFile("broken.jsonc")}, exitFinding, `unknown field "rulez"`},
		"no file": {
			[]string{"nowhere.json"}, exitUsage,
			`becket: serve watches a file or a folder, and "nowhere.json" is neither`,
		},
		"a URL": {[]string{"http://127.0.0.1/flags.json"}, exitUsage, "is neither"},
		"an address that is none": {
			[]string{rulesFile("flags.json"), "--addr", "nonsense"}, exitUsage, "missing port in address",
		},
		"too much haste": {[]string{rulesFile("flags.json"), "--poll", "1ns"}, exitUsage, "--poll 1ns is below 10ms"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(t, nil, append([]string{"serve"}, test.args...)...)
			assert.Equal(t, test.code, code)
			assert.Contains(t, stderr, test.stderr)
		})
	}
}

func TestTheServedNameEndsInJSON(t *testing.T) {
	for rules, want := range map[string]string{
		"flags.json": "flags.json", "a/b.yaml": "b.json", "flags/": "flags.json", ".flags": ".flags.json",
		"x.y.jsonc": "x.y.json",
	} {
		assert.Equal(t, want, servedName(rules))
	}
}

func TestTheServerSaysEverythingAsJSONIfTheUserAsksForIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	file, err := filepath.Abs(rulesFile("flags.json"))
	require.NoError(t, err)
	code := make(chan int, 1)
	go func() {
		e := &env{
			ctx: ctx, stdout: writer, stderr: io.Discard,
			now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		}
		code <- run(e, []string{"serve", file, "--addr", "127.0.0.1:0", "--json"})
		_ = writer.Close()
	}()
	lines := json.NewDecoder(reader)
	var published, serving map[string]string
	require.NoError(t, lines.Decode(&published))
	assert.Equal(t, "2026-11-22T12:00:00Z", published["time"])
	assert.Contains(t, published["message"], "published 3 flags, revision 42, ETag")
	require.NoError(t, lines.Decode(&serving))
	assert.Equal(t, filepath.ToSlash(file), serving["serving"])
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/flags\.json$`, serving["url"])
	cancel()
	_, err = lines.Token()
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, exitGood, <-code)
}

// The port may be in use on this machine; then the error names the address.
func TestByDefaultOnlyThisMachineCanReachTheServer(t *testing.T) {
	page, err := os.ReadFile("../../docs/command.md")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(string(page)), " "),
		"by default, only this machine can reach the server")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	output := &firstWords{until: "serving", found: cancel}
	run(&env{ctx: ctx, stdout: output, stderr: output, now: time.Now}, []string{"serve", rulesFile("flags.json")})
	assert.Regexp(t, `(http://|listen tcp )127\.0\.0\.1:8080`, output.text)
}

// firstWords keeps what is written and calls a function when a word is among it.
type firstWords struct {
	until string
	found func()
	mutex sync.Mutex
	text  string
}

func (w *firstWords) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.text += string(p); strings.Contains(w.text, w.until) {
		w.found()
	}
	return len(p), nil
}

func TestThePageOfTheServerShowsMistakesAsTheyAreReported(t *testing.T) {
	page, err := os.ReadFile("../../docs/command.md")
	require.NoError(t, err)
	text, err := os.ReadFile("testdata/rules/broken.yaml")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("flags.yaml", text, 0o600))
	code, _, stderr := command(t, nil, "serve", "flags.yaml")
	assert.Equal(t, exitFinding, code)
	_, block, there := strings.Cut(string(page), "$ becket serve flags.yaml\n")
	require.True(t, there)
	assert.Contains(t, block, "\n"+stderr+"12:00:31 refused; the document published before stays\n")
}
