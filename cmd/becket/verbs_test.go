package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// changeRow is a verb's arguments and the change of the document that they mean.
type changeRow struct {
	args []string
	path string // of the changed value: names and indexes separated by slashes
	want string // the value as JSON; "" if it is gone
	also map[string]string
}

// changeRows hold every verb for the rulesets launch.jsonc, launch.yaml and launch.
var changeRows = map[string]changeRow{
	"off": {args: []string{"off", "search"}, path: "flags/search/enabled", want: "false"},
	"percent of the only one": {
		args: []string{"set", "search", "percent", "20"},
		path: "flags/search/rules/1/percent",
		want: "20",
	},
	"percent with its sign": {
		args: []string{"set", "search", "percent", "2.5", "%"},
		path: "flags/search/rules/1/percent",
		want: "2.5",
	},
	"percent of a named rule": {
		args: []string{
			"set",
			"search",
			"percent",
			"50",
			"--rule",
			"friends first",
		},
		path: "flags/search/rules/0/percent",
		want: "50",
	},
	"ramp in place of a percentage": {
		args: []string{"set", "search", "ramp", "5@2026-12-01,50@2026-12-08T09:00:00+01:00", "--linear"},
		path: "flags/search/rules/1/ramp",
		want: `{"steps": [{"at": "2026-12-01T00:00:00Z", "percent": 5},
			{"at": "2026-12-08T09:00:00+01:00", "percent": 50}], "linear": true}`,
		also: map[string]string{"flags/search/rules/1/percent": ""},
	},
	"split with other weights": {
		args: []string{"set", "colour", "split", "red=10,blue=90"}, path: "flags/colour/default/split",
		want: `{"red": 10, "blue": 90}`,
	},
	"split of a rule": {
		args: []string{"set", "search", "split", "on=1,off=1", "--rule", "launch"},
		path: "flags/search/rules/1/serve",
		want: `{"split": {"on": 1, "off": 1}}`,
	},
	"variant without rules": {
		args: []string{"set", "colour", "variant", "blue"},
		path: "flags/colour/default",
		want: `"blue"`,
	},
	"variant of a rule": {
		args: []string{
			"set",
			"search",
			"variant",
			"off",
			"--rule",
			"launch",
		},
		path: "flags/search/rules/1/serve",
		want: `"off"`,
	},
	"default that is not written": {
		args: []string{"set", "search", "default", "on"},
		path: "flags/search/default",
		want: `"on"`,
	},
	"value of a variant": {
		args: []string{"set", "colour", "value", "blue", "#00a"}, path: "flags/colour/variants/blue", want: `"#00a"`,
	},
	"value of a new variant": {
		args: []string{
			"set",
			"colour",
			"value",
			"green",
			`"#0f0"`,
		},
		path: "flags/colour/variants/green",
		want: `"#0f0"`,
	},
	"owner": {
		args: []string{"set", "search", "owner", "web", "team"},
		path: "flags/search/owner",
		want: `"web team"`,
	},
	"description": {
		args: []string{"set", "colour", "description", "It's: #1"},
		path: "flags/colour/description",
		want: `"It's: #1"`,
	},
	"expires": {
		args: []string{"set", "search", "expires", "2027-02-01"},
		path: "flags/search/expires",
		want: `"2027-02-01"`,
	},
}

var anyComment = regexp.MustCompile(`(//|#|/\*) [A-Za-z][a-zA-Z. ]*`)

// launchText returns all text of a ruleset.
func launchText(t *testing.T, name string) (text string) {
	t.Helper()
	info, err := os.Stat(name)
	require.NoError(t, err)
	files := []string{name}
	if info.IsDir() {
		files, err = input.Files(name, ".json", ".jsonc", ".yaml")
		require.NoError(t, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		text += string(body)
	}
	return text
}

// launchDocument decodes a ruleset.
func launchDocument(t *testing.T, name string, text []byte) map[string]any {
	t.Helper()
	d, err := input.Read(t.Context(), name, input.Options{Stdin: bytes.NewReader(text)})
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, json.Unmarshal(d.Body, &document))
	return document
}

