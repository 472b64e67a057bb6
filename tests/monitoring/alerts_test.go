package monitoring_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "writes alerts_test.yaml anew")

const folder = "../../otel/monitoring"

// rule is one alert of alerts.yaml.
type rule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func readRules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "alerts.yaml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file.Groups[0].Rules
}

// The parts of a test file for promtool.
type (
	promtoolFile struct {
		RuleFiles          []string       `yaml:"rule_files"`
		EvaluationInterval string         `yaml:"evaluation_interval"`
		Tests              []promtoolTest `yaml:"tests"`
	}
	promtoolTest struct {
		Name            string          `yaml:"name"`
		Interval        string          `yaml:"interval"`
		InputSeries     []inputSeries   `yaml:"input_series"`
		AlertRuleTest   []alertRuleTest `yaml:"alert_rule_test"`
		PromqlExprTests []promqlTest    `yaml:"promql_expr_test,omitempty"`
	}
	inputSeries struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	alertRuleTest struct {
		Alertname string          `yaml:"alertname"`
		EvalTime  string          `yaml:"eval_time"`
		ExpAlerts []expectedAlert `yaml:"exp_alerts"`
	}
	expectedAlert struct {
		ExpLabels      map[string]string `yaml:"exp_labels"`
		ExpAnnotations map[string]string `yaml:"exp_annotations"`
	}
	promqlTest struct {
		Expr       string           `yaml:"expr"`
		EvalTime   string           `yaml:"eval_time"`
		ExpSamples []expectedSample `yaml:"exp_samples"`
	}
	expectedSample struct {
		Labels string  `yaml:"labels"`
		Value  float64 `yaml:"value"`
	}
)

// series writes a sample as promtool's input for half an hour: a gauge stays, a counter grows by
// its value every minute.
func series(s sample, kind string) inputSeries {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(s.labels)) {
		labels = append(labels, fmt.Sprintf("%s=%q", name, s.labels[name]))
	}
	value := strconv.FormatFloat(s.value, 'f', -1, 64)
	values := value + "x30"
	if kind == "counter" {
		values = "0+" + value + "x30"
	}
	return inputSeries{s.metric + "{" + strings.Join(labels, ", ") + "}", values}
}

// expected returns the alerts that a rule must raise: one for each sample that fulfils the rule's
// conditions and is not zero, or is zero if the rule asks for that, or one for each group if the
// rule groups.
func (r rule) expected(t *testing.T, served *scrape) []expectedAlert {
	t.Helper()
	var all []expectedAlert
	seen := map[string]bool{}
	s, wantsZero := selectors(r.Expr)[0], strings.HasSuffix(r.Expr, "== 0")
	for _, one := range served.of(s.metric) {
		if (one.value == 0) != wantsZero || !s.matches(one.labels) {
			continue
		}
		labels := maps.Clone(one.labels)
		if by := groups(r.Expr); len(by) > 0 {
			maps.DeleteFunc(labels, func(name, _ string) bool { return !slices.Contains(by, name) })
		}
		alert := expectedAlert{labels, map[string]string{}}
		for name, text := range r.Annotations {
			alert.ExpAnnotations[name] = render(t, text, labels)
		}
		maps.Copy(labels, r.Labels)
		if key := fmt.Sprint(labels); !seen[key] {
			seen[key] = true
			all = append(all, alert)
		}
	}
	return all
}

// render fills in an annotation as Prometheus does.
func render(t *testing.T, text string, labels map[string]string) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=error").Parse(`{{ $labels := . }}` + text)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, parsed.Execute(&out, labels), text)
	return out.String()
}

