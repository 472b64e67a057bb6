package configcat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/internal/lendingtest"
)

// suite returns a path within the vendor's conformance data, which is not part of this repository.
// If the data is missing, the test is skipped, or fails in continuous integration.
func suite(t testing.TB, elements ...string) string {
	t.Helper()
	home := os.Getenv("BECKET_SUITES")
	if home == "" {
		home = filepath.Join("..", "..", "..", "shared", "suites")
	}
	home = filepath.Join(home, "configcat")
	if _, err := os.Stat(home); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("ConfigCat's conformance data is missing: set BECKET_SUITES to the folder that holds configcat/ (%v)", err)
		}
		t.Skipf("ConfigCat's conformance data is not here, set BECKET_SUITES to the folder that holds configcat/: %v",
			err)
	}
	return filepath.Join(append([]string{home, "v6"}, elements...)...)
}

func readJSON[T any](t testing.TB, path string) (value T) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &value), path)
	return value
}

func decode(t testing.TB, document []byte) becket.Rules {
	t.Helper()
	rules, err := configcat.V6.Decode(document)
	require.NoError(t, err)
	return rules
}

// lent compiles a document and evaluates its flags by a client, with memory that is overwritten
// after each evaluation.
func lent(t testing.TB, document []byte) becket.Rules {
	t.Helper()
	lendingtest.Poison(t)
	return lendingtest.Rules(t, configcat.V6, document, time.Unix(1_790_000_000, 0))
}

// user is a ConfigCat user in the notation of the cases; nil means that there is no user.
type user map[string]any

// subject converts the user to a subject.
func (u user) subject(t testing.TB) becket.Subject {
	t.Helper()
	if u == nil {
		return becket.Subject{}
	}
	id, _ := u["Identifier"].(string)
	attributes := []becket.Attribute{}
	for name, value := range u {
		if name != "Identifier" {
			attributes = append(attributes, attribute(t, name, value))
		}
	}
	if len(attributes) == 0 && id == "" {
		attributes = append(attributes, becket.String("Identifier", ""))
	}
	return becket.NewSubject(id, attributes...)
}

func attribute(t testing.TB, name string, value any) becket.Attribute {
	t.Helper()
	special, ok := value.(map[string]any)
	if !ok {
		return becket.Any(name, value)
	}
	bits := 64
	if b, ok := special["bits"].(float64); ok {
		bits = int(b)
	}
	for form, v := range special {
		literal := fmt.Sprint(v)
		switch form {
		case "$number":
			return becket.Float(name,
				map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[literal])
		case "$time":
			at, err := time.Parse(time.RFC3339Nano, literal)
			require.NoError(t, err)
			return becket.Time(name, at)
		case "$int":
			i, err := strconv.ParseInt(literal, 10, bits)
			require.NoError(t, err)
			return becket.Int64(name, i)
		case "$uint":
			u, err := strconv.ParseUint(literal, 10, bits)
			require.NoError(t, err)
			return becket.Any(name, u)
		case "$float32":
			f, err := strconv.ParseFloat(literal, 32)
			require.NoError(t, err)
			return becket.Any(name, float32(f))
		}
	}
	require.Fail(t, "unknown form of an attribute", "%s: %v", name, value)
	return becket.Attribute{}
}

// ask evaluates a setting by its own type.
func ask(rules becket.Rules, key string, subject becket.Subject) becket.Result {
	info, _ := rules.Flag(key)
	return rules.Evaluate(key, info.Kind, &subject, nil)
}

// requireValue compares a result with a value of JSON.
func requireValue(t testing.TB, want any, got becket.Result, about ...any) {
	t.Helper()
	require.Nil(t, got.Err, about...)
	require.NotNil(t, got.Variant, about...)
	value := got.Variant.Value.Any()
	switch number := value.(type) {
	case int64:
		value = float64(number)
	}
	require.Equal(t, want, value, about...)
}

func requireError(t testing.TB, got becket.Result, about ...any) {
	t.Helper()
	require.NotNil(t, got.Err, about...)
	require.Nil(t, got.Variant, about...)
	require.Equal(t, becket.ReasonError, got.Reason, about...)
}

