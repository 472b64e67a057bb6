package flagd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/becketflags/becket"
)

// decoder is the state of decoding one document.
type decoder struct {
	rules      *rules
	document   []byte
	lines      lines
	memberAt   []byte // the current flag, evaluator or metadata as raw JSON
	evaluators evaluators
	sets       map[string]string // the name of the flag set of each flag in an array
	digester   *digester
	shared     uint64 // the digest of the document's metadata
	ofFlag     int    // the number of the current flag's warnings
}

func decode(document []byte, v3 bool) (*rules, error) {
	document = bytes.TrimPrefix(document, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(document, &struct{}{}); err != nil {
		return nil, syntaxError(document, err)
	}
	d := &decoder{
		rules:    &rules{v3: v3},
		document: document,
		digester: newDigester(),
	}
	var top [3][]byte
	names := []string{"flags", "metadata", "$evaluators"}
	d.checkTop(names, top[:], fields(bytes.TrimSpace(document), names, top[:]))
	metadataAt := place{name: "metadata", isTop: true}
	metadata, err := objectOf(metadataAt, "", top[1])
	if err != nil {
		return nil, err
	}
	d.memberAt = top[1]
	if len(metadata) > mostMetadata {
		d.warn(metadataAt, "", "more than %d entries: the first in the order of their names are kept", mostMetadata)
		metadata = metadata[:mostMetadata]
	}
	if d.rules.metadata, err = d.metadata(metadataAt, "", metadata); err != nil {
		return nil, d.located(err)
	}
	d.memberAt, d.shared = nil, d.digestMetadata(d.rules.metadata)
	evaluators, err := objectOf(place{name: "$evaluators", isTop: true}, "", top[2])
	if err != nil {
		return nil, err
	}
	if err := d.compileEvaluators(evaluators); err != nil {
		return nil, err
	}
	if err := d.flags(top[0]); err != nil {
		return nil, err
	}
	d.rules.keys = make([]string, 0, len(d.rules.flags))
	for key := range d.rules.flags {
		d.rules.keys = append(d.rules.keys, key)
	}
	slices.Sort(d.rules.keys)
	return d.rules, nil
}

// compileEvaluators compiles the shared rules.
func (d *decoder) compileEvaluators(members []rawMember) error {
	defer func() { d.memberAt = nil }()
	all := make(evaluators, len(members))
	for i, m := range members {
		d.ofFlag, d.memberAt = 0, m.raw
		all[i].name = m.name
		if err := d.evaluator(place{name: "$evaluators", key: m.name}, m.raw, &all[i]); err != nil {
			return d.located(err)
		}
	}
	d.evaluators = all
	return nil
}

func (d *decoder) evaluator(at place, raw []byte, e *evaluator) (err error) {
	const shortest = len("{ }")
	if len(raw) < shortest {
		return at.problem("", "the evaluator is empty")
	}
	if e.rule, err = parse(raw); err != nil {
		return at.problem("", "not a flagd document: %v", err)
	}
	c := compiler{v3: d.rules.v3}
	e.node, e.digest = c.compile(&e.rule), d.digest(&e.rule)
	d.warnAll(at, "", &c)
	d.checkRule(at, "", &e.rule)
	if e.name == "" {
		d.warn(at, "", "an evaluator has no name: the schema forbids it")
	}
	return nil
}

func (d *decoder) digest(value *datum) uint64 {
	d.digester.Reset()
	d.digester.datum(value)
	return d.digester.Sum64()
}

// flags decodes the flags, which are an object or, for the daemon, an array of flags with their
// keys.
func (d *decoder) flags(raw []byte) error {
	switch {
	case len(raw) == 0:
		return &becket.DocumentError{Message: `the document has no "flags"`}
	case raw[0] == '[':
		d.rules.flags = map[string]*flag{}
		d.sets = map[string]string{}
		i := -1
		return rawElements(raw, func(raw []byte) error {
			i++
			return d.member(place{name: "flags", index: i, isIndex: true}, raw)
		})
	}
	definitions, err := objectOf(place{name: "flags", isTop: true}, "", raw)
	if err != nil {
		return err
	}
	d.rules.flags = make(map[string]*flag, len(definitions))
	for i := range definitions {
		if err := d.member(place{name: "flags", key: definitions[i].name}, definitions[i].raw); err != nil {
			return err
		}
	}
	return nil
}

// mostBad is the number of invalid flags above which a document is refused.
const mostBad = 10_000

// member compiles a flag. The rules contain an invalid flag too; its evaluations fail. A document
// with too many invalid flags is refused.
func (d *decoder) member(at place, raw []byte) error {
	d.ofFlag, d.memberAt = 0, raw
	defer func() { d.memberAt = nil }()
	err := d.flag(at, raw)
	if err == nil {
		return nil
	}
	f := &flag{key: at.key, shared: d.rules.metadata}
	if at.isIndex {
		var key [1][]byte
		fields(raw, []string{"key"}, key[:])
		if is, _ := kindIs(at, "", key[0], '"'); is {
			f.key = unquote(key[0])
		}
	}
	d.digester.Reset()
	d.digester.text(string(raw))
	f.behaviour = d.digester.Sum64()
	f.definition = f.behaviour + d.shared
	f.err = &becket.EvaluationError{
		Code: becket.CodeParseError, Message: becket.ErrParse.Message, Cause: d.located(err),
	}
	if len(d.rules.bad) >= mostBad {
		return &becket.DocumentError{Message: fmt.Sprintf("more than %d flags cannot be read", mostBad)}
	}
	d.rules.bad = append(d.rules.bad, becket.Bad{Section: "flags", Key: f.key, Err: f.err.Cause})
	d.keep(at, f)
	return nil
}

// located adds the position of the current member to an error without a position.
func (d *decoder) located(err error) error {
	problem, ok := errors.AsType[*becket.DocumentError](err)
	if ok && problem.Line == 0 && d.memberAt != nil {
		problem.Line, problem.Column = d.lines.position(d.document, offsetIn(d.document, d.memberAt))
	}
	return err
}

// offsetIn returns the offset of a part of a text. Both slices have the same end of capacity.
func offsetIn(text, part []byte) int { return cap(text) - cap(part) }

// keep adds a flag to the rules. If several flags have the same key, the flag of the last flag set
// counts, in the order of the sets' names. Within one set, the last flag counts.
func (d *decoder) keep(at place, f *flag) {
	if f.key == "" {
		return
	}
	if d.sets != nil {
		set, _ := overlay(f.shared, f.metadata)["flagSetId"].(string)
		if before, twice := d.sets[f.key]; twice {
			d.warn(at, "", "the key %q occurs twice", shorten(f.key))
			if set < before {
				return
			}
		}
		d.sets[f.key] = set
	}
	d.rules.flags[f.key] = f
}

// syntaxError turns an error of encoding/json into an error of the document.
func syntaxError(document []byte, err error) error {
	located := &becket.DocumentError{Message: "not a flagd document: expected an object"}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := document[:min(int(syntax.Offset), len(document))]
		located.Line = bytes.Count(before, []byte("\n")) + 1
		located.Column = max(len(before)-bytes.LastIndexByte(before, '\n')-1, 1)
		located.Message = "not valid JSON: " + syntax.Error()
	}
	return located
}
