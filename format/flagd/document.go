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
	flagAt     []byte // the current flag, as it stands in the document
	evaluators map[string]*evaluator
	sets       map[string]string // the flag set of each flag in an array
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
	fields(bytes.TrimSpace(document), []string{"flags", "metadata", "$evaluators"}, top[:])
	metadataAt := place{name: "metadata", isTop: true}
	metadata, err := objectOf(metadataAt, "", top[1])
	if err != nil {
		return nil, err
	}
	if len(metadata) > mostMetadata {
		d.warn(metadataAt, "", "more than %d entries: the first in the order of their names are kept", mostMetadata)
		metadata = metadata[:mostMetadata]
	}
	if d.rules.metadata, err = d.metadata(metadataAt, "", metadata); err != nil {
		return nil, err
	}
	d.shared = d.digestMetadata(d.rules.metadata)
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
func (d *decoder) compileEvaluators(evaluators []rawMember) error {
	d.evaluators = make(map[string]*evaluator, len(evaluators))
	all := make([]evaluator, len(evaluators))
	for i, e := range evaluators {
		at := place{name: "$evaluators", key: e.name}
		d.ofFlag = 0
		const shortest = len("{ }")
		if len(e.raw) < shortest {
			return at.problem("", "the evaluator is empty")
		}
		var err error
		if all[i].rule, err = parse(e.raw); err != nil {
			return at.problem("", "not a flagd document: %v", err)
		}
		c := compiler{v3: d.rules.v3}
		all[i].node, all[i].digest = c.compile(&all[i].rule), d.digest(&all[i].rule)
		d.evaluators[e.name] = &all[i]
		d.warnAll(at, "", &c)
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

// member compiles a flag. It keeps an invalid flag as one whose evaluations fail. A document with
// too many of them is refused.
func (d *decoder) member(at place, raw []byte) error {
	d.ofFlag, d.flagAt = 0, raw
	defer func() { d.flagAt = nil }()
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

// located puts the current flag's place into an error that has none.
func (d *decoder) located(err error) error {
	problem, ok := errors.AsType[*becket.DocumentError](err)
	if ok && problem.Line == 0 && d.flagAt != nil {
		problem.Line, problem.Column = d.lines.position(d.document, offsetIn(d.document, d.flagAt))
	}
	return err
}

// offsetIn returns the offset of a part of a text. Both reach to the same end of memory.
func offsetIn(text, part []byte) int { return cap(text) - cap(part) }

// keep puts a flag among the rules. If several flags have the same key, the one from the last flag
// set counts, in the order of the sets' names. Within one set, the last flag counts.
func (d *decoder) keep(at place, f *flag) {
	if f.key == "" {
		return
	}
	if d.sets != nil {
		set, _ := overlay(f.shared, f.metadata)["flagSetId"].(string)
		if before, twice := d.sets[f.key]; twice {
			d.warn(at, "", "the key %q stands twice", shorten(f.key))
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
