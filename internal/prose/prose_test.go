package prose_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/prose"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// read reads the valid definitions of a document.
func read(t testing.TB, document string) *prose.Document {
	t.Helper()
	d, problems := native.ReadDefinitions([]byte(document))
	require.Empty(t, problems)
	require.Empty(t, d.Bad)
	return &prose.Document{Flags: d.Flags, Segments: d.Segments}
}

// flagOf puts the flag "f" of a document with these flags into words.
func flagOf(t testing.TB, flags string) prose.Flag {
	t.Helper()
	d := read(t, `{"schema": 1, "segments": {"staff": {"include": ["u"]}}, "flags": {`+flags+`}}`)
	return d.Flag(d.Flags[0], now)
}

// ruleWith puts a rule with these fields into words.
func ruleWith(t testing.TB, fields string) prose.Rule {
	t.Helper()
	if !strings.Contains(fields, `"serve"`) {
		fields += `, "serve": "on"`
	}
	return flagOf(t, `"f": {"rules": [{`+fields+`}]}`).Rules[0]
}

// lines writes a clause and its parts below each other.
func lines(parts []prose.Clause, indent string) (text string) {
	for _, part := range parts {
		text += "\n" + indent + part.Text + lines(part.Parts, indent+"  ")
	}
	return text
}

// all returns all words about a flag.
func all(f *prose.Flag) string {
	text := f.Summary + "\n" + f.State.Text + "\n" + strings.Join(f.About, "\n")
	for _, v := range f.Variants {
		text += "\n" + v.Name + " " + v.Value
	}
	text += "\n" + strings.Join(f.Before, "\n")
	for _, r := range f.Rules {
		text += "\n" + r.Name + ": " + r.Text + lines(r.Parts, "  ")
	}
	text += "\n" + f.Default + "\n" + strings.Join(f.Layers, "\n")
	for _, s := range f.Segments {
		text += "\n" + s.Key + " " + s.Summary + " " + s.Text + lines(s.Parts, "  ")
	}
	return text + "\n" + strings.Join(f.Dependents, "\n") + "\n" + strings.Join(f.Notes, "\n")
}

func TestConditionsInSentences(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`{"segment": "staff"}`:          "Subjects in the segment staff get on.",
		`{"not": {"segment": "staff"}}`: "Subjects not in the segment staff get on.",
		`{"attribute": "country", "in": ["DE", "FR"]}`: "Subjects whose " +
			"country is DE or FR get on.",
		`{"attribute": "country", "not_in": ["DE", "FR"]}`: "Subjects whose country " +
			"is known and is none of DE or FR get on.",
		`{"attribute": "country", "not_in": "DE"}`:          "Subjects whose country is known and is not DE get on.",
		`{"not": {"attribute": "country", "not_in": "DE"}}`: "Subjects whose country is DE get on.",
		`{"attribute": "a", "in": ["30", 30, true, "true", "", "a b", "ü"]}`: `Subjects whose a is ` +
			`"30", 30, true, "true", "", "a b" or 1 other value get on.`,
		`{"attribute": "a", "in": [1, 2, 3, 4, 5, 6, 7, 8]}`: "Subjects whose a " +
			"is 1, 2, 3, 4, 5, 6 or 2 other values get on.",
		`{"attribute": "a", "in": []}`: "Subjects whose a is in an empty list, so never get on.",
		`{"attribute": "age", "gte": 18, "lt": 30}`: "Subjects whose " +
			"age is at least 18 and is below 30 get on.",
		`{"not": {"attribute": "age", "gte": 18, "lt": 30}}`: "Subjects for which this is true get on:\n" +
			"it is false that the age is at least 18 and is below 30",
		`{"not": {"attribute": "email", "ends_with": ["@a.example", "@b.example"], "ignore_case": true}}`: `Subjects whose email is known and does not end with "@a.example" or "@b.example" in upper or lower case get on.`,
		`{"flag": "f2", "in": ["on", "blue"]}`:  "Subjects for which the flag f2 serves on or blue get on.",
		`{"not": {"flag": "f2", "in": ["on"]}}`: "Subjects for which the flag f2 does not serve on get on.",
		`{"all": []}`:                           "Everybody gets on.",
		`{"any": []}`:                           "Nobody gets on, because the condition is never true.",
		`{"not": {"all": []}}`:                  "Nobody gets on, because the condition is never true.",
		`{"all": [{"segment": "staff"}, {"attribute": "plan", "in": "pro"}]}`:          "Subjects that are in the segment staff and whose plan is pro get on.",
		`{"not": {"any": [{"segment": "staff"}, {"attribute": "plan", "in": "pro"}]}}`: "Subjects that are not in the segment staff and whose plan is known and is not pro get on.",
		`{"all": [{"any": [{"segment": "staff"}]}]}`:                                   "Subjects that are in the segment staff get on.",
		`{"any": [{"segment": "staff"}, {"all": [{"attribute": "plan", "in": "pro"}, {"not": {"any": [
			{"attribute": "a", "exists": false}, {"attribute": "b", "exists": true}, {"all": []}]}}]}]}`: "Subjects " +
			"for which " +
			"at least one of these is true get on:\n" +
			"the subject is in the segment staff\nall of these are true:\n  the plan is pro\n  all of these are false:\n" +
			"    the a is missing\n    the b is known\n    nothing is asked, so this is always true",
		`{"not": {"all": [{"attribute": "a", "lt": 1}, {"attribute": "b", "lt": 1}, {"attribute": "c", "lt": 1}, {"attribute": "d", "lt": 1}]}}`: "Subjects for which at least one of these is false get on:\nthe a is below 1\nthe b is below 1\nthe c is below 1\nthe d is below 1",
	} {
		rule := ruleWith(t, `"if": `+condition)
		assert.Equal(t, want, rule.Text+lines(rule.Parts, ""), condition)
	}
}

