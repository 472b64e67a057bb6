//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// pipeline is the workflow to copy, as far as it uses GitHub's syntax. A key that is missing here
// is an error, so that a mistyped key is found.
type pipeline struct {
	Name string `yaml:"name"`
	On   struct {
		PullRequest struct{ Types []string }    `yaml:"pull_request"`
		Push        struct{ Branches []string } `yaml:"push"`
	} `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Defaults    struct{ Run struct{ Shell string } }
	Env         map[string]string
	Jobs        struct{ Check, Publish pipelineJob }
}

type pipelineJob struct {
	If             string `yaml:"if"`
	Needs          string `yaml:"needs"`
	RunsOn         string `yaml:"runs-on"`
	TimeoutMinutes int    `yaml:"timeout-minutes"`
	Environment    string
	Permissions    map[string]string
	Concurrency    struct {
		Group            string
		CancelInProgress bool `yaml:"cancel-in-progress"`
	}
	Env   map[string]string
	Steps []pipelineStep
}

type pipelineStep struct {
	Name, Uses, If, Run string
	With                map[string]string
	Env                 map[string]string
}

func readPipeline(t *testing.T) *pipeline {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "pipeline", "flags.yml"))
	require.NoError(t, err)
	var p pipeline
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&p))
	return &p
}

// event is a run of the workflow.
type event struct {
	name, label string // of the event, and a label of the pull request
	run         int
}

// expressions are the values of the expressions in the workflow. An expression that is missing here
// fails the test.
func (w *pipelineWorld) expression(t *testing.T, text string, e event) string {
	t.Helper()
	limit := "25%"
	if e.name == "push" || e.label == "large-change" {
		limit = "100%"
	}
	values := map[string]string{
		"github.token":                     "token",
		"github.event.pull_request.number": "7",
		"secrets.BECKET_SECRET_KEY":        w.secret,
		"(github.event_name == 'push' || contains(github.event.pull_request.labels.*.name, 'large-change'))" +
			" && '100%' || '25%'": limit,
	}
	return regexp.MustCompile(`\$\{\{ (.*?) \}\}`).ReplaceAllStringFunc(text, func(found string) string {
		value, known := values[strings.TrimSuffix(strings.TrimPrefix(found, "${{ "), " }}")]
		require.True(t, known, "an expression without a value: %s", found)
		return value
	})
}

// runs reports whether a job or a step runs.
func (w *pipelineWorld) runs(t *testing.T, condition string, e event, failed bool) bool {
	t.Helper()
	switch condition {
	case "":
		return !failed
	case "${{ github.event_name == 'push' }}":
		return !failed && e.name == "push"
	case "${{ !cancelled() && github.event_name == 'pull_request' && " +
		"github.event.pull_request.head.repo.full_name == github.repository && hashFiles('difference.md') != '' }}":
		_, err := os.Stat(filepath.Join(w.folder, "difference.md"))
		return e.name == "pull_request" && err == nil
	}
	require.Fail(t, "a condition without a meaning", condition)
	return false
}

// pipelineWorld is a repository, a bucket with a web server, and the comments of a pull request.
type pipelineWorld struct {
	bash, folder, web, calls, comments, url, secret string
	blocks                                          []string // the shell blocks of docs/pipeline.md
	failed, output                                  string   // of the last commands
}

const otherComment = `[{"id": 12, "body": "Looks good"}]`

func newPipelineWorld(t *testing.T) *pipelineWorld {
	t.Helper()
	for _, program := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: the commands of the pipelines are not run")
		}
	}
	bash, err := exec.LookPath("bash")
	require.NoError(t, err)
	top := t.TempDir()
	w := &pipelineWorld{
		bash:     bash,
		folder:   filepath.Join(top, "shop"),
		web:      filepath.Join(top, "web"),
		calls:    filepath.Join(top, "calls"),
		comments: filepath.Join(top, "comments.json"),
		blocks:   shellBlocks(t, filepath.Join("..", "..", "docs", "pipeline.md")),
	}
	require.Len(t, w.blocks, 3)
	require.NoError(t, os.MkdirAll(filepath.Join(top, "bin"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(w.web, "flags"), 0o755))
	require.NoError(t, os.MkdirAll(w.folder, 0o755))
	itself, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(itself, filepath.Join(top, "bin", "becket")))
	server := httptest.NewServer(http.FileServer(http.Dir(w.web)))
	t.Cleanup(server.Close)
	w.url = server.URL + "/flags/production.json"
	require.NoError(t, os.WriteFile(w.comments, []byte(otherComment), 0o600))

	w.write(t, "flags.jsonc", pipelineRuleset)
	// The first document is published by hand.
	w.shell(t, w.blocks[0]+`mv production.json production.json.minisig "$WEB/flags/"`, event{})
	require.Empty(t, w.failed, w.output)
	secret, err := os.ReadFile(filepath.Join(w.folder, "production.key"))
	require.NoError(t, err)
	w.secret = strings.TrimSpace(string(secret))
	return w
}

// pipelineRuleset is without findings, and laid out.
const pipelineRuleset = `{
  "schema": 1,
  "environment": "production", // what production serves
  "flags": {
    "new-checkout": {
      "description": "One-page checkout",
      "owner": "payments",
      "rules": [{"percent": 5, "serve": "on"}],
    },
  },
}
`

func (w *pipelineWorld) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600))
}

// shell runs commands as GitHub does, and refuses unset variables too.
func (w *pipelineWorld) shell(t *testing.T, commands string, e event, env ...string) {
	t.Helper()
	stubs, err := filepath.Abs(filepath.Join("testdata", "pipeline"))
	require.NoError(t, err)
	script := exec.CommandContext(t.Context(), w.bash, "--noprofile", "--norc", "-euo", "pipefail", "-c", commands)
	script.Dir = w.folder
	list := string(os.PathListSeparator)
	script.Env = append([]string{
		"PATH=" + filepath.Join(filepath.Dir(w.folder), "bin") + list + stubs + list + os.Getenv("PATH"),
		"HOME=" + w.folder, asProgram + "=1", "WEB=" + w.web, "CALLS=" + w.calls, "COMMENTS=" + w.comments,
		"GITHUB_RUN_NUMBER=" + strconv.Itoa(e.run), "GITHUB_REPOSITORY=example/shop",
		"GITHUB_STEP_SUMMARY=" + filepath.Join(filepath.Dir(w.folder), "summary.md"),
	}, env...)
	output, err := script.CombinedOutput()
	w.output = string(output)
	if err != nil {
		w.failed = commands
	}
}

// happen runs the jobs of the workflow and returns the names of the failed steps.
func (w *pipelineWorld) happen(t *testing.T, p *pipeline, e event) (failed []string) {
	t.Helper()
	for _, job := range []*pipelineJob{&p.Jobs.Check, &p.Jobs.Publish} {
		if !w.runs(t, job.If, e, len(failed) > 0) {
			continue
		}
		for _, written := range []string{"production.json", "production.json.minisig", "difference.md", "comment.md"} {
			_ = os.Remove(filepath.Join(w.folder, written)) // each job has a fresh checkout
		}
		for i := range job.Steps {
			step := &job.Steps[i]
			if step.Uses != "" || !w.runs(t, step.If, e, len(failed) > 0) {
				continue
			}
			var env []string
			for _, variables := range []map[string]string{p.Env, job.Env, step.Env} {
				for name, value := range variables {
					env = append(env, name+"="+w.expression(t, value, e))
				}
			}
			w.failed = ""
			w.shell(t, step.Run, e, append(env, "URL="+w.url)...)
			t.Logf("%s\n%s", step.Name, w.output)
			if w.failed != "" {
				failed = append(failed, step.Name)
			}
		}
	}
	return failed
}

// bodies returns the comments of the pull request.
func (w *pipelineWorld) bodies(t *testing.T) (bodies []string) {
	t.Helper()
	text, err := os.ReadFile(w.comments)
	require.NoError(t, err)
	var comments []struct{ Body string }
	require.NoError(t, json.Unmarshal(text, &comments))
	for _, comment := range comments {
		bodies = append(bodies, comment.Body)
	}
	return bodies
}

func (w *pipelineWorld) requests(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(w.calls)
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(t, err)
	return string(text)
}

// rollOut changes the percentage of the ruleset.
func (w *pipelineWorld) rollOut(t *testing.T, percent string) {
	t.Helper()
	w.write(t, "flags.jsonc", strings.Replace(pipelineRuleset, `"percent": 5`, `"percent": `+percent, 1))
}

const uploads = `upload flags/production.json.minisig
upload flags/production.json
purge flags/production.json
purge flags/production.json.minisig
wait
`

func TestTheWorkflowToCopyChecksCommentsAndPublishes(t *testing.T) {
	w, p := newPipelineWorld(t), readPipeline(t)

	w.rollOut(t, "20")
	require.Empty(t, w.happen(t, p, event{name: "pull_request", run: 41}))
	comments := w.bodies(t)
	require.Len(t, comments, 2)
	assert.Equal(t, "Looks good", comments[0])
	assert.Regexp(t, "\\| `new-checkout` \\| changed \\| 1[45]\\.\\d+ % of the made subjects: off → on", comments[1])
	assert.Contains(t, comments[1], "(revision 1) → production.json (revision 41)")
	assert.Empty(t, w.requests(t), "a pull request publishes nothing")

	w.rollOut(t, "90")
	assert.Equal(t, []string{"Difference"}, w.happen(t, p, event{name: "pull_request", run: 42}))
	comments = w.bodies(t)
	require.Len(t, comments, 2, "the comment is replaced")
	assert.Regexp(t, "\\| `new-checkout` \\| changed \\| 8[45]\\.\\d+ % of the made subjects: off → on", comments[1])
	assert.Empty(t, w.happen(t, p, event{name: "pull_request", label: "large-change", run: 43}))

	require.Empty(t, w.happen(t, p, event{name: "push", run: 44}))
	assert.Equal(t, uploads, w.requests(t))
	assert.Equal(t, int64(44), publishedRevision(t, w.url, filepath.Join(w.folder, "production.pub")))
	assert.Contains(t, w.output, ": clients use it")
}

func TestTheWorkflowToCopyStopsBeforeItPublishes(t *testing.T) {
	w, p := newPipelineWorld(t), readPipeline(t)
	w.rollOut(t, "6")
	require.Empty(t, w.happen(t, p, event{name: "push", run: 50}))
	once := w.requests(t)

	for name, row := range map[string]struct {
		ruleset string
		run     int
		step    string
	}{
		"an older run that is started again": {pipelineRuleset, 49, "Compare the revision with the live one"},
		"a mistake":                          {strings.Replace(pipelineRuleset, `"on"`, `"yes"`, 1), 51, "Check"},
		"another layout":                     {strings.Replace(pipelineRuleset, "  ", "\t", 1), 51, "Layout"},
	} {
		t.Run(name, func(t *testing.T) {
			w.write(t, "flags.jsonc", row.ruleset)
			assert.Equal(t, []string{row.step}, w.happen(t, p, event{name: "push", run: row.run}))
			assert.Equal(t, once, w.requests(t), "nothing is published")
		})
	}
	w.rollOut(t, "7")
	w.secret = ""
	assert.Equal(t, []string{"Sign"}, w.happen(t, p, event{name: "push", run: 52}))
	assert.Equal(t, once, w.requests(t))
}

func TestTheWorkflowToCopyPinsItsActionsAndKeepsItsSecret(t *testing.T) {
	p := readPipeline(t)
	ours, err := os.ReadFile(filepath.Join("..", "..", ".github", "workflows", "ci.yml"))
	require.NoError(t, err)
	assert.Equal(t, "bash", p.Defaults.Run.Shell, "GitHub's other shells do not stop at a failure within a pipe")
	assert.Equal(t, map[string]string{"contents": "read"}, p.Permissions)
	assert.Equal(t, []string{"main"}, p.On.Push.Branches)
	assert.Equal(t, "check", p.Jobs.Publish.Needs)
	assert.NotEmpty(t, p.Jobs.Publish.Environment)
	assert.NotEmpty(t, p.Jobs.Publish.Concurrency.Group)
	assert.False(t, p.Jobs.Publish.Concurrency.CancelInProgress, "half a publication is worse than a late one")
	for name, job := range map[string]*pipelineJob{"check": &p.Jobs.Check, "publish": &p.Jobs.Publish} {
		assert.Positive(t, job.TimeoutMinutes)
		assert.NotEmpty(t, job.RunsOn)
		for _, step := range job.Steps {
			assert.NotEqual(t, step.Uses == "", step.Run == "", "%s: a step has either an action or commands", name)
			assert.NotContains(t, step.Run, "${{", "a text of others would become part of the commands")
			if step.Uses != "" {
				assert.Regexp(t, `^[a-z-]+/[a-z-]+@v[0-9]+(\.[0-9]+)*$`, step.Uses)
			}
			if strings.HasPrefix(step.Uses, "actions/") {
				assert.Contains(
					t,
					string(ours),
					"uses: "+step.Uses+"\n",
					"the version of this repository's own workflow",
				)
			}
			secrets := 0
			for _, value := range step.Env {
				secrets += strings.Count(value, "secrets.")
			}
			if name == "publish" && step.Name == "Sign" {
				assert.Equal(t, 1, secrets)
				assert.Equal(t, 1, strings.Count(step.Run, "$BECKET_SECRET_KEY"))
				assert.Contains(t, step.Run, `<(printf '%s\n' "$BECKET_SECRET_KEY")`,
					"printf is a part of bash: no process has the secret as an argument")
			} else {
				assert.Zero(t, secrets, step.Name)
			}
		}
	}
}

func TestThePlainScriptChecksAndPublishes(t *testing.T) {
	w := newPipelineWorld(t)
	path, err := filepath.Abs(filepath.Join("..", "..", "examples", "pipeline", "flags.sh"))
	require.NoError(t, err)
	script, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, withoutIndentation(string(script)), w.blocks[1], "the page shows the script")
	run := func(verb string, env ...string) string {
		w.failed = ""
		w.shell(t, "bash "+strconv.Quote(path)+" "+verb, event{},
			append(env, "URL="+w.url, "BECKET_SECRET_KEY="+w.secret)...)
		return w.failed
	}
	w.rollOut(t, "20")
	require.Empty(t, run("check", "CI_PIPELINE_IID=60"), w.output)
	difference, err := os.ReadFile(filepath.Join(w.folder, "difference.md"))
	require.NoError(t, err)
	assert.Regexp(
		t,
		"\\| `new-checkout` \\| changed \\| 1[45]\\.\\d+ % of the made subjects: off → on",
		string(difference),
	)
	assert.Empty(t, w.requests(t))
	require.Empty(t, run("publish", "BUILD_NUMBER=61"), w.output)
	assert.Equal(t, uploads, w.requests(t))
	assert.Equal(t, int64(61), publishedRevision(t, w.url, filepath.Join(w.folder, "production.pub")))

	w.rollOut(t, "90")
	assert.NotEmpty(t, run("check", "BUILD_NUMBER=62"), "the difference is over the limit")
	assert.NotEmpty(t, run("publish", "BUILD_NUMBER=60"), "the revision falls")
	assert.NotEmpty(t, run("", "BUILD_NUMBER=62"))
	assert.Equal(t, uploads, w.requests(t))
}

// withoutIndentation returns a script as shellBlocks does.
func withoutIndentation(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

func TestTheScriptForGitLabSendsTheDifference(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the script for GitLab is not run")
	}
	w := newPipelineWorld(t)
	var path, token, body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		path, token, body = r.Method+" "+r.URL.Path, r.Header.Get("PRIVATE-TOKEN"), r.FormValue("body")
	}))
	t.Cleanup(server.Close)
	w.write(t, "difference.md", "### Feature flags: 5 % & more\n")
	w.failed = ""
	w.shell(t, w.blocks[2], event{}, "GITLAB_TOKEN=a token", "CI_API_V4_URL="+server.URL+"/api/v4", "CI_PROJECT_ID=3",
		"CI_MERGE_REQUEST_IID=9")
	require.Empty(t, w.failed, w.output)
	assert.Equal(t, "POST /api/v4/projects/3/merge_requests/9/notes", path)
	assert.Equal(t, "a token", token)
	assert.Equal(t, "### Feature flags: 5 % & more\n", body)
}

func TestTheJobsForGitLabAreYAML(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "pipeline.md"))
	require.NoError(t, err)
	_, text, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```\n")
	var jobs struct {
		Image   string
		Check   struct{ Script string } `yaml:"flags-check"`
		Publish struct{ Script string } `yaml:"flags-publish"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &jobs))
	assert.Equal(t, "./flags.sh check", jobs.Check.Script)
	assert.Equal(t, "./flags.sh publish", jobs.Publish.Script)
}