// put sets a value of a decoded document, or deletes it.
func put(t *testing.T, document map[string]any, path, value string) {
	t.Helper()
	steps := strings.Split(path, "/")
	var at any = document
	for _, step := range steps[:len(steps)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			at = v[step[0]-'0']
		}
	}
	object, ok := at.(map[string]any)
	require.True(t, ok, path)
	delete(object, steps[len(steps)-1])
	if value != "" {
		var decoded any
		require.NoError(t, json.Unmarshal([]byte(value), &decoded))
		object[steps[len(steps)-1]] = decoded
	}
}

func TestEveryVerbChangesExactlyOneValueInEveryNotation(t *testing.T) {
	for _, name := range []string{"launch.jsonc", "launch.yaml", "launch", "-"} {
		for what, row := range changeRows {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Chdir(copyOf(t, "testdata/rules"))
				source := name
				var text []byte
				if name == "-" {
					source, text = "launch.jsonc", []byte(launchText(t, "launch.jsonc"))
				}
				before, want := launchText(t, source), launchDocument(t, source, nil)
				put(t, want, row.path, row.want)
				put(t, want, "revision", "8")
				for path, value := range row.also {
					put(t, want, path, value)
				}
				args := append([]string{}, row.args...)
				args = append(args, "-r", name, "--yes", "--subjects", "100")
				code, stdout, stderr := command(t, func(e *env) { e.stdin = bytes.NewReader(text) }, args...)
				require.Equal(t, exitGood, code, stdout+stderr)
				got, after := launchDocument(t, source, nil), launchText(t, source)
				if name == "-" {
					got, after = launchDocument(t, "-", []byte(stdout)), stdout
					assert.Contains(t, stderr, "+++ stdin")
				} else {
					assert.Contains(t, stdout, "\nwrote "+name)
				}
				assert.Equal(t, want, got)
				assertComments(t, before, after, what)
				// fmt breaks the line that becomes too long
				if name == "launch.jsonc" && what != "percent of a named rule" {
					code, unlike, _ := command(t, nil, "fmt", "--check", name)
					assert.Equal(t, exitGood, code, unlike)
				}
				removed, added := lineChanges(before, after)
				assert.LessOrEqual(t, removed, 5+2*strings.Count(row.want, "{"), after)
				assert.LessOrEqual(t, added, 3+8*strings.Count(row.want, "{"), after)
			})
		}
	}
}

// assertComments checks that comments stay. A split that is replaced as a whole loses those inside.
func assertComments(t *testing.T, before, after, what string) {
	t.Helper()
	old, now := anyComment.FindAllString(before, -1), anyComment.FindAllString(after, -1)
	if strings.HasPrefix(what, "variant without") {
		assert.Len(t, now, len(old)-1)
		return
	}
	assert.Equal(t, old, now)
}

// lineChanges counts the lines that one text has more often than the other.
func lineChanges(before, after string) (removed, added int) {
	counts := map[string]int{}
	for line := range strings.SplitSeq(before, "\n") {
		counts[line]++
	}
	for line := range strings.SplitSeq(after, "\n") {
		counts[line]--
	}
	for _, n := range counts {
		removed += max(n, 0)
		added += max(-n, 0)
	}
	return removed, added
}

func TestAFlagIsSwitchedOffAndOnAgain(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	for _, name := range []string{"launch.jsonc", "launch.yaml", "launch"} {
		code, stdout, stderr := command(t, nil, "off", "search", "-r", name, "-y")
		require.Equal(t, exitGood, code, stderr)
		assert.Contains(t, stdout,
			"note: colour asks for flag search in on, and search serves \"off\" while it is off")
		off := launchText(t, name)
		code, stdout, _ = command(t, nil, "off", "search", "-r", name)
		assert.Equal(t, exitGood, code)
		assert.Equal(t, "search is off already: nothing changes\n", stdout)
		code, _, _ = command(t, nil, "on", "search", "-r", name, "-y")
		require.Equal(t, exitGood, code)
		assert.Equal(
			t,
			strings.NewReplacer("revision: 8", "revision: 9", "revision\": 8", "revision\": 9", "false", "true").
				Replace(off),
			launchText(t, name),
			"only the switch and the revision differ",
		)
	}
}

// launched copies launch.jsonc and returns its path.
func launched(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "launch.jsonc")
	require.NoError(t, os.WriteFile(path, []byte(launchText(t, rulesFile("launch.jsonc"))), 0o640))
	return path
}