func TestRulesInSentences(t *testing.T) {
	t.Parallel()
	const de = `"if": {"attribute": "country", "in": "DE"}, `
	for fields, want := range map[string]string{
		`"name": "rest"`:     "everybody gets on.",
		de + `"percent": 30`: "Of the subjects whose country is DE, 30 % by their key get on.",
		`"percent": 0.0001`:  "Of all subjects, 0.0001 % by their key get on.",
		`"percent": 0`:       "Of all subjects, 0 % (nobody) by their key get on.",
		`"percent": 5, "by": ["org", "key"], "salt": "s"`:                 `Of all subjects, 5 % by their org or else key with the salt "s" get on.`,
		`"layer": {"name": "page", "from": 2.1, "to": 12.2}, "by": "org"`: "Of all subjects, 10.1 % by their org (the place in the layer page is from 2.1 to below 12.2) get on.",
		`"layer": {"name": "page", "from": 0, "to": 40}, "percent": 50`: "Of all subjects, 50 % by their key get on. " +
			"Of these, only subjects take part whose place in the layer page is from 0 to below 40: 40 %.",
		`"from": "2026-12-24T00:00:00Z", "until": "2026-12-27T01:30:05+01:00"`:                                               "From 2026-12-24 00:00 UTC until 2026-12-27 01:30:05 +01:00, everybody gets on. That has not begun yet.",
		`"until": "2026-01-01T00:00:00Z"`:                                                                                    "Until 2026-01-01 00:00 UTC, everybody gets on. That is over.",
		`"every": {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "17:00", "zone": "Europe/Berlin"}`: "On weekdays from 09:00 to 17:00 in Europe/Berlin, everybody gets on.",
		`"every": {"days": ["sun", "sat"]}`:                                                                                  "On weekends in UTC, everybody gets on.",
		`"every": {"days": ["fri", "sun"], "from": "22:00", "until": "06:00"}`:                                               "On Fridays and Sundays from 22:00 to 06:00 of the next day in UTC, everybody gets on.",
		`"every": {"until": "12:00"}`:                                                                                        "Every day from 00:00 to 12:00 in UTC, everybody gets on.",
		`"ramp": {"steps": [{"at": "2026-11-12T12:00:00Z", "percent": 10}, {"at": "2026-12-02T12:00:00Z", "percent": 20}], "linear": true}`: "Of all subjects, 15 % now by their key get on. The share changes with time: 10 % from " +
			"2026-11-12 12:00 UTC and 20 % from 2026-12-02 12:00 UTC, and between these times it changes evenly.",
		`"ramp": {"steps": [{"at": "2026-12-02T12:00:00Z", "percent": 20}]}`: "Of all subjects, 0 % now (nobody) by their key get on. The share changes with time: 20 % from 2026-12-02 12:00 UTC.",
		`"serve": {"split": {"on": 1, "off": 2}, "by": "org", "salt": ""}`:   `Everybody gets on (33.33 %) or off (66.67 %), drawn by their org with the salt "".`,
		`"serve": {"split": {"on": 1e308, "off": 1e308}}`:                    "Everybody gets on (50 %) or off (50 %), drawn by their key.",
		`"serve": {"split": {"on": 1, "off": 0}}`:                            "Everybody gets on (100 %) or off (0 %), drawn by their key.",
	} {
		rule := ruleWith(t, fields)
		assert.Equal(t, want, rule.Text, fields)
		assert.Empty(t, rule.Parts)
	}
	nested := ruleWith(
		t,
		`"percent": 5, "from": "2026-12-24T00:00:00Z", "if": {"any": [{"segment": "staff"}, {"all": [{"segment": "staff"}, {"segment": "staff"}]}]}`,
	)
	assert.Equal(
		t,
		"That has not begun yet. From 2026-12-24 00:00 UTC, of the subjects for which at least one of these is true, "+
			"5 % by their key get on:",
		nested.Text,
	)
	assert.Len(t, nested.Parts, 2)
}

