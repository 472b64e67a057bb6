package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// publishFolder copies the rulesets of the tests to a folder, with a key pair, and makes it the
// current one.
func publishFolder(t *testing.T) {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", "rules"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.CopyFS(".", os.DirFS(source)))
	require.NoError(t, os.Mkdir("site", 0o755))
}

// revisionOf returns the revision that a client with the public key gets.
func revisionOf(t *testing.T, source becket.Source, options ...becket.Option) int64 {
	t.Helper()
	public, err := os.ReadFile("becket.pub")
	require.NoError(t, err)
	client, err := becket.New(source, append(options, becket.WithPublicKey(string(public)))...)
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Refresh(t.Context()))
	return client.Status().Revision
}

func TestADocumentIsPublishedToAFolderForClientsThatVerifyIt(t *testing.T) {
	publishFolder(t)
	assert.Equal(t, "flags.json is live at dir:site/flags.json: revision 42, 1,342 bytes, "+
		"signed by the key CC5C0445DB23D2F1, the first document there\n",
		good(t, "publish", "flags.json", "--to", "dir:site", "--key", "becket.key"))
	assert.EqualValues(t, 42, revisionOf(t, becket.File("site/flags.json")))
	published, err := os.ReadFile("site/flags.json")
	require.NoError(t, err)
	source, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	assert.Equal(t, string(source), string(published), "plain JSON is published byte for byte")

	assert.Equal(t, "next.json is live at dir:site/flags.json: revision 42 → 43, 1,234 bytes, "+
		"signed by the key CC5C0445DB23D2F1\n",
		good(t, "publish", "next.json", "--to", "dir:site/flags.json", "-s", "becket.key"))
	assert.EqualValues(t, 43, revisionOf(t, becket.File("site/flags.json")))
}

func TestTheSameDocumentIsNotPublishedTwice(t *testing.T) {
	publishFolder(t)
	args := []string{"publish", "flags.json", "--to", "dir:site"}
	good(t, args...)
	before := contents(t, "site")
	assert.Equal(t, "flags.json is live at dir:site/flags.json already: nothing is published\n", good(t, args...))
	code, _, stderr := command(t, nil, append(args, "--key", "becket.key")...)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "the key CC5C0445DB23D2F1 did not sign it; --raise publishes it with a signature")
	assert.Equal(t, before, contents(t, "site"))

	good(t, append(args, "--key", "becket.key", "--raise")...)
	assert.EqualValues(t, 43, revisionOf(t, becket.File("site/flags.json")))
}

// contents returns the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(text)
	}
	return files
}

func TestADocumentThatMustNotBecomeLiveIsRefused(t *testing.T) {
	publishFolder(t)
	good(t, "publish", "next.json", "--to", "dir:site/flags.json", "--key", "becket.key")
	before := contents(t, "site")
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	next, err := os.ReadFile("next.json")
	require.NoError(t, err)
	other := write("other.json", strings.Replace(string(next), `"#00c"`, `"#00d"`, 1))
	spaced := write("spaced.json", string(next)+"\n")
	unnumbered := write("unnumbered.json", strings.Replace(string(next), `"revision": 43,`, "", 1))
	write("next.json.minisig", before["flags.json.minisig"])
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a lower revision":              {[]string{"flags.json"}, "the revision falls from 43 to 42"},
		"a lower revision by option":    {[]string{"next.json", "--revision", "7"}, "the revision falls from 43 to 7"},
		"the same revision":             {[]string{other}, "the revision stays 43 although the content changes"},
		"the same revision and content": {[]string{spaced}, "the revision 43 is not above 43, which is live; --raise"},
		"no revision":                   {[]string{unnumbered}, "it has no revision, and the present one has 43"},
		"an invalid flag":               {[]string{"broken.jsonc", "--raise"}, "[invalid]"},
		"no ruleset":                    {[]string{"other-schema.json"}, "[invalid]"},
		"no signature after a signature": {
			[]string{"flags.json", "--raise"}, "the live document is signed and this one is not",
		},
		"a signature of other bytes": {[]string{"next.json", "--raise"}, "next.json.minisig is for other bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"publish", "--to", "dir:site/flags.json"}, test.args...)
			code, stdout, stderr := command(t, nil, args...)
			assert.Equal(t, exitFinding, code, stderr)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, test.want)
			assert.Equal(t, before, contents(t, "site"))
		})
	}
}

func TestTheFirstNativeDocumentNeedsARevision(t *testing.T) {
	publishFolder(t)
	require.NoError(t, os.WriteFile("first.json", []byte(`{"schema": 1, "flags": {}}`), 0o600))
	code, _, stderr := command(t, nil, "publish", "first.json", "--to", "dir:site")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "the document has no revision; --raise or --revision sets one")
	assert.Empty(t, contents(t, "site"))
	assert.Contains(t, good(t, "publish", "first.json", "--to", "dir:site", "--raise"), "revision 1,")
}

