package monitoring_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// dashboard is the part of Grafana's model that the tests look at.
type dashboard struct {
	Title         string
	UID           string
	SchemaVersion int
	Templating    struct {
		List []struct {
			Name       string
			Type       string
			Definition string
		}
	}
	Panels []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr, LegendFormat, RefID string }
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "dashboard.json"))
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	require.NotEmpty(t, d.Panels)
	return d
}

// filled returns an expression with values for Grafana's variables.
func filled(expression string) string {
	return strings.NewReplacer("$job", ".*", "$__rate_interval", "5m").Replace(expression)
}

var legendPattern = regexp.MustCompile(`\{\{(\w+)\}\}`)

func TestTheExporterServesEachMetricOfTheDashboard(t *testing.T) {
	served := playAll(t)
	d := readDashboard(t)
	for _, variable := range d.Templating.List {
		if variable.Type == "query" {
			checkExpression(t, served,
				strings.TrimSuffix(strings.TrimPrefix(variable.Definition, "label_values("), ", job)"))
		}
	}
	for _, p := range d.Panels {
		t.Run(p.Title, func(t *testing.T) {
			require.NotEmpty(t, p.Targets)
			for _, target := range p.Targets {
				expression := filled(target.Expr)
				assert.NotContains(t, expression, "$", "an unknown variable")
				checkExpression(t, served, expression)
				labels := fmt.Sprint(served.of(selectors(expression)[0].metric),
					newLabelPattern.FindStringSubmatch(expression))
				for _, found := range legendPattern.FindAllStringSubmatch(target.LegendFormat, -1) {
					assert.Contains(t, labels, found[1], "the legend of %s", expression)
				}
			}
		})
	}
}

func TestEachMetricThatIsMeasuredIsOnTheDashboard(t *testing.T) {
	shown := map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			for _, s := range selectors(filled(target.Expr)) {
				shown[s.metric] = true
			}
		}
	}
	served := playAll(t)
	for metric, kind := range served.types {
		if served.types[metric+"_sum"] == "histogram" {
			continue // its parts are metrics of their own
		}
		if metric != "target_info" && kind != "histogram" {
			assert.True(t, shown[metric], "%s is in no panel", metric)
		}
	}
}

func TestPanelsHaveTitlesAndDoNotOverlap(t *testing.T) {
	taken, ids, titles := map[[2]int]string{}, map[int]bool{}, map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		assert.False(t, ids[p.ID], "two panels have the id %d", p.ID)
		assert.False(t, titles[p.Title], "two panels have the title %s", p.Title)
		ids[p.ID], titles[p.Title] = true, true
		assert.NotEmpty(t, p.Description, p.Title)
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				place := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				assert.Empty(t, taken[place], p.Title)
				taken[place] = p.Title
			}
		}
	}
}

// One query answers the question after each publication. promtool runs it in alerts_test.yaml. This
// test finds it on the dashboard and in the page for the engineer on call.
func TestOneQuerySaysWhetherTheSwitchHasReachedAllInstances(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	assert.Contains(t, string(page), reachedQuery)
	first := readDashboard(t).Panels[0]
	assert.Equal(t, "Has the switch reached all instances?", first.Title)
	require.Len(t, first.Targets, 1)
	assert.Equal(t, reachedQuery, strings.ReplaceAll(first.Targets[0].Expr, `{job=~"$job"}`, ""))
}

func TestPromtoolReadsEachQueryOfTheDashboard(t *testing.T) {
	type recorded struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var rules []recorded
	for _, p := range readDashboard(t).Panels {
		for n, target := range p.Targets {
			rules = append(rules, recorded{fmt.Sprintf("panel:%d:%d", p.ID, n), filled(target.Expr)})
		}
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	runPromtool(t, "check", "rules", file)
}