func TestStatesInWords(t *testing.T) {
	t.Parallel()
	const colours = `"variants": {"red": 1, "blue": 2, "grey": 3}, "off": "grey", "default": `
	for flag, want := range map[string]prose.State{
		`{}`:                                  {Kind: prose.Off, Text: "off for everybody"},
		`{"enabled": false, "default": "on"}`: {Kind: prose.Off, Text: "off"},
		`{"default": "on"}`:                   {Kind: prose.On, Text: "on for everybody"},
		`{"rules": [{"serve": "on"}, {"if": {"segment": "staff"}, "serve": "off"}]}`:                                                                                      {Kind: prose.On, Text: "on for everybody"},
		`{"requires": [{"flag": "g", "in": "on"}], "default": "on"}`:                                                                                                      {Kind: prose.On, Text: "on for everybody, requires g"},
		`{"rules": [{"percent": 20, "serve": "on"}]}`:                                                                                                                     {Kind: prose.Share, Text: "20 % of all"},
		`{"rules": [{"percent": 0, "serve": "on"}]}`:                                                                                                                      {Kind: prose.Off, Text: "off for everybody"},
		`{"rules": [{"percent": 20, "serve": "off"}], "default": "on"}`:                                                                                                   {Kind: prose.Share, Text: "20 % of all get off, else on"},
		`{"rules": [{"if": {"attribute": "country", "in": "DE"}, "percent": 20, "serve": "on"}]}`:                                                                         {Kind: prose.Share, Text: "20 % where country is DE"},
		`{"rules": [{"layer": {"name": "page", "from": 0, "to": 40}, "serve": "on"}]}`:                                                                                    {Kind: prose.Share, Text: "40 % in the layer page"},
		`{"rules": [{"if": {"segment": "staff"}, "serve": "on"}]}`:                                                                                                        {Kind: prose.Rules, Text: "on in the segment staff"},
		`{"rules": [{"if": {"segment": "staff"}, "serve": "on"}, {"percent": 5, "serve": "on"}]}`:                                                                         {Kind: prose.Rules, Text: "rules: 2, else off"},
		`{"rules": [{"name": "old", "until": "2026-01-01T00:00:00Z", "serve": "on"}]}`:                                                                                    {Kind: prose.Off, Text: "off for everybody"},
		`{"rules": [{"from": "2026-12-24T00:00:00Z", "until": "2026-12-27T12:00:00Z", "serve": "on"}]}`:                                                                   {Kind: prose.Scheduled, Text: "from 2026-12-24: on for everybody, until 2026-12-27 12:00 UTC"},
		`{"rules": [{"every": {"days": ["mon"]}, "serve": "on"}]}`:                                                                                                        {Kind: prose.On, Text: "on for everybody, on Mondays in UTC"},
		`{"rules": [{"ramp": {"steps": [{"at": "2026-11-01T00:00:00Z", "percent": 10}, {"at": "2026-12-08T00:00:00Z", "percent": 50}]}, "serve": "on"}]}`:                 {Kind: prose.Ramp, Text: "ramp: 10 % now and 50 % from 2026-12-08"},
		`{"rules": [{"ramp": {"steps": [{"at": "2026-11-12T12:00:00Z", "percent": 10}, {"at": "2026-12-02T12:00:00Z", "percent": 20}], "linear": true}, "serve": "on"}]}`: {Kind: prose.Ramp, Text: "ramp: 15 % now, changing to 20 % by 2026-12-02 12:00 UTC"},
		`{"rules": [{"ramp": {"steps": [{"at": "2026-12-01T00:00:00Z", "percent": 1}, {"at": "2026-12-08T00:00:00Z", "percent": 50}], "linear": true}, "serve": "on"}]}`:  {Kind: prose.Ramp, Text: "ramp: 0 % now, 1 % to 50 % from 2026-12-01 to 2026-12-08"},
		`{"rules": [{"ramp": {"steps": [{"at": "2026-11-12T12:00:00Z", "percent": 10}]}, "serve": "on"}]}`:                                                                {Kind: prose.Share, Text: "10 % of all"},
		`{` + colours + `"red"}`:  {Kind: prose.On, Text: "red for everybody"},
		`{` + colours + `"grey"}`: {Kind: prose.Off, Text: "grey for everybody"},
		`{` + colours + `{"split": {"red": 1, "blue": 1}}}`: {
			Kind: prose.Experiment, Text: "experiment red/blue 50/50",
		},
		`{` + colours + `"grey", "rules": [{"percent": 10, "serve": {"split": {"red": 1, "blue": 2}}}]}`:                                                                     {Kind: prose.Experiment, Text: "experiment red/blue 33.33/66.67, 10 % of all, else grey"},
		`{` + colours + `"grey", "rules": [{"if": {"segment": "staff"}, "serve": {"split": {"red": 1, "blue": 1}}}]}`:                                                        {Kind: prose.Experiment, Text: "experiment red/blue 50/50 in the segment staff, else grey"},
		`{` + colours + `"grey", "rules": [{"percent": 10, "serve": "red"}]}`:                                                                                                {Kind: prose.Share, Text: "10 % of all get red, else grey"},
		`{` + colours + `"grey", "rules": [{"name": "long", "if": {"any": [{"segment": "staff"}, {"all": [{"segment": "staff"}, {"segment": "staff"}]}]}, "serve": "red"}]}`: {Kind: prose.Rules, Text: "red by the rule long, else grey"},
	} {
		f := flagOf(t, `"f": `+flag)
		assert.Equal(t, want, f.State, flag)
	}
	assert.Equal(t, prose.State{Kind: prose.Off, Text: "off"}, prose.Unknown(false, 2))
	assert.Equal(t, prose.State{Kind: prose.Enabled, Text: "enabled, 1 variant"}, prose.Unknown(true, 1))
	assert.Equal(t, prose.State{Kind: prose.Invalid, Text: "invalid: a b"}, prose.Problem("a\n\x1b b"))
}

