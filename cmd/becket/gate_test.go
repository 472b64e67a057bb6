package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gateBase is the ruleset of the test of the gate: as a team might have it in production.
const gateBase = `{
  "schema": 1,
  "revision": 7,
  "segments": {
    "staff": {"include": ["user-7", "user-8"], "if": {"attribute": "email", "ends_with": "@example.com"}},
    "friends": {"any": []}
  },
  "flags": {
    "germany": {
      "rules": [{"name": "germany", "if": {"attribute": "country", "in": ["DE", "AT"]}, "percent": 10, "serve": "on"}]
    },
    "live": {"default": "on"},
    "limited": {
      "enabled": true,
      "rules": [{"name": "paying", "if": {"attribute": "plan", "in": ["pro", "business"]}, "serve": "on"}]
    },
    "adults": {
      "rules": [
        {"name": "twenties", "if": {"attribute": "age", "gte": 20, "lt": 30}, "serve": "on"},
        {"name": "forties", "if": {"attribute": "age", "gte": 40, "lt": 50}, "serve": "off"}
      ]
    },
    "app": {
      "rules": [{"name": "new app", "if": {"all": [
        {"attribute": "version", "semver": ">=2.1.0 <3.0.0"},
        {"attribute": "os", "in": ["ios", "android"]},
        {"not": {"attribute": "beta", "in": [true]}}
      ]}, "serve": "on"}]
    },
    "office": {
      "rules": [{"name": "office", "serve": "on", "if": {
        "attribute": "ip", "cidr": ["192.0.2.0/24", "198.51.100.0/24"]
      }}]
    },
    "staffed": {
      "rules": [{"name": "staff", "if": {"segment": "staff"}, "serve": "on"}]
    },
    "accounts": {
      "rules": [{"name": "accounts", "percent": 40, "by": "account", "serve": "on"}]
    },
    "shop": {
      "rules": [{"name": "shop", "if": {"attribute": "path", "matches": "^/(shop|cart)/[a-z]+$"}, "serve": "on"}]
    },
    "fresh": {
      "rules": [{"name": "fresh", "if": {"attribute": "signed_up", "newer_than": "30d"}, "serve": "on"}]
    },
    "colour": {
      "variants": {"red": "#f00", "green": "#0f0", "blue": "#00f"},
      "default": {"split": {"red": 50, "green": 30, "blue": 20}}
    },
    "needy": {
      "requires": [{"flag": "limited", "in": ["on"]}],
      "rules": [{"name": "mail", "if": {"attribute": "email", "exists": true}, "serve": "on"}]
    },
    "groups": {
      "rules": [{"name": "both", "if": {"all": [
        {"attribute": "groups", "in": ["admin"]}, {"attribute": "groups", "in": ["beta"]}
      ]}, "serve": "on"}]
    },
    "done": {
      "rules": [{"name": "everybody", "percent": 100, "serve": "on"}]
    }
  }
}`

// gate returns the exit code of diff with --fail-over 10% after an edit of the ruleset, with no
// population given.
func gate(t *testing.T, edits ...string) (code int, output string) {
	t.Helper()
	folder := t.TempDir()
	base := strings.Replace(gateBase, `"friends": {"any": []}`, `"friends": {"include": ["user-9"]}`, 1)
	after := strings.Replace(base, `"revision": 7`, `"revision": 8`, 1)
	for i := 0; i < len(edits); i += 2 {
		require.Equal(t, 1, strings.Count(after, edits[i]), edits[i])
		after = strings.Replace(after, edits[i], edits[i+1], 1)
	}
	old, now := filepath.Join(folder, "old.json"), filepath.Join(folder, "new.json")
	require.NoError(t, os.WriteFile(old, []byte(base), 0o600))
	require.NoError(t, os.WriteFile(now, []byte(after), 0o600))
	code, stdout, stderr := command(t, nil, "diff", old, now, "--fail-over", "10%")
	return code, stdout + stderr
}

