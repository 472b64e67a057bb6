package flagd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/becketflags/becket"
)

// decoder is the state of decoding one document.
type decoder struct {
	rules      *rules
	document   []byte
	lines      lines
	flagAt     []byte // the flag at hand, as it stands in the document
	evaluators map[string]*evaluator
	sets       map[string]string // of each flag of an array, the flag set it came from
	digester   *digester
	shared     uint64 // the digest of the document's metadata
	ofFlag     int    // warnings of the flag at hand
}

// Bounds of what is told of one document.
const (
	mostWarnings = 1000
	mostOfFlag   = 100
)

// mostMetadata is how many entries of the document's metadata are kept: every flag is told with
// them.
const mostMetadata = 100

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
	metadata, err := objectOf(place{name: "metadata", isTop: true}, "", top[1])
	if err != nil {
		return nil, err
	}
	if len(metadata) > mostMetadata {
		d.warn(place{name: "metadata", isTop: true}, "", "more than %d entries: the first in the order of their names are kept", mostMetadata)
		metadata = metadata[:mostMetadata]
	}
	if d.rules.metadata, err = d.metadata(place{name: "metadata", isTop: true}, "", metadata); err != nil {
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

// compileEvaluators compiles the shared rules, each for itself.
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

// mostBad is how many flags may be set aside before the document counts as none.
const mostBad = 10_000

// member compiles a flag, and sets one aside that cannot be read. A document that holds little else
// is refused.
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
	f.err = &becket.EvaluationError{Code: becket.CodeParseError, Message: becket.ErrParse.Message, Cause: d.located(err)}
	if len(d.rules.bad) >= mostBad {
		return &becket.DocumentError{Message: fmt.Sprintf("more than %d flags cannot be read", mostBad)}
	}
	d.rules.bad = append(d.rules.bad, becket.Bad{Section: "flags", Key: f.key, Err: f.err.Cause})
	d.keep(at, f)
	return nil
}

// located puts the place of the flag at hand into an error that has none.
func (d *decoder) located(err error) error {
	problem, ok := errors.AsType[*becket.DocumentError](err)
	if ok && problem.Line == 0 && d.flagAt != nil {
		problem.Line, problem.Column = d.lines.position(d.document, offsetIn(d.document, d.flagAt))
	}
	return err
}

// offsetIn returns where in a text a part of it begins. Both reach to the same end of memory.
func offsetIn(text, part []byte) int { return cap(text) - cap(part) }

// flag compiles a flag and puts it among the rules.
func (d *decoder) flag(at place, raw []byte) error {
	def, err := define(at, raw)
	if err != nil {
		return err
	}
	if def.isEmpty() {
		d.warn(at, "", "the flag has no key: nobody can ask for it")
		return nil
	}
	f := &flag{key: def.key, disabled: def.state == "DISABLED", shared: d.rules.metadata}
	d.digester.Reset()
	if err := d.variants(at, f, &def); err != nil {
		return err
	}
	if f.metadata, err = d.metadata(at, ".metadata", def.metadata); err != nil {
		return err
	}
	if err := d.targeting(at, f, &def); err != nil {
		return err
	}
	f.definition = f.behaviour + d.shared + 31*d.digestMetadata(f.metadata)
	d.check(at, f, &def)
	d.keep(at, f)
	return nil
}

// targeting compiles the flag's rule and sums up what the flag does. The variants are in the
// digester already.
func (d *decoder) targeting(at place, f *flag, def *flagDefinition) error {
	d.digester.text(def.defaultVariant)
	d.digester.text(strconv.FormatBool(f.disabled))
	if len(def.targeting) == 0 {
		f.behaviour = d.digester.Sum64()
		return nil
	}
	rule, err := parse(def.targeting)
	if err != nil {
		d.flagAt = def.targeting
		return at.problem(".targeting", "not a flagd document: %v", err)
	}
	d.digester.datum(&rule)
	f.behaviour = d.digester.Sum64()
	if rule.kind == kindObject && rule.more.size() == 0 {
		return nil
	}
	c := compiler{evaluators: d.evaluators, v3: d.rules.v3}
	n := c.compile(&rule)
	f.targeting = &n
	for name := range c.used {
		f.behaviour += d.evaluators[name].digest
	}
	d.warnAll(at, ".targeting", &c)
	if rule.kind != kindObject {
		d.warn(at, ".targeting", "it is no rule, which the schema forbids")
	}
	return nil
}