func TestAFlagsSurroundingsInSentences(t *testing.T) {
	t.Parallel()
	d := read(t, `{"schema": 1, "segments": {
		"empty": {}, "inner": {"if": {"flag": "f", "in": ["on"]}, "exclude": ["z", "y"]},
		"outer": {"if": {"segment": "inner"}},
		"lists": {"description": "Who\nis in.", "include": ["k"], "if": {"not": {"segment": "empty"}}}},
		"flags": {
			"f": {"rules": [{"if": {"segment": "lists"}, "layer": {"name": "l", "from": 10, "to": 40},
				"serve": "on"}, {"serve": "on"}]},
			"g": {"requires": [{"flag": "f", "in": ["on", "off"]}], "rules": [
				{"if": {"any": [{"segment": "outer"}, {"flag": "f", "in": ["on"]}]},
					"layer": {"name": "l", "from": 50, "to": 100}, "serve": "on"},
				{"name": "a b", "if": {"segment": "outer"}, "serve": "on"}]}}}`)
	f, g := d.Flag(d.Flags[0], now), d.Flag(d.Flags[1], now)
	assert.Equal(t, []string{
		"The flag g requires that it serves on or off.",
		"Rule 1 of the flag g asks for it through the segment outer.",
		"Rule 1 of the flag g asks whether it serves on.",
		`The rule "a b" of the flag g asks for it through the segment outer.`,
		"The segment inner asks for it.",
		"The segment outer asks for it.",
	}, f.Dependents)
	assert.Empty(t, g.Dependents)
	assert.Equal(t, []string{"In the layer l, the flag f has the places from 10 to below 40 and the flag g has the " +
		"places from 50 to below 100; no flag uses the other 20 %, which are a holdout."}, f.Layers)
	assert.Equal(t, f.Layers, g.Layers)
	assert.Equal(t, []prose.Segment{
		{
			Key:     "lists",
			Summary: "Who is in.",
			Text:    "Always in it: the key k. In it are subjects not in the segment empty.",
		},
		{Key: "empty", Text: "Nobody is in it."},
	}, f.Segments)
	assert.Equal(t, []prose.Segment{
		{Key: "outer", Text: "In it are subjects in the segment inner."},
		{Key: "inner", Text: "Never in it: the keys y and z. In it are subjects for which the flag f serves on."},
	}, g.Segments, "each segment is explained once")
	assert.Equal(t, "Nobody is left for the default: off.", f.Default)
	assert.Len(t, f.Notes, 4)
	assert.Len(t, g.Notes, 3)
}