func TestTheGateRefusesChangesThatMoveMany(t *testing.T) {
	for name, row := range map[string]struct {
		edits []string
		says  string // the subjects that move
	}{
		"a country goes from 10 % to 100 %": {
			[]string{`"percent": 10,`, `"percent": 100,`}, "of those with country DE or AT get another answer",
		},
		"a percentage of a country is taken away": {[]string{`"percent": 10, `, ``}, "with country DE or AT"},
		"one country of two leaves the rule": {
			[]string{`["DE", "AT"]}, "percent": 10`, `["DE"]}, "percent": 100`}, "with country DE",
		},
		"another country joins": {
			[]string{`["DE", "AT"]`, `["DE", "AT", "CH"]`, `"percent": 10,`, `"percent": 90,`},
			"country",
		},
		"a live flag is switched off": {
			[]string{`"live": {`, `"live": {"enabled": false, `},
			"100.00 % of the made subjects",
		},
		"a live flag with a rule is switched off": {
			[]string{`"enabled": true`, `"enabled": false`}, "with plan pro or business",
		},
		"one plan of two loses the feature": {[]string{`["pro", "business"]`, `["pro"]`}, "with plan business"},
		"the bound of an age rises":         {[]string{`"gte": 20`, `"gte": 25`}, "with age 20 or the like"},
		"a window of ages is lengthened":    {[]string{`"lt": 30`, `"lt": 31`}, "with age 30"},
		"a rule for an age is turned round": {
			[]string{`"lt": 50}, "serve": "off"`, `"lt": 50}, "serve": "on"`}, "with age 40",
		},
		"a constraint of versions becomes narrower": {[]string{`>=2.1.0 <3.0.0`, `>=2.2.0 <3.0.0`}, "version"},
		"one of three conditions goes away": {
			[]string{`{"attribute": "os", "in": ["ios", "android"]},`, ``}, "os",
		},
		"a condition among three is turned round": {
			[]string{`{"not": {"attribute": "beta", "in": [true]}}`, `{"attribute": "beta", "in": [true]}`}, "beta",
		},
		"a network leaves the office": {[]string{`, "198.51.100.0/24"`, ``}, "ip"},
		"the staff's address changes": {[]string{`@example.com`, `@example.org`}, "email"},
		"a rule hashes another salt": {
			[]string{`"by": "account"`, `"by": "account", "salt": "again"`},
			"some account",
		},
		"a pattern loses a part":       {[]string{`(shop|cart)`, `(shop)`}, "path"},
		"a shorter time for new users": {[]string{`"30d"`, `"7d"`}, "signed_up"},
		"an arm of a split grows": {
			[]string{`"red": 50, "green": 30`, `"red": 20, "green": 60`},
			"of the made subjects",
		},
		"a requirement turns round": {[]string{`"in": ["on"]}]`, `"in": ["off"]}]`}, "plan"},
		"one of two memberships is enough": {
			[]string{`{"all": [
        {"attribute": "groups"`, `{"any": [
        {"attribute": "groups"`}, "groups",
		},
		"a flag is removed": {[]string{`"live": {"default": "on"},`, ``}, "100.00 % of the made subjects"},
		"a rule for all opens tomorrow": {
			[]string{`"live": {`, `"live": {"rules": [{"from": "2026-11-23T00:00:00Z", "serve": "off"}], `},
			"of live at 2026-11-23T00:00:00Z: 100.00 % of the made subjects",
		},
		"a ramp rises next week": {
			[]string{`"percent": 10,`, `"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 10}, {"at": "2026-12-01T00:00:00Z", "percent": 90}]},`},
			"at 2026-12-01T00:00:00Z, 80",
		},
		"a rule applies on Saturdays": {
			[]string{`"live": {`, `"live": {"rules": [{"every": {"days": ["sat"], "from": "09:00", "until": "17:00"}, "serve": "off"}], `},
			"of live at 2026-11-28T09:00:00Z: 100.00 %",
		},
		"a rule is added on top": {
			[]string{`{"name": "paying"`, `{"name": "french", "if": {"attribute": "country", "in": ["FR"]}, "serve": "on"},
        {"name": "paying"`}, "country FR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, output := gate(t, row.edits...)
			assert.Equal(t, exitFinding, code, output)
			assert.Contains(t, output, "becket: more than 10% of the subjects get another answer of ")
			assert.Contains(t, output, row.says)
		})
	}
}

func TestAGateOfNothingCountsListedKeysToo(t *testing.T) {
	old := strings.Replace(gateBase, `"friends": {"any": []}`, `"friends": {}`, 1)
	now := strings.Replace(old, `["user-7", "user-8"]`, `["user-7", "user-8", "user-10"]`, 1)
	args := []string{"diff", file(t, "old.json", old), file(t, "new.json", now), "--fail-over"}
	code, stdout, stderr := command(t, nil, append(args, "0%")...)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, "1 listed key gets another answer: those with key user-10")
	assert.Contains(t, stderr, "get another answer of staffed: 100.00 % of those with key user-10")
	code, _, _ = command(t, nil, append(args, "1%")...)
	assert.Equal(t, exitGood, code, "one named person is no share")
}

