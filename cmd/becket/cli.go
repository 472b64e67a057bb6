package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// cli is the command line. Each verb has its own file.
type cli struct {
	globals

	Init     initVerb     `cmd:"" help:"Write a first ruleset, and a configuration that names it."`
	Check    checkVerb    `cmd:"" help:"Report mistakes in a ruleset, and legal but suspicious parts."`
	Fmt      fmtVerb      `cmd:"" help:"Format rulesets and keep their comments."`
	Build    buildVerb    `cmd:"" help:"Write plain JSON from JSON with comments, from YAML, or from a folder of one file per flag."`
	List     listVerb     `cmd:"" help:"List the flags in words: their states, owners and dates."`
	Describe describeVerb `cmd:"" help:"Describe a flag in sentences."`
	Eval     evalVerb     `cmd:"" help:"Evaluate one flag, or all flags, for a subject."`
	Explain  explainVerb  `cmd:"" help:"Explain a decision step by step."`
	Simulate simulateVerb `cmd:"" help:"Predict how a flag divides a population."`
	Diff     diffVerb     `cmd:"" help:"Show the changes of a new version of a ruleset and the subjects that they affect."`
	Off      offVerb      `cmd:"" help:"Switch a flag off in its file."`
	On       onVerb       `cmd:"" help:"Switch a flag on in its file."`
	Set      setVerb      `cmd:"" help:"Set a flag's percentage, ramp, split, variant, owner or another field in its file."`
	Promote  promoteVerb  `cmd:"" help:"Copy a flag from one ruleset into another, such as from staging to production."`
	Revert   revertVerb   `cmd:"" help:"Bring an old ruleset back, with a revision above the one that is live."`
	Gen      genVerb      `cmd:"" help:"Write typed Go handles of the flags."`
	Usage    usageVerb    `cmd:"" help:"Find flags that no Go code uses, and code that asks for flags that do not exist."`
	Serve    serveVerb    `cmd:"" help:"Serve a ruleset on this machine to try an application; reload it when it changes."`
	Publish  publishVerb  `cmd:"" help:"Check and sign a ruleset, and publish it by NATS, Redis, PostgreSQL, a folder or HTTP."`
	Live     liveVerb     `cmd:"" help:"Fetch a published ruleset as a client does, and show whether clients would use it."`
	Keygen   keygenVerb   `cmd:"" help:"Generate a key pair for signed rulesets."`
	Sign     signVerb     `cmd:"" help:"Sign a ruleset."`
	Verify   verifyVerb   `cmd:"" help:"Check the signature of a ruleset."`

	Completion completionVerb `cmd:"" help:"Write a script that completes becket's verbs and flags in a shell."`
}

// globals are the flags of every verb.
type globals struct {
	Format  string           `enum:"auto,${formats}" default:"auto" help:"The document's format: auto or ${formats}."`
	Header  []string         `short:"H" sep:"none" placeholder:"NAME:VALUE" help:"Send this header when the ruleset is a URL. Repeatable."`
	JSON    bool             `name:"json" help:"Write JSON."`
	GitHub  bool             `name:"github" help:"Write findings as annotations of a GitHub workflow."`
	Config  string           `default:".becket.toml" help:"The configuration."`
	Version kong.VersionFlag `help:"Print the version."`
}

// rulesFlag is embedded in verbs whose arguments name a flag.
type rulesFlag struct {
	Rules string `short:"r" placeholder:"FILE" help:"The ruleset: a file, a folder, a URL, or - for standard input. By default, \"rules\" of the configuration."`
}

// rulesArgument is embedded in verbs whose argument is the ruleset.
type rulesArgument struct {
	Rules string `arg:"" optional:"" help:"A file, a folder, a URL, or - for standard input. By default, \"rules\" of the configuration."`
}

// read reads the ruleset that the user or else the configuration names.
func (e *env) read(name string) (*input.Document, error) {
	if name == "" {
		name = e.config.Rules
	}
	if name == "" {
		return nil, fmt.Errorf("name a ruleset: a file, a folder, a URL, or - for standard input; "+
			"%q can name one as rules = \"flags.json\"", e.options.Config)
	}
	return input.Read(e.ctx, name, input.Options{Format: e.options.Format, Headers: e.options.Header, Stdin: e.stdin})
}

// load reads and compiles a ruleset. Errors in single flags do not stop it; Document.Problems
// returns them.
func (e *env) load(name string) (*input.Document, becket.Rules, error) {
	document, err := e.read(name)
	if err != nil {
		return nil, nil, err
	}
	rules, err := document.Decode()
	return document, rules, err
}

// printProblems writes the mistakes of one flag to stderr, or of the whole document if the key is
// "". It is for verbs that go on with a document in which flags are invalid.
func (e *env) printProblems(document *input.Document, rules becket.Rules, key string) {
	findings := document.Problems(rules)
	if key != "" {
		findings = report.OfFlag(findings, key)
	}
	e.printFindings(findings)
}