func TestAChangeIsWrittenOnlyIfTheUserAgrees(t *testing.T) {
	for answer, writes := range map[string]bool{
		"y\n": true, "YES\n": true, " yes \r\n": true, "\n": false, "n\n": false, "": false, "yesterday\n": false,
	} {
		t.Run(answer, func(t *testing.T) {
			path := launched(t)
			before := launchText(t, path)
			var question string
			code, stdout, stderr := command(t, func(e *env) {
				e.ask = func(_ context.Context, asked string) (string, error) {
					question = asked
					return answer, nil
				}
			}, "off", "search", "-r", path)
			assert.Equal(t, exitGood, code)
			assert.Equal(t, "write "+path+"? [y/N] ", question)
			assert.Contains(t, stdout, "+      \"enabled\": false,")
			assert.Equal(t, writes, launchText(t, path) != before)
			assert.Equal(t, writes, strings.Contains(stdout, "wrote "+path))
			assert.Equal(t, !writes, strings.Contains(stderr, "nothing is written"))
		})
	}
}

func TestWithoutATerminalAChangeNeedsYes(t *testing.T) {
	path := launched(t)
	before := launchText(t, path)
	code, stdout, stderr := command(t, nil, "off", "search", "-r", path)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stdout, "+      \"enabled\": false,")
	assert.Equal(t, "becket: nothing is written: there is no terminal to ask at; --yes writes without asking, and "+
		"--dry-run only shows the change\n", stderr)
	assert.Equal(t, before, launchText(t, path))

	code, _, stderr = command(t, nil, "off", "search", "-r", path, "--dry-run")
	assert.Equal(t, exitGood, code)
	assert.Empty(t, stderr)
	assert.Equal(t, before, launchText(t, path))
}

func TestAnInterruptionAtTheQuestionWritesNothing(t *testing.T) {
	path := launched(t)
	before := launchText(t, path)
	asked := make(chan struct{})
	code, _ := interrupted(t, func(e *env) {
		e.ask = func(ctx context.Context, _ string) (string, error) {
			close(asked)
			<-ctx.Done()
			return "", ctx.Err()
		}
	}, asked, "off", "search", "-r", path)
	assert.Equal(t, exitInterrupted, code)
	assert.Equal(t, before, launchText(t, path))
}

func TestAFileThatChangesMeanwhileStaysAsItIs(t *testing.T) {
	for name, meanwhile := range map[string]func(path string) error{
		"by other bytes": func(path string) error { return os.WriteFile(path, []byte("{}"), 0o600) },
		"by its removal": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			path := launched(t)
			code, _, stderr := command(t, func(e *env) {
				e.ask = func(context.Context, string) (string, error) { return "y\n", meanwhile(path) }
			}, "off", "search", "-r", path)
			assert.Equal(t, exitUsage, code)
			assert.NotEmpty(t, stderr)
			if body, err := os.ReadFile(path); err == nil {
				assert.Equal(t, "{}", string(body))
				assert.Contains(t, stderr, "changed meanwhile: nothing is written; run the command again")
			}
		})
	}
}

func TestAChangeKeepsLinksAndPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions, and links need a privilege")
	}
	path := launched(t)
	link := filepath.Join(t.TempDir(), "link.jsonc")
	require.NoError(t, os.Symlink(path, link))
	code, _, stderr := command(t, nil, "off", "search", "-r", link, "-y")
	require.Equal(t, exitGood, code, stderr)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type())
	info, err = os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	assert.Contains(t, launchText(t, path), "\"enabled\": false")

	require.NoError(t, os.Chmod(path, 0o440))
	code, _, stderr = command(t, nil, "on", "search", "-r", link, "-y")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "is read-only: nothing is written")
	assert.Contains(t, launchText(t, path), "\"enabled\": false")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing is left behind")
}

