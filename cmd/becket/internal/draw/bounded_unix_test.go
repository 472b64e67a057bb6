//go:build unix

package draw_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/draw"
)

func TestHostileConditionsAreBounded(t *testing.T) {
	texts := make([]string, 10_000)
	for i := range texts {
		texts[i] = fmt.Sprintf(`"t%d"`, i)
	}
	list := strings.Join(texts, ",")
	var nested, rules, parts []string
	size := 1000
	if testing.Short() {
		size = 300
	}
	for i := range size {
		parts = append(parts, fmt.Sprintf(`{"any": [{"attribute": "a%d", "contains": "x"}, {"attribute": "b%d", "in": ["y"]}]}`, i%40, i))
		rules = append(rules, fmt.Sprintf(`{"if": {"attribute": "a", "in": [%s]}, "serve": "on"}`,
			strings.Join(texts[i:i+10], ",")))
	}
	for range 12 {
		nested = append(nested, `{"not": {"all": [`+strings.Join(parts[:80], ",")+`]}}`)
	}
	for name, condition := range map[string]string{
		"ten thousand operands":      `[{"if": {"attribute": "a", "in": [` + list + `]}, "serve": "on"}]`,
		"ten thousand parts":         `[{"if": {"attribute": "a", "contains": [` + list + `]}, "serve": "on"}]`,
		"many rules":                 `[` + strings.Join(rules, ",") + `]`,
		"conditions that contradict": `[{"if": {"all": [` + strings.Join(nested, ",") + `]}, "serve": "on"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			start := processorTime(t)
			v := version(t, withRules(condition))
			draw.New([]draw.Version{v, v}, draw.Options{Size: 100_000, Seed: 1, At: now}).Flag("f")
			assert.Less(t, processorTime(t)-start, 20*time.Second)
		})
	}
}

// processorTime returns the processor time of the process, which other processes of a busy machine
// do not lengthen as they do the time that passes.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