// words has, for each field of the schema, a document with the field and its words.
var words = []struct{ fields, flags, want string }{
	{"flag.description", `{"description": "One\tpage"}`, "One page"},
	{"flag.type", `{"type": "integer", "variants": {"a": 1}, "default": "a"}`, "It is an integer flag."},
	{"flag.variants flag.off flag.default", `{"variants": {"a": {"b": [1]}, "c": {}}, "off": "c", "default": "a"}`,
		"a {\"b\":[1]}\nc {}\nThe flag is on. If it is switched off, everybody gets c.\nEverybody gets a."},
	{"flag.enabled", `{"enabled": false}`, "The flag is switched off: everybody gets off."},
	{"flag.requires requirement.flag requirement.in", `{"requires": [{"flag": "g", "in": ["a", "b", "c"]}]}`,
		"It requires that the flag g serves a, b or c. Subjects for which it does not get off."},
	{"flag.rules rule.name rule.serve", `{"rules": [{"name": "one", "serve": "on"}]}`, "one: everybody gets on."},
	{"flag.max_age", `{"max_age": "36h"}`,
		"If the source has not confirmed the ruleset for more than 36 hours, everybody gets off."},
	{"flag.track", `{"track": "all"}`, "All of its evaluations count as exposures."},
	{"flag.track", `{"track": "none"}`, "None of its evaluations count as exposures."},
	{"flag.track", `{"track": "splits"}`, "a split of a rule decides count as exposures."},
	{"flag.owner flag.tags", `{"owner": "The Team", "tags": ["a", "b c"]}`,
		`It is a boolean flag of The Team, tagged a and "b c".`},
	{"flag.created flag.expires flag.permanent",
		`{"created": "2026-01-01", "expires": "2026-11-21", "permanent": true}`,
		"It was created on 2026-01-01, expired on 2026-11-21 and is permanent."},
	{"flag.expires", `{"expires": "2026-11-22"}`, "It expires on 2026-11-22."},
	{"flag.metadata", `{"metadata": {"ticket": "S-1", "risk": 2}}`, "Its metadata are risk 2 and ticket S-1."},
	{"rule.if condition.attribute condition.in", `{"rules": [{"if": {"attribute": "c", "in": [1]}, "serve": "on"}]}`,
		"Subjects whose c is 1 get on."},
	{"rule.from rule.until",
		`{"rules": [{"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z", "serve": "on"}]}`,
		"From 2026-01-01 00:00 UTC until 2027-01-01 00:00 UTC, everybody gets on."},
	{"rule.layer layer.name layer.from layer.to",
		`{"rules": [{"layer": {"name": "l", "from": 5, "to": 9}, "serve": "on"}]}`,
		"4 % by their key (the place in the layer l is from 5 to below 9)"},
	{"rule.percent rule.by rule.salt", `{"rules": [{"percent": 7.5, "by": "org", "salt": "x", "serve": "on"}]}`,
		`Of all subjects, 7.5 % by their org with the salt "x" get on.`},
	{
		"rule.ramp ramp.steps ramp.linear step.at step.percent",
		`{"rules": [{"ramp": {"steps": [{"at": "2026-01-01T00:00:00Z", "percent": 5}], "linear": true}, "serve": "on"}]}`,
		"5 % from 2026-01-01 00:00 UTC, and between these times it changes evenly.",
	},
	{
		"rule.every every.days every.from every.until every.zone",
		`{"rules": [{"every": {"days": ["tue"], "from": "01:00", "until": "02:00", "zone": "Asia/Tokyo"}, "serve": "on"}]}`,
		"On Tuesdays from 01:00 to 02:00 in Asia/Tokyo, everybody gets on.",
	},
	{"serve.split serve.by serve.salt",
		`{"default": {"split": {"on": 1, "off": 3}, "by": "org", "salt": "x"}}`,
		`Everybody gets on (25 %) or off (75 %), drawn by their org with the salt "x".`},
	{"condition.segment segment.description segment.include segment.exclude segment.if",
		`{"rules": [{"if": {"segment": "s"}, "serve": "on"}]}`,
		"s Words Never in it: the key y. Always in it: the key x. In it are subjects whose a is known."},
	{"condition.flag", `{"rules": [{"if": {"flag": "g", "in": ["on"]}, "serve": "on"}]}`,
		"Subjects for which the flag g serves on get on."},
	{
		"condition.all",
		`{"rules": [{"if": {"all": [{"attribute": "a", "lt": 1}, {"attribute": "b", "lt": 1}]}, "serve": "on"}]}`,
		"Subjects whose a is below 1 and whose b is below 1 get on.",
	},
	{
		"condition.any",
		`{"rules": [{"if": {"any": [{"attribute": "a", "lt": 1}, {"attribute": "b", "lt": 1}]}, "serve": "on"}]}`,
		"Subjects whose a is below 1 or whose b is below 1 get on.",
	},
	{"condition.not", `{"rules": [{"if": {"not": {"attribute": "a", "lt": 1}}, "serve": "on"}]}`,
		"Subjects whose a is known and is not below 1 get on."},
}