func TestAFolderIsWrittenAsAWholeOrNotAtAll(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	before := launchText(t, "launch")
	code, _, stderr := command(t, func(e *env) {
		e.ask = func(context.Context, string) (string, error) {
			// a folder in place of the second file
			return "y\n", errors.Join(os.Remove("launch/ruleset.yaml"), os.Mkdir("launch/ruleset.yaml", 0o700))
		}
	}, "off", "search", "-r", "launch")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "launch/ruleset.yaml is not a regular file: nothing is written")
	require.NoError(t, os.Remove("launch/ruleset.yaml"))
	require.NoError(
		t,
		os.WriteFile(
			"launch/ruleset.yaml",
			[]byte("# The flags of the launch.\nschema: 1\nrevision: 7 # raised by hand\n"),
			0o600,
		),
	)
	assert.Equal(t, before, launchText(t, "launch"))
}

func TestAFolderWithoutItsOwnFileGetsOneForTheRevision(t *testing.T) {
	for flag, name := range map[string]string{"search": "launch/ruleset.json", "colour": "launch/ruleset.yaml"} {
		t.Run(flag, func(t *testing.T) {
			t.Chdir(copyOf(t, "testdata/rules"))
			require.NoError(t, os.Remove("launch/ruleset.yaml"))
			code, stdout, stderr := command(t, nil, "off", flag, "-r", "launch", "-y")
			require.Equal(t, exitGood, code, stderr)
			assert.Contains(t, stdout, "note: the document had no revision, and has 1 now")
			assert.Contains(t, stdout, " and "+name)
			assert.InDelta(t, 1, launchDocument(t, "launch", nil)["revision"], 0)
			assert.FileExists(t, name)
		})
	}
}

func TestTheRevisionRisesAboveThePublishedOne(t *testing.T) {
	path := launched(t)
	code, _, stderr := command(t, nil, "off", "search", "-r", path, "-y", "--live", rulesFile("flags.json"))
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, launchText(t, path), "\"revision\": 43, // raised by hand")
	code, _, stderr = command(t, nil, "on", "search", "-r", path, "-y", "--keep-revision")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, launchText(t, path), "\"revision\": 43, // raised by hand")

	text := strings.Replace(launchText(t, path), "43", "9007199254740991", 1)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	code, _, stderr = command(t, nil, "off", "search", "-r", path, "-y")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "the revision 9007199254740991 cannot rise: it is the highest one")
}

