package monitoring_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	selectorPattern = regexp.MustCompile(`\b(becket_\w+)(\{[^}]*\})?`)
	matcherPattern  = regexp.MustCompile(`(\w+)(=~|=|!=|!~)"([^"]*)"`)
	ratePattern     = regexp.MustCompile(`\b(?:rate|increase)\((becket_\w+)`)
	groupPattern    = regexp.MustCompile(`\bby \(([^)]*)\)`)
	newLabelPattern = regexp.MustCompile(`count_values by \([^)]*\) \("(\w+)"`)
)

// selector is one metric of an expression, with its conditions.
type selector struct {
	metric   string
	matchers [][]string // label, operator and value
}

// selectors lists the metrics that an expression reads. Labels and label names of grouping clauses
// are not among them.
func selectors(expression string) []selector {
	var all []selector
	for _, found := range selectorPattern.FindAllStringSubmatch(withoutGroups(expression), -1) {
		s := selector{metric: found[1]}
		for _, m := range matcherPattern.FindAllStringSubmatch(found[2], -1) {
			s.matchers = append(s.matchers, m[1:])
		}
		all = append(all, s)
	}
	return all
}

func withoutGroups(expression string) string { return groupPattern.ReplaceAllString(expression, "") }

// groups lists the labels by which an expression groups.
func groups(expression string) []string {
	var all []string
	for _, found := range groupPattern.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(found[1], ",") {
			all = append(all, strings.TrimSpace(label))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// matches reports whether a sample fulfils the conditions.
func (s selector) matches(labels map[string]string) bool {
	for _, m := range s.matchers {
		equal := labels[m[0]] == m[2]
		if strings.HasSuffix(m[1], "~") {
			equal = regexp.MustCompile("^(?:" + m[2] + ")$").MatchString(labels[m[0]])
		}
		if equal == strings.HasPrefix(m[1], "!") {
			return false
		}
	}
	return true
}

// checkExpression checks that the exporter serves each metric of an expression with its labels and
// label values, and that rates are taken of counters and histograms only.
func checkExpression(t *testing.T, served *scrape, expression string) {
	t.Helper()
	read := selectors(expression)
	require.NotEmpty(t, read, expression)
	rated := map[string]bool{}
	for _, found := range ratePattern.FindAllStringSubmatch(expression, -1) {
		rated[found[1]] = true
	}
	known := map[string]bool{}
	for _, s := range read {
		kind := served.types[s.metric]
		if !assert.NotEmpty(t, kind, "the exporter does not serve %s of %s", s.metric, expression) {
			continue
		}
		if rated[s.metric] {
			assert.Contains(t, []string{"counter", "histogram"}, kind, "a rate of %s in %s", s.metric, expression)
		} else {
			assert.Equal(t, "gauge", kind, "the value of %s in %s", s.metric, expression)
		}
		matched := false
		for _, one := range served.of(s.metric) {
			matched = matched || s.matches(one.labels)
			for label := range one.labels {
				known[label] = true
			}
		}
		assert.True(t, matched, "no sample of %s has the labels of %s", s.metric, expression)
		for _, m := range s.matchers {
			assert.True(t, known[m[0]], "%s has no label %s", s.metric, m[0])
		}
	}
	for _, label := range groups(expression) {
		assert.True(t, known[label], "no metric has the label %s of %s", label, expression)
	}
}

func TestAWrongExpressionIsNoticed(t *testing.T) {
	served := playAll(t)
	for name, expression := range map[string]string{
		"an unknown metric":        `becket_ruleset_flags_set_aside > 0`,
		"a gauge without its unit": `becket_ruleset_age > 600`,
		"an unknown label":         `becket_ruleset_tier{tier!="network"} == 1`,
		"an unknown value":         `becket_ruleset_tier{becket_ruleset_tier="file"} == 1`,
		"an unknown group":         `max by (pod_name) (becket_ruleset_flags)`,
		"the rate of a gauge":      `rate(becket_ruleset_flags[5m])`,
		"the value of a counter":   `becket_refreshes_total > 10`,
	} {
		t.Run(name, func(t *testing.T) {
			inner := &testing.T{}
			checkExpression(inner, served, expression)
			assert.True(t, inner.Failed())
		})
	}
}