// operators has the words of each operator of the schema, and those of its opposite.
var operators = map[string][3]string{
	"in":          {`["a"]`, "is a", "is known and is not a"},
	"not_in":      {`["a"]`, "is known and is not a", "is a"},
	"contains":    {`"a"`, `contains "a"`, `is known and does not contain "a"`},
	"starts_with": {`["a", "b"]`, `starts with "a" or "b"`, `is known and does not start with "a" or "b"`},
	"ends_with":   {`"a"`, `ends with "a"`, `is known and does not end with "a"`},
	"matches":     {`"^a"`, `is a text with the pattern "^a"`, `is known and is not a text with the pattern "^a"`},
	"lt":          {`1`, "is below 1", "is known and is not below 1"},
	"lte":         {`1.5`, "is at most 1.5", "is known and is not at most 1.5"},
	"gt":          {`1`, "is above 1", "is known and is not above 1"},
	"gte":         {`1`, "is at least 1", "is known and is not at least 1"},
	"before": {`"2026-01-01T00:00:00Z"`, "is before 2026-01-01 00:00 UTC",
		"is known and is not before 2026-01-01 00:00 UTC"},
	"after": {`"2026-01-01t00:00:00z"`, "is after 2026-01-01 00:00 UTC",
		"is known and is not after 2026-01-01 00:00 UTC"},
	"newer_than": {`"1d"`, "is less than 1 day ago", "is known and is not less than 1 day ago"},
	"older_than": {`"90s"`, "is at least 90 seconds ago", "is known and is not at least 90 seconds ago"},
	"semver":     {`">=2.0.0"`, `is a version in ">=2.0.0"`, `is known and is not a version in ">=2.0.0"`},
	"cidr":       {`["10.0.0.0/8"]`, "is an address in 10.0.0.0/8", "is known and is not an address in 10.0.0.0/8"},
	"exists":     {`true`, "is known", "is missing"},
	// it changes other operators
	"ignore_case": {`true, "in": "a"`, "is a in upper or lower case", "is known and is not a in upper or lower case"},
}