// variants decodes a flag's variants and finds its default among them.
func (d *decoder) variants(at place, f *flag, def *flagDefinition) error {
	f.variants = make([]variant, 0, len(def.variants))
	for _, v := range def.variants {
		value, err := parse(v.raw)
		if err != nil {
			d.flagAt = v.raw
			return at.problem(member(".variants", v.name), "not a flagd document: %v", err)
		}
		d.digester.text(v.name)
		d.digester.datum(&value)
		f.variants = append(f.variants, newVariant(v.name, &value, len(v.raw)))
	}
	if len(f.variants) > mostScanned {
		f.places = make(map[string]int, len(f.variants))
		for i := range f.variants {
			f.places[f.variants[i].served.Name] = i
		}
	}
	f.kind = kindOf(f.variants)
	if def.defaultVariant == "" {
		return nil
	}
	if f.fallback = f.named(def.defaultVariant); f.fallback == nil {
		return at.problem(".defaultVariant", "the default variant %q is no variant of the flag", shorten(def.defaultVariant))
	}
	return nil
}

// metadata reads texts, numbers and booleans; null too, which hides an entry of the document.
func (d *decoder) metadata(at place, below string, entries []rawMember) (map[string]any, error) {
	if len(entries) == 0 {
		return nil, nil //nolint:nilnil // none is no error
	}
	metadata := make(map[string]any, len(entries))
	for _, entry := range entries {
		value, err := parse(entry.raw)
		if err != nil {
			return nil, at.problem(member(below, entry.name), "not a flagd document: %v", err)
		}
		switch value.kind {
		case kindNumber:
			metadata[entry.name] = becket.FloatValue(value.number).Any()
		case kindList, kindObject:
			metadata[entry.name] = nil
			d.warn(at, member(below, entry.name), "neither text, number nor boolean: it is left out")
		default:
			metadata[entry.name] = value.any()
		}
	}
	return metadata, nil
}

// digestMetadata does not depend on the order of the entries.
func (d *decoder) digestMetadata(metadata map[string]any) (sum uint64) {
	for name, value := range metadata {
		d.digester.Reset()
		d.digester.text(name)
		d.digester.text(fmt.Sprint(value))
		sum += d.digester.Sum64()
	}
	return sum
}

// overlay puts a flag's metadata over the document's. An entry that is null then is left out.
func overlay(shared, own map[string]any) map[string]any {
	merged := make(map[string]any, len(shared)+len(own))
	maps.Copy(merged, shared)
	maps.Copy(merged, own)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	return merged
}

// check warns of what the schema forbids and flagd reads all the same.
func (d *decoder) check(at place, f *flag, def *flagDefinition) {
	if def.state != "ENABLED" && def.state != "DISABLED" {
		d.warn(at, ".state", "%q counts as ENABLED", shorten(def.state))
	}
	if len(f.variants) == 0 {
		d.warn(at, ".variants", "there are none")
	}
	for i := range f.variants {
		v := &f.variants[i]
		if v.kind != becket.KindAny && v.kind != becket.KindList || d.full() {
			continue
		}
		below := member(".variants", v.served.Name)
		if v.kind == becket.KindAny {
			d.warn(at, below, "null is no value: whoever is served it gets the default")
		} else {
			d.warn(at, below, "a list is no object: whoever asks for one gets the default")
		}
	}
	if f.kind == becket.KindAny && len(f.variants) > 0 {
		d.warn(at, ".variants", "the values are of several types")
	}
	if f.key == "" {
		d.warn(at, "", "the flag has no key: nobody can ask for it")
	}
}

// keep puts a flag among the rules. Of several with one key the one of the last flag set counts, in
// the order of their names, and of one set the last.
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

func (d *decoder) warnAll(at place, below string, c *compiler) {
	for _, problem := range c.problems {
		d.warn(at, below, "%s: where it is reached, the evaluation fails", problem)
	}
	for _, forbidden := range c.forbidden {
		d.warn(at, below, "%s: the schema forbids it", forbidden)
	}
}

// full reports whether no more warnings are kept, of the flag at hand or at all.
func (d *decoder) full() bool {
	return d.ofFlag >= mostOfFlag || len(d.rules.warnings) > mostWarnings
}

func (d *decoder) warn(at place, below, format string, arguments ...any) {
	if d.full() {
		return
	}
	d.ofFlag++
	if len(d.rules.warnings) == mostWarnings {
		d.rules.warnings = append(d.rules.warnings, &becket.DocumentError{Message: "there are further warnings"})
		return
	}
	d.rules.warnings = append(d.rules.warnings, d.located(at.problem(below, format, arguments...)))
}

// syntaxError makes an error of encoding/json one of the document.
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