// testOf writes a scenario as a test for promtool: what the exporter served, and for each rule the
// alerts that it raises, which are none for most rules.
func testOf(t *testing.T, s scenario, served *scrape, rules []rule) promtoolTest {
	t.Helper()
	test := promtoolTest{Name: s.name, Interval: "1m"}
	var named []string
	for _, r := range rules {
		checked := alertRuleTest{Alertname: r.Alert, EvalTime: "30m", ExpAlerts: []expectedAlert{}}
		if slices.Contains(s.alerts, r.Alert) {
			checked.ExpAlerts = r.expected(t, served)
			require.NotEmpty(t, checked.ExpAlerts, "%s: no sample of %s raises it", s.name, r.Alert)
		}
		test.AlertRuleTest = append(test.AlertRuleTest, checked)
		for _, read := range selectors(r.Expr) {
			named = append(named, read.metric)
		}
	}
	for _, one := range served.samples {
		if slices.Contains(named, one.metric) {
			test.InputSeries = append(test.InputSeries, series(one, served.types[one.metric]))
		}
	}
	if len(s.instances) > 1 {
		test.PromqlExprTests = []promqlTest{{
			Expr: reachedQuery, EvalTime: "30m", ExpSamples: []expectedSample{
				{`{job="shop", feature_flag_set_id="production", revision="41"}`, 1},
				{`{job="shop", feature_flag_set_id="production", revision="42"}`, 2},
			},
		}}
	}
	return test
}

// reachedQuery counts the instances of each revision. The dashboard and docs/operations.md have it
// too.
const reachedQuery = `count_values by (job, feature_flag_set_id) ("revision", becket_ruleset_revision)`

const header = `# Tests of alerts.yaml: promtool test rules alerts_test.yaml
#
# The series are those of the Prometheus exporter while a real client had the fault; the command
# "go test ./monitoring -update" in the folder tests writes this file anew.
`

func TestEachAlertFiresInItsScenarioAndInNoOther(t *testing.T) {
	rules := readRules(t)
	file := promtoolFile{RuleFiles: []string{"alerts.yaml"}, EvaluationInterval: "1m"}
	fired := map[string]bool{}
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			file.Tests = append(file.Tests, testOf(t, s, play(t, s), rules))
		})
		for _, name := range s.alerts {
			fired[name] = true
		}
	}
	for _, r := range rules {
		assert.True(t, fired[r.Alert], "%s has no scenario", r.Alert)
		delete(fired, r.Alert)
	}
	assert.Empty(t, fired, "alerts without a rule")

	var text bytes.Buffer
	text.WriteString(header)
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(file))
	path := filepath.Join(folder, "alerts_test.yaml")
	if *update {
		require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	}
	stored, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(stored), "\r\n", "\n"), text.String(),
		"go test ./monitoring -update writes the file anew")
}

func TestTheExporterServesEachMetricOfTheAlerts(t *testing.T) {
	served := &scrape{}
	for _, s := range scenarios() {
		served.add(play(t, s))
	}
	for _, r := range readRules(t) {
		t.Run(r.Alert, func(t *testing.T) { checkExpression(t, served, r.Expr) })
	}
}

func TestThePageForTheEngineerOnCallNamesEachAlert(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	var rows []string
	for line := range strings.Lines(string(page)) {
		if first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |"); strings.HasPrefix(first, "`Becket") {
			rows = append(rows, strings.Split(strings.ReplaceAll(first, "`", ""), ", ")...)
		}
	}
	var names []string
	for _, r := range readRules(t) {
		names = append(names, r.Alert)
	}
	assert.Equal(t, names, rows)
}

// runPromtool runs promtool. It skips the test if promtool is not installed.
func runPromtool(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed; it is part of Prometheus, in Debian of the package prometheus")
	}
	output, err := exec.CommandContext(t.Context(), path,
		arguments...).CombinedOutput() // #nosec G204 -- fixed arguments
	require.NoError(t, err, string(output))
}

func TestPromtoolAcceptsTheAlertsAndTheirTests(t *testing.T) {
	runPromtool(t, "check", "rules", filepath.Join(folder, "alerts.yaml"))
	runPromtool(t, "test", "rules", filepath.Join(folder, "alerts_test.yaml"))
}