// objects are the definitions of the schema whose fields need words.
var objects = []string{
	"flag", "requirement", "rule", "layer", "ramp", "step", "every", "serve", "condition", "segment",
}

func TestEveryFieldOfTheSchemaHasWords(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(filepath.Join("..", "..", "schema", "ruleset.v1.json"))
	require.NoError(t, err)
	var schema struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(body, &schema))
	known := map[string]bool{}
	for _, row := range words {
		text := `{"schema": 1, "segments": {"s": {"description": "Words", "include": ["x"], "exclude": ["y"],
			"if": {"attribute": "a", "exists": true}}}, "flags": {"f": ` + row.flags + `}}`
		d := read(t, text)
		f := d.Flag(d.Flags[0], now)
		assert.Contains(t, all(&f), row.want)
		for field := range strings.FieldsSeq(row.fields) {
			known[field] = true
			_, name, _ := strings.Cut(field, ".")
			assert.Contains(t, text, `"`+name+`":`)
		}
	}
	for operator, row := range operators {
		known["condition."+operator] = true
		condition := fmt.Sprintf(`{"attribute": "a", %q: %s}`, operator, row[0])
		assert.Equal(t, "Subjects whose a "+row[1]+" get on.", ruleWith(t, `"if": `+condition).Text)
		assert.Equal(t, "Subjects whose a "+row[2]+" get on.", ruleWith(t, `"if": {"not": `+condition+`}`).Text)
	}
	for _, object := range objects {
		require.NotEmpty(t, schema.Defs[object].Properties, object)
		for name := range schema.Defs[object].Properties {
			assert.True(t, known[object+"."+name], "%s.%s has no words", object, name)
		}
	}
	for name, def := range schema.Defs {
		if def.Properties != nil {
			assert.Contains(t, objects, name)
		}
	}
}

// documents calls visit for each document that is part of a JSON value.
func documents(t testing.TB, value []byte, visit func(document []byte)) {
	t.Helper()
	var members map[string]json.RawMessage
	var elements []json.RawMessage
	switch {
	case json.Unmarshal(value, &members) == nil:
		if members["schema"] != nil && members["flags"] != nil {
			visit(value)
			return
		}
		for name, member := range members {
			var text string
			if name == "text" && json.Unmarshal(member, &text) == nil {
				visit([]byte(text))
			}
			documents(t, member, visit)
		}
	case json.Unmarshal(value, &elements) == nil:
		for _, element := range elements {
			documents(t, element, visit)
		}
	}
}