// matrixKeys maps each matrix to the configs with which it is run.
var matrixKeys = map[string][]string{
	"testmatrix": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/psuH7BGHoUmdONrzzUOY7A",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/AG6C1ngVb0CvM07un6JisQ",
	},
	"testmatrix_semantic": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/BAr3KgLTP0ObzKnBTo5nhA",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/iV8vH2MBakKxkFZylxHmTg",
	},
	"testmatrix_semantic_2": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/q6jMCFIp-EmuAfnmZhPY7w",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/U8nt3zEhDEO5S2ulubCopA",
	},
	"testmatrix_number": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/uGyK3q9_ckmdxRyI7vjwCw",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/FCWN-k1dV0iBf8QZrDgjdw",
	},
	"testmatrix_sensitive": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/qX3TP2dTj06ZpCCT1h_SPA",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/-0YmVOUNgEGKkgRF-rU65g",
	},
	"testmatrix_segments_old": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/LcYz135LE0qbcacz2mgXnA",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/y_ZB7o-Xb0Swxth-ZlMSeA",
	},
	"testmatrix_variationId": {
		"PKDVCLf-Hq-h-kCzMp-L7Q/nQ5qkhRAUEa6beEyyrVLBA",
		"configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/spQnkRTIPEWVivZkWM84lQ",
	},
	"testmatrix_and_or":            {"configcat-sdk-1/JcPbCGl_1E-K9M-fJOyKyQ/ByMO9yZNn02kXcm72lnY1A"},
	"testmatrix_comparators_v6":    {"configcat-sdk-1/JcPbCGl_1E-K9M-fJOyKyQ/OfQqcTjfFUGBwMKqtyEOrQ"},
	"testmatrix_prerequisite_flag": {"configcat-sdk-1/JcPbCGl_1E-K9M-fJOyKyQ/JoGwdqJZQ0K2xDy7LnbyOg"},
	"testmatrix_segments":          {"configcat-sdk-1/JcPbCGl_1E-K9M-fJOyKyQ/h99HYXWWNE2bH8eWyLAVMA"},
	"testmatrix_unicode":           {"configcat-sdk-1/JcPbCGl_1E-K9M-fJOyKyQ/Da6w8dBbmUeMUBhh0iEeQQ"},
}

func TestMatrices(t *testing.T) {
	files, err := filepath.Glob(suite(t, "matrix", "*.csv"))
	require.NoError(t, err)
	require.Len(t, files, len(matrixKeys), "a matrix is missing or unknown")
	configs := readJSON[map[string]json.RawMessage](t, suite(t, "content-by-key.json"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		require.Contains(t, matrixKeys, name)
		t.Run(name, func(t *testing.T) {
			for _, sdkKey := range matrixKeys[name] {
				require.Contains(t, configs, sdkKey)
				runMatrix(t, file, lent(t, configs[sdkKey]), name == "testmatrix_variationId")
			}
		})
	}
}

const none = "##null##"

func runMatrix(t *testing.T, file string, rules becket.Rules, ids bool) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n")), "\n")
	header := strings.Split(lines[0], ";")
	compared := 0
	for _, line := range lines[1:] {
		cells := strings.Split(line, ";")
		require.Len(t, cells, len(header), line)
		var u user
		if cells[0] != none {
			u = user{"Identifier": cells[0]}
			for i := 1; i < 4; i++ {
				if cells[i] != none && cells[i] != "" {
					u[header[i]] = cells[i]
				}
			}
		}
		for i := 4; i < len(header); i++ {
			requireCell(t, cells[i], ask(rules, header[i], u.subject(t)), ids, header[i]+" for "+line)
			compared++
		}
	}
	require.Positive(t, compared)
	t.Logf("%d comparisons", compared)
}

func requireCell(t *testing.T, want string, got becket.Result, ids bool, about string) {
	t.Helper()
	require.Nil(t, got.Err, about)
	value := got.Variant.Value
	switch {
	case ids:
		require.Equal(t, want, got.Variant.Name, about)
	case value.Kind() == becket.KindBool:
		require.Equal(t, want, map[bool]string{true: "True", false: "False"}[value.Bool()], about)
	case value.Kind() == becket.KindString:
		require.Equal(t, want, value.Text(), about)
	default:
		f, err := strconv.ParseFloat(want, 64)
		require.NoError(t, err, about)
		require.Equal(t, f, value.Float(), about)
	}
}

// group is a group of cases of a file. Its members apply to cases that do not have them.
type group struct {
	Config struct {
		ByKey string `json:"content_by_key"`
		File  string `json:"file"`
	} `json:"config"`
	Key     string           `json:"key"`
	User    *json.RawMessage `json:"user"`
	Cases   []groupCase      `json:"cases"`
	Lookups []struct {
		ID    string `json:"variationId"`
		Key   string `json:"key"`
		Value any    `json:"value"`
	} `json:"lookups"`
}

type groupCase struct {
	Key           string                     `json:"key"`
	User          *json.RawMessage           `json:"user"`
	Value         any                        `json:"value"`
	Error         string                     `json:"error"`
	Cycle         []string                   `json:"cycle"`
	Override      map[string]json.RawMessage `json:"override"`
	MatchedRule   *bool                      `json:"matchedRule"`
	MatchedOption *bool                      `json:"matchedPercentageOption"`
}