func TestTheGatePassesChangesThatMoveNobody(t *testing.T) {
	for name, edits := range map[string][]string{
		"the revision alone":           nil,
		"a description":                {`"live": {`, `"live": {"description": "It is live", `},
		"an owner and an expiry":       {`"live": {`, `"live": {"owner": "shop", "expires": "2027-01-01", `},
		"the order of a list":          {`["DE", "AT"]`, `["AT", "DE"]`},
		"a value twice in a list":      {`["pro", "business"]`, `["pro", "business", "pro"]`},
		"the salt as it is by default": {`"by": "account"`, `"by": "account", "salt": "accounts"`},
		"the key as it is by default":  {`"percent": 10,`, `"percent": 10, "by": "key",`},
		"a new flag":                   {`"live": {`, `"newer": {"default": "on"}, "live": {`},
		"a new rule that serves the same": {
			`"live": {`,
			`"live": {"rules": [{"if": {"attribute": "country", "in": ["DE"]}, "serve": "on"}], `,
		},
		"rules for other ages change places": {
			`{"name": "twenties", "if": {"attribute": "age", "gte": 20, "lt": 30}, "serve": "on"},
        {"name": "forties", "if": {"attribute": "age", "gte": 40, "lt": 50}, "serve": "off"}`,
			`{"name": "forties", "if": {"attribute": "age", "gte": 40, "lt": 50}, "serve": "off"},
        {"name": "twenties", "if": {"attribute": "age", "gte": 20, "lt": 30}, "serve": "on"}`,
		},
		"a bound written as a float": {`"gte": 20`, `"gte": 20.0`},
		"a useless rule goes away": {`,
        {"name": "forties", "if": {"attribute": "age", "gte": 40, "lt": 50}, "serve": "off"}`, ``},
		"conditions change places": {`{"attribute": "os", "in": ["ios", "android"]},
        {"not": {"attribute": "beta", "in": [true]}}`, `{"not": {"attribute": "beta", "in": [true]}},
        {"attribute": "os", "in": ["ios", "android"]}`},
		"a constraint in other words":      {`>=2.1.0 <3.0.0`, `<3.0.0, >=2.1`},
		"a prefix inside of another joins": {`"192.0.2.0/24"`, `"192.0.2.0/24", "192.0.2.0/25"`},
		"a segment that no flag uses grows": {
			`"include": ["user-9"]`,
			`"include": ["user-9", "user-10", "user-11"]`,
		},
		"a segment has a description":           {`"staff": {`, `"staff": {"description": "Colleagues", `},
		"a rollout to everybody has no percent": {`"percent": 100, `, ``},
		"weights with the same shares": {
			`"red": 50, "green": 30, "blue": 20`,
			`"red": 5, "green": 3, "blue": 2`,
		},
		"a variant is added and nobody gets it": {`"blue": "#00f"`, `"blue": "#00f", "gold": "#fc0"`},
		"a pattern in other words":              {`(shop|cart)`, `(cart|shop)`},
		"a duration in other words":             {`"30d"`, `"720h"`},
		"a rule gets a name":                    {`{"name": "paying", `, `{"name": "customers", `},
		"a listed colleague is added":           {`["user-7", "user-8"]`, `["user-7", "user-8", "user-10"]`},
		"a rule that is closed by its time": {
			`{"name": "paying"`,
			`{"name": "past", "until": "2026-01-01T00:00:00Z", "serve": "on"}, {"name": "paying"`,
		},
		"a condition is turned round and back": {
			`{"attribute": "age", "gte": 20, "lt": 30}`,
			`{"not": {"not": {"attribute": "age", "gte": 20, "lt": 30}}}`,
		},
		"a list becomes several conditions": {
			`{"attribute": "country", "in": ["DE", "AT"]}`,
			`{"any": [{"attribute": "country", "in": ["DE"]}, {"attribute": "country", "in": ["AT"]}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, output := gate(t, edits...)
			assert.Equal(t, exitGood, code, output)
			assert.NotContains(t, output, "no subjects could be made")
		})
	}
}