func TestEveryFlagOfTheTestDocumentsHasPlainSentences(t *testing.T) {
	t.Parallel()
	var files []string
	for _, folder := range []string{"corpus", "rulesets", filepath.Join("vectors", "evaluation")} {
		found, err := filepath.Glob(filepath.Join("..", "..", "testdata", folder, "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, found, folder)
		files = append(files, found...)
	}
	flags := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		documents(t, body, func(document []byte) {
			definitions, _ := native.ReadDefinitions(document)
			if definitions == nil {
				return
			}
			d := prose.Document{Flags: definitions.Flags, Segments: definitions.Segments}
			for _, f := range d.Flags {
				flags++
				checkWords(t, &d, f)
			}
		})
	}
	assert.Greater(t, flags, 500)
}

func checkWords(t *testing.T, d *prose.Document, f *native.Flag) {
	t.Helper()
	x := d.Flag(f, now)
	text := all(&x)
	message := f.Key + "\n" + text
	assert.Contains(t, prose.Kinds, x.State.Kind, message)
	assert.NotEmpty(t, x.State.Text, message)
	assert.NotContains(t, text, "%!", message)
	assert.Len(t, x.Rules, len(f.Rules))
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			assert.Failf(t, "a control character is in the words", "%U in %q", r, message)
		}
	}
	for i, r := range x.Rules {
		end := "."
		if r.Parts != nil {
			end = ":"
		}
		assert.True(t, strings.HasSuffix(r.Text, end), message)
		written := r.Text + lines(r.Parts, "")
		for _, name := range attributes(f.Rules[i].If) {
			assert.Contains(t, written, prose.Name(name), message)
		}
		for _, served := range f.Rules[i].Serve.Arms[:min(20, len(f.Rules[i].Serve.Arms))] {
			assert.Contains(t, r.Text, prose.Name(served.Name), message)
		}
		if !f.Rules[i].Serve.IsSplit {
			assert.Contains(t, r.Text, prose.Name(f.Rules[i].Serve.Name), message)
		}
	}
}

// attributes lists the attributes of the first hundred parts of a condition.
func attributes(c *native.Condition) (names []string) {
	if c == nil {
		return nil
	}
	if c.Form == native.OnAttribute {
		return []string{c.Attribute}
	}
	for part := range c.EachPart() {
		names = append(names, attributes(part)...)
	}
	return names[:min(len(names), 100)]
}

func TestLongPartsAreCut(t *testing.T) {
	t.Parallel()
	many := func(n int, part string) string { return strings.TrimSuffix(strings.Repeat(part+",", n), ",") }
	var steps, arms, requires []string
	for i := range 100 {
		steps = append(steps, fmt.Sprintf(`{"at": "20%02d-01-01T00:00:00Z", "percent": 1}`, i))
		arms = append(arms, fmt.Sprintf(`"v%d": 1`, i))
		requires = append(requires, fmt.Sprintf("%q", strings.Repeat("k", i+1)))
	}
	f := flagOf(t, `"f": {"variants": {`+strings.Join(arms, ",")+`}, "default": "v1",
		"requires": [{"flag": "g", "in": [`+strings.Join(requires, ",")+`]}], "rules": [
		{"if": {"any": [`+many(10_000, `{"all": [{"segment": "staff"}, {"segment": "staff"}]}`)+`]}, "serve": "v1"},
		{"ramp": {"steps": [`+strings.Join(steps, ",")+`]}, "serve": {"split": {`+strings.Join(arms, ",")+`}}},
		{"if": {"attribute": "a", "contains": `+`"`+strings.Repeat("é", 5000)+`"}, "serve": "v1"}]}`)
	assert.Less(t, len(all(&f)), 40_000)
	parts := f.Rules[0].Parts
	assert.Equal(t, "… and 9,833 more", parts[len(parts)-1].Text)
	assert.Contains(t, f.Rules[1].Text, "and 76 other steps")
	assert.Contains(t, f.Rules[1].Text, "or 80 other variants, drawn by their key")
	assert.Contains(t, f.Before[1], "kkkkkk or 94 other variants.")
	assert.Contains(t, f.Rules[2].Text, "éé…\" get")
}