func TestAWrongChangeIsRefusedWithTheRemedy(t *testing.T) {
	launch, flags := rulesFile("launch.jsonc"), rulesFile("flags.json")
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"an unknown flag": {
			[]string{"off", "serch", "-r", launch}, `launch.jsonc has no flag "serch" (did you mean "search"?)`,
		},
		"a flag that is not promoted": {
			[]string{"promote", "serch", launch, flags}, `launch.jsonc has no flag "serch" (did you mean "search"?)`,
		},
		"a flag that is like no other": {
			[]string{"off", "checkout-9", "-r", launch}, `launch.jsonc has no flag "checkout-9"`,
		},
		"another format": {[]string{"off", "x", "-r", rulesFile("flagd.json")},
			"only native documents can be edited"},
		"a URL": {[]string{"off", "x", "-r", "https://example.com/a.json"},
			"a published ruleset cannot be edited"},
		"a percentage over 100": {[]string{"set", "search", "percent", "101", "-r", launch},
			`"101" is not a percentage from 0 to 100`},
		"a decimal comma": {[]string{"set", "search", "percent", "2,5", "-r", launch},
			"write a point and not a comma"},
		"no number": {[]string{"set", "search", "percent", "half", "-r", launch},
			`"half" is not a percentage`},
		"NaN": {[]string{"set", "search", "percent", "nan", "-r", launch},
			`"nan" is not a percentage`},
		"an unknown rule": {
			[]string{"set", "search", "percent", "5", "--rule", "lunch", "-r", launch},
			"search has no rule \"lunch\" (did you mean \"launch\"?)\nits rules are:\n" +
				"  \"friends first\" serves on to segment friends\n  \"launch\" serves on to everybody, 5 %",
		},
		"rules without a percentage": {
			[]string{"set", "banner", "percent", "5", "-r", flags},
			"banner has no rule with a percentage: name the rule to change with --rule\nits rules are:\n" +
				"  \"thirty and over\" serves blue to age gte 30",
		},
		"a new rule of many variants": {
			[]string{"set", "colour", "percent", "5", "-r", launch},
			"colour has no rule yet: name the variant of the new one with --serve: one of red, blue",
		},
		"several rules for a variant": {
			[]string{"set", "search", "variant", "off", "-r", launch},
			"search has 2 rules whose variant is meant: name the rule",
		},
		"an unknown variant": {[]string{"set", "colour", "default", "bleu", "-r", launch},
			`did you mean "blue"?): it has red, blue`},
		"an unknown arm": {[]string{"set", "colour", "split", "red=1,bleu=2", "-r", launch},
			`colour has no variant "bleu"`},
		"a weight without =": {[]string{"set", "colour", "split", "red", "-r", launch},
			`"red" is not a weight such as red=50`},
		"an arm twice": {[]string{"set", "colour", "split", "red=1,red=2", "-r", launch}, "red occurs twice"},
		"a step without @": {[]string{"set", "search", "ramp", "5,50", "-r", launch},
			`"5" is not a step such as 5@2026-12-01`},
		"a German date": {[]string{"set", "search", "ramp", "5@01.12.2026", "-r", launch},
			`"01.12.2026" is not an instant`},
		"an expiry in words": {[]string{"set", "search", "expires", "soon", "-r", launch},
			"expires takes a date such as 2027-02-01"},
		"a value alone": {[]string{"set", "colour", "value", "blue", "-r", launch},
			"value takes a variant and its value"},
		"a value of on": {[]string{"set", "search", "value", "on", "true", "-r", launch},
			"search has no written variants"},
		"a value like no JSON": {
			[]string{"set", "upload-limit-mb", "value", "large", "much", "-r", flags}, `"much" is not JSON`,
		},
		"an unknown field": {[]string{"set", "search", "percentage", "5", "-r", launch},
			`must be one of "percent","ramp"`},
		"a variant that is served already": {
			[]string{"set", "emoji", "percent", "5", "--serve", "smile", "-r", rulesFile("commented.jsonc")},
			"everybody gets smile already, by the default",
		},
		"a serve for a rule that is there": {
			[]string{"set", "search", "percent", "5", "--serve", "on", "-r", launch}, "--serve is for a new rule",
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, nil, append(row.args, "--yes")...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, row.want)
		})
	}
}

func TestAResultWithNewMistakesIsRefused(t *testing.T) {
	path := launched(t)
	before := launchText(t, path)
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"steps that fall in time": {[]string{"set", "search", "ramp", "5@2026-12-08,50@2026-12-01"},
			"steps must rise in time"},
		"a split without weight": {[]string{"set", "colour", "split", "red=0"},
			"the weights of a split must not all be 0"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(t, nil, append(row.args, "-r", path, "-y")...)
			assert.Equal(t, exitFinding, code)
			assert.Contains(t, stderr, "becket: nothing is written: the result would have new mistakes\n"+path+":")
			assert.Contains(t, stderr, row.want)
			assert.Equal(t, before, launchText(t, path))
		})
	}
}

func TestAKillSwitchWorksBesideMistakesOfOthers(t *testing.T) {
	path := launched(t)
	text := strings.Replace(launchText(t, path), `"off": "red"`, `"off": "pink"`, 1)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	code, stdout, stderr := command(t, nil, "off", "search", "-r", path, "-y")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, stdout, "note: the document has 1 mistake elsewhere, which becket check shows")
	code, _, stderr = command(t, nil, "off", "colour", "-r", path, "-y")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "flags.colour.off: the flag has no variant \"pink\"")
}

func TestAChangeThatCheckCallsAMistakeIsRefused(t *testing.T) {
	files(t, map[string]string{
		"a.json": `{"schema": 1, "revision": 3, "flags": {
			"a": {"enabled": false, "rules": [{"layer": {"name": "page", "from": 0, "to": 60}, "serve": "on"}]},
			"b": {"rules": [{"layer": {"name": "page", "from": 50, "to": 100}, "serve": "on"}]}}}`,
		"quiet.toml": "[check]\nsilence = [\"overlapping-layers\"]\n",
	})
	before := launchText(t, "a.json")
	code, _, stderr := command(t, nil, "on", "a", "-r", "a.json", "-y")
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stderr, "[overlapping-layers]")
	assert.Equal(t, before, launchText(t, "a.json"))
	code, _, stderr = command(t, nil, "on", "a", "-r", "a.json", "-n", "--config", "quiet.toml")
	assert.Equal(t, exitGood, code, stderr)
	require.NoError(t, os.WriteFile("old.json", []byte(strings.Replace(before, "false", "true", 1)), 0o600))
	code, _, stderr = command(t, nil, "revert", "old.json", "a.json", "-n")
	assert.Equal(t, exitGood, code, "an earlier publication comes back as it was\n"+stderr)
	code, _, stderr = command(t, nil, "off", "b", "-r", "old.json", "-y")
	assert.Equal(t, exitGood, code, stderr)
}

