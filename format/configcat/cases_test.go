package configcat_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// ownCase is a case of testdata/cases.json. Members that it does not have are not compared.
type ownCase struct {
	Key     string           `json:"key"`
	User    user             `json:"user"`
	Value   any              `json:"value"`
	ID      *string          `json:"id"`
	Rule    *string          `json:"rule"`
	Reason  becket.Reason    `json:"reason"`
	Kind    string           `json:"kind"`
	Missing string           `json:"missing"`
	Track   *bool            `json:"track"`
	Error   bool             `json:"error"`
	Code    becket.ErrorCode `json:"code"` // PARSE_ERROR if the case has an error without a code
	Chain   []string         `json:"chain"`
}

// testdata/cases.json was written from the specification alone; its hashes and buckets come from
// another language's library.
func TestEvaluationCases(t *testing.T) {
	groups := readJSON[[]struct {
		Name   string          `json:"name"`
		Config json.RawMessage `json:"config"`
		Cases  []ownCase       `json:"cases"`
	}](t, filepath.Join("testdata", "cases.json"))
	require.NotEmpty(t, groups)
	for _, g := range groups {
		t.Run(g.Name, func(t *testing.T) {
			rules := lent(t, g.Config)
			require.NotEmpty(t, g.Cases)
			for _, c := range g.Cases {
				c.check(t, rules)
			}
		})
	}
}

func (c *ownCase) check(t *testing.T, rules becket.Rules) {
	t.Helper()
	raw, _ := json.Marshal(c)
	about := string(raw)
	got := ask(rules, c.Key, c.User.subject(t))
	if c.Error {
		requireError(t, got, about)
		code := c.Code
		if code == "" {
			code = becket.CodeParseError
		}
		assert.Equal(t, code, got.Err.Code, about)
		assert.Empty(t, got.Rule, about)
		if len(c.Chain) > 0 {
			assert.Contains(t, got.Err.Error(), "'"+strings.Join(c.Chain, "' -> '")+"'")
		}
		return
	}
	if special, ok := c.Value.(map[string]any); ok {
		require.Nil(t, got.Err, about)
		assert.Equal(t, special["$int"], got.Variant.Value.String(), about)
	} else {
		requireValue(t, c.Value, got, about)
	}
	c.checkDetails(t, got, about)
}

func (c *ownCase) checkDetails(t *testing.T, got becket.Result, about string) {
	t.Helper()
	if c.ID != nil {
		assert.Equal(t, *c.ID, got.Variant.Name, about)
	}
	if c.Rule != nil {
		assert.Equal(t, *c.Rule, got.Rule, about)
	}
	if c.Reason != "" {
		assert.Equal(t, c.Reason, got.Reason, about)
	}
	if c.Kind != "" {
		assert.Equal(t, c.Kind, got.Variant.Value.Kind().String(), about)
	}
	if c.Missing != "" {
		assert.Equal(t, c.Missing, got.Missing, about)
	}
	if c.Track != nil {
		assert.Equal(t, *c.Track, got.Track, about)
	}
}