func TestADryRunShowsTheDifferenceAndWritesNothing(t *testing.T) {
	publishFolder(t)
	args := []string{"publish", "next.json", "--to", "dir:site/flags.json", "--dry-run", "--subjects", "1000"}
	assert.Equal(t, "next.json would be published to dir:site/flags.json: revision 43, 1,234 bytes, "+
		"the first document there\n", good(t, args...))
	assert.Empty(t, contents(t, "site"))

	good(t, "publish", "flags.json", "--to", "dir:site")
	before := contents(t, "site")
	stdout := good(t, args...)
	assert.Contains(t, stdout, "over 1,000 subjects made with seed 1")
	assert.Contains(t, stdout, `rule "germany": the percentage falls from 30 % to 10 %`)
	assert.Contains(t, stdout, "\nnext.json would be published to dir:site/flags.json: revision 42 → 43, 1,234 bytes\n")

	var result publicationResult
	require.NoError(t, json.Unmarshal([]byte(good(t, append(args, "--json")...)), &result))
	assert.False(t, result.Published)
	require.NotNil(t, result.Impact)
	assert.Len(t, result.Impact.Flags, 4)
	assert.Equal(t, before, contents(t, "site"))
}

func TestEveryNotationIsPublishedAsPlainJSON(t *testing.T) {
	publishFolder(t)
	for name, served := range map[string]string{
		"launch.yaml": "launch.json", "launch.jsonc": "launch.json", "folder": "folder.json",
	} {
		good(t, "publish", name, "--to", "dir:site", "--raise", "--key", "becket.key")
		assert.Positive(t, revisionOf(t, becket.File(filepath.Join("site", served))), name)
	}
	source, err := os.ReadFile("flags.json")
	require.NoError(t, err)
	stdin := func(e *env) { e.stdin = strings.NewReader(string(source)) }
	code, _, stderr := command(t, stdin, "publish", "-", "--to", "dir:site")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "name the file in the folder: dir:site/flags.json")
	code, _, stderr = command(t, stdin, "publish", "-", "--to", "dir:site/flags.json")
	assert.Equal(t, exitGood, code, stderr)
}

func TestASignatureBesideTheFileIsPublishedWithIt(t *testing.T) {
	publishFolder(t)
	good(t, "sign", "flags.json")
	assert.Contains(t, good(t, "publish", "flags.json", "--to", "dir:site"), "signed by the key CC5C0445DB23D2F1")
	assert.EqualValues(t, 42, revisionOf(t, becket.File("site/flags.json")))
	good(t, "publish", "next.json", "--to", "dir:site/flags.json", "--unsigned")
	assert.Len(t, contents(t, "site"), 1, "the signature of the document before is of no use")
}

func TestDocumentsOfOtherFormatsAreComparedByTheirBytes(t *testing.T) {
	publishFolder(t)
	assert.Equal(t, "flagd.json is live at dir:site/flagd.json: 244 bytes, the first document there\n",
		good(t, "publish", "flagd.json", "--to", "dir:site"))
	assert.Contains(t, good(t, "publish", "flagd.json", "--to", "dir:site"), "already")
	assert.Equal(t, "flagd-next.json is live at dir:site/flagd.json: 245 bytes\n",
		good(t, "publish", "flagd-next.json", "--to", "dir:site/flagd.json"))
	code, _, stderr := command(t, nil, "publish", "flagd.json", "--to", "dir:site", "--raise")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "--raise and --revision are for native documents")
	code, _, stderr = command(t, nil, "publish", "flags.json", "--to", "dir:site/flagd.json")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "the format changes from flagd")
}

func TestAPublicationIsOneJSONObject(t *testing.T) {
	publishFolder(t)
	args := []string{"publish", "--to", "dir:site/flags.json", "--json", "--key", "becket.key"}
	assert.JSONEq(t, `{"target": "dir:site/flags.json", "published": true, "live": true,
		"revision": {"before": 0, "after": 43}, "bytes": 1234, "signed_by": "CC5C0445DB23D2F1"}`,
		good(t, append(args, "next.json")...))
	code, stdout, _ := command(t, nil, append(args, "flags.json")...)
	assert.Equal(t, exitFinding, code)
	assert.JSONEq(t, `{"target": "dir:site/flags.json", "published": false, "live": false,
		"revision": {"before": 43, "after": 42}, "bytes": 1342, "reason": "the document has errors"}`, stdout)
}

func TestOptionsThatDoNotFitAreRefused(t *testing.T) {
	publishFolder(t)
	for want, args := range map[string][]string{
		"--spread is for nats, redis and postgres":  {"--to", "dir:site", "--spread", "5s"},
		"--message are for postgres":                {"--to", "dir:site", "-m", "why"},
		"--live and --signature-to are for URLs":    {"--to", "dir:site", "--live", "https://example.com"},
		"--spread takes a time from 0 to 10m":       {"--to", "dir:site", "--spread", "1h"},
		"--timeout takes a time above 0":            {"--to", "dir:site", "--timeout", "0s"},
		"--revision takes a number from 1":          {"--to", "dir:site", "--revision", "0"},
		"--key signs the document, and --unsigned":  {"--to", "dir:site", "--key", "becket.key", "--unsigned"},
		`there is no secret key \"missing.key\"`:    {"--to", "dir:site", "--key", "missing.key", "--json"},
		"--to takes nats://HOST/BUCKET/KEY":         {"--to", "site"},
		"--raise and --revision can't be used toge": {"--to", "dir:site", "--raise", "--revision", "50"},
	} {
		code, _, stderr := command(t, nil, append([]string{"publish", "flags.json"}, args...)...)
		assert.Equal(t, exitUsage, code, want)
		assert.Contains(t, stderr, want)
	}
	code, _, stderr := command(t, nil, "publish", "https://example.com/flags.json", "--to", "dir:site")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "a published ruleset cannot be published again")
	assert.Empty(t, contents(t, "site"))
}