func TestAChangeOfAFlagThatIsOffSaysSo(t *testing.T) {
	path := launched(t)
	code, _, stderr := command(t, nil, "off", "search", "-r", path, "-y")
	require.Equal(t, exitGood, code, stderr)
	const note = "note: search is off, so nobody sees the change before it is switched on"
	_, stdout, _ := command(t, nil, "set", "search", "percent", "20", "-r", path, "-n")
	assert.Contains(t, stdout, note)
	_, stdout, _ = command(t, nil, "set", "search", "owner", "me", "-r", path, "-n")
	assert.NotContains(t, stdout, note)
}

func TestAFlagWithoutRulesGetsOneForEverybody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	require.NoError(t, os.WriteFile(path, []byte("schema: 1\nflags:\n  new:\n    owner: web\n"), 0o600))
	code, stdout, stderr := command(t, nil, "set", "new", "percent", "5", "-r", path, "-y")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(t, stdout, "get another answer: off → on")
	assert.Equal(
		t,
		"schema: 1\nrevision: 1\nflags:\n  new:\n    owner: web\n    rules: [{percent: 5, serve: \"on\"}]\n",
		launchText(t, path),
	)
	code, _, stderr = command(t, nil, "set", "new", "ramp", "50@2026-12-01", "-r", path, "-y")
	require.Equal(t, exitGood, code, stderr)
	assert.Contains(
		t,
		launchText(t, path),
		"[{ramp: {steps: [{at: \"2026-12-01T00:00:00Z\", percent: 50}]}, serve: \"on\"}]",
	)
}

func TestAProposalIsOneJSONObject(t *testing.T) {
	path := launched(t)
	code, stdout, stderr := command(t, nil, "set", "colour", "split", "red=1,blue=0", "-r", path, "-y", "--json")
	require.Equal(t, exitGood, code)
	assert.Empty(t, stderr)
	var p struct {
		Files    []fileDiff
		Revision struct{ Before, After int }
		Impact   compare.Report
		Written  bool
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &p))
	assert.True(t, p.Written)
	assert.Equal(t, [2]int{7, 8}, [2]int{p.Revision.Before, p.Revision.After})
	require.Len(t, p.Files, 1)
	assert.Equal(t, path, p.Files[0].File)
	assert.Contains(t, p.Files[0].Diff, "+      \"default\": {\"split\": {\"red\": 1, /* half */ \"blue\": 0}},\n")
	require.Len(t, p.Impact.Flags, 1)
	assert.Equal(t, "colour", p.Impact.Flags[0].Key)

	code, stdout, stderr = command(t, nil, "off", "search", "-r", path, "--json")
	assert.Equal(t, exitUsage, code)
	require.NoError(t, json.Unmarshal([]byte(stdout), &p))
	assert.False(t, p.Written)
	assert.True(t, json.Valid([]byte(stderr)), stderr)
}

func TestAVerbSaysThatTheFlagItselfIsInvalid(t *testing.T) {
	text := `{"schema": 1, "revision": 4, "flags": {"payments": {"enabled": "flase"}}}`
	file := filepath.Join(t.TempDir(), "flags.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for _, verb := range [][]string{{"off", "payments"}, {"set", "payments", "owner", "web"}} {
		code, stdout, stderr := command(t, nil, append(verb, "--rules", file, "--yes")...)
		assert.Equal(t, exitFinding, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, `becket: nothing is written: the flag "payments" is invalid; correct it in the file first`)
		assert.Contains(t, stderr, file+":1:64: error: flags.payments.enabled: expected a boolean")
	}
	now, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, text, string(now))
}