func TestGroupedCases(t *testing.T) {
	configs := readJSON[map[string]json.RawMessage](t, suite(t, "content-by-key.json"))
	files, err := filepath.Glob(suite(t, "cases", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			content := readJSON[map[string]json.RawMessage](t, file)
			if content["groups"] == nil {
				// These are about the source, and cdn_test.go runs them.
				require.Contains(t, []string{"cache.json", "data_governance.json", "sdk_key_format.json"},
					filepath.Base(file))
				return
			}
			var groups []group
			require.NoError(t, json.Unmarshal(content["groups"], &groups))
			compared := 0
			for _, g := range groups {
				document := configs[g.Config.ByKey]
				if g.Config.File != "" {
					document, err = os.ReadFile(suite(t, "..", g.Config.File))
					require.NoError(t, err)
				}
				for _, c := range g.Cases {
					g.run(t, document, c)
					compared++
				}
				for _, l := range g.Lookups {
					key, value, ok := configcat.Variation(decode(t, document), l.ID)
					require.True(t, ok, l.ID)
					require.Equal(t, l.Key, key)
					require.Equal(t, l.Value, value.Any())
					compared++
				}
			}
			require.Positive(t, compared)
			t.Logf("%d cases", compared)
		})
	}
}

func (g *group) run(t *testing.T, document []byte, c groupCase) {
	t.Helper()
	if c.Key == "" {
		c.Key = g.Key
	}
	if c.User == nil {
		c.User = g.User
	}
	var u user
	if c.User != nil {
		require.NoError(t, json.Unmarshal(*c.User, &u))
	}
	about, _ := json.Marshal(c)
	got := ask(lent(t, overridden(t, document, c.Override)), c.Key, u.subject(t))
	if c.Error != "" {
		requireError(t, got, string(about))
		if len(c.Cycle) > 0 {
			require.Contains(t, got.Err.Error(), "'"+strings.Join(c.Cycle, "' -> '")+"'")
		}
		return
	}
	requireValue(t, c.Value, got, string(about))
	if c.MatchedRule != nil {
		require.Equal(t, *c.MatchedRule, got.Rule != "", string(about))
	}
	if c.MatchedOption != nil {
		require.Equal(t, *c.MatchedOption, got.Reason == becket.ReasonSplit, string(about))
	}
}

// overridden replaces settings of a document by plain values: by settings without rules, and by
// invalid settings for values that no setting can have.
func overridden(t *testing.T, document []byte, values map[string]json.RawMessage) []byte {
	t.Helper()
	if len(values) == 0 {
		return document
	}
	var whole map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(document, &whole))
	var settings map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(whole["f"], &settings))
	for key, value := range values {
		text := string(value)
		form := `{"t":99,"v":%s}`
		switch {
		case text == "true" || text == "false":
			form = `{"t":0,"v":{"b":%s}}`
		case text[0] == '"':
			form = `{"t":1,"v":{"s":%s}}`
		case strings.ContainsAny(text[:1], "-0123456789") && strings.ContainsAny(text, ".eE"):
			form = `{"t":3,"v":{"d":%s}}`
		case strings.ContainsAny(text[:1], "-0123456789"):
			form = `{"t":2,"v":{"i":%s}}`
		}
		settings[key] = json.RawMessage(fmt.Sprintf(form, text))
	}
	var err error
	whole["f"], err = json.Marshal(settings)
	require.NoError(t, err)
	edited, err := json.Marshal(whole)
	require.NoError(t, err)
	return edited
}

func TestEdgeCases(t *testing.T) {
	raw, err := os.ReadFile(suite(t, "edge", "config.json"))
	require.NoError(t, err)
	rules := lent(t, raw)
	file := readJSON[struct {
		Cases []struct {
			Key    string `json:"key"`
			User   user   `json:"user"`
			Expect struct {
				Value any    `json:"value"`
				ID    string `json:"variationId"`
				Error bool   `json:"error"`
			} `json:"expect"`
		} `json:"cases"`
	}](t, suite(t, "edge", "cases.json"))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		about, _ := json.Marshal(c)
		got := ask(rules, c.Key, c.User.subject(t))
		if c.Expect.Error {
			requireError(t, got, string(about))
			continue
		}
		requireValue(t, c.Expect.Value, got, string(about))
		require.Equal(t, c.Expect.ID, got.Variant.Name, string(about))
	}
	t.Logf("%d cases", len(file.Cases))
}
