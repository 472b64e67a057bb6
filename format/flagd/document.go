package flagd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
)

// definition is a document's top level. Names match as encoding/json matches them, in flagd too: whatever their case.
type definition struct {
	Flags      json.RawMessage            `json:"flags"`
	Metadata   json.RawMessage            `json:"metadata"`
	Evaluators map[string]json.RawMessage `json:"$evaluators"`
}

// flagDefinition is a flag.
type flagDefinition struct {
	Key            string                     `json:"key"`
	State          string                     `json:"state"`
	DefaultVariant string                     `json:"defaultVariant"`
	Variants       map[string]json.RawMessage `json:"variants"`
	Targeting      json.RawMessage            `json:"targeting"`
	Source         string                     `json:"source"`
	Metadata       map[string]any             `json:"metadata"`
}

// decoder is the state of decoding one document.
type decoder struct {
	rules      *rules
	metadata   map[string]any
	evaluators map[string]*node
	digests    map[string]uint64 // of the evaluators
	sets       map[string]string // of each flag of an array, the flag set it came from
}

// mostWarnings is how many warnings are kept of one document.
const mostWarnings = 1000

func decode(document []byte, v3 bool) (*rules, error) {
	var top definition
	if err := json.Unmarshal(bytes.TrimPrefix(document, []byte("\xef\xbb\xbf")), &top); err != nil {
		return nil, located(document, "", err)
	}
	d := &decoder{
		rules:      &rules{flags: map[string]*flag{}, v3: v3},
		evaluators: map[string]*node{},
		digests:    map[string]uint64{},
		sets:       map[string]string{},
	}
	if len(top.Metadata) > 0 {
		if err := json.Unmarshal(top.Metadata, &d.metadata); err != nil {
			return nil, located(nil, "metadata", err)
		}
	}
	if err := d.compileEvaluators(top.Evaluators); err != nil {
		return nil, err
	}
	if err := d.flags(top.Flags); err != nil {
		return nil, err
	}
	d.rules.keys = slices.Sorted(maps.Keys(d.rules.flags))
	return d.rules, nil
}

// compileEvaluators compiles the shared rules, each for itself.
func (d *decoder) compileEvaluators(evaluators map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(evaluators)) {
		path := member("$evaluators", name)
		const shortest = len("{ }")
		if len(evaluators[name]) < shortest {
			return &becket.DocumentError{Path: path, Message: "the evaluator is empty"}
		}
		var rule any
		if err := json.Unmarshal(evaluators[name], &rule); err != nil {
			return located(nil, path, err)
		}
		c := compiler{v3: d.rules.v3}
		n := c.compile(rule)
		d.evaluators[name] = &n
		d.digests[name] = digest(rule)
		d.warnAll(path, c.problems)
	}
	return nil
}

// flags decodes the flags, which are an object or, for the daemon, an array of flags with their keys.
func (d *decoder) flags(raw json.RawMessage) error {
	switch {
	case len(raw) == 0:
		return &becket.DocumentError{Message: `the document has no "flags"`}
	case raw[0] == '[':
		return d.flagArray(raw)
	}
	var definitions map[string]json.RawMessage
	if err := json.Unmarshal(raw, &definitions); err != nil {
		return located(nil, "flags", err)
	}
	for _, key := range slices.Sorted(maps.Keys(definitions)) {
		path := member("flags", key)
		var f flagDefinition
		if err := json.Unmarshal(definitions[key], &f); err != nil {
			return located(nil, path, err)
		}
		f.Key = key
		if err := d.flag(path, &f); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) flagArray(raw json.RawMessage) error {
	var definitions []json.RawMessage
	if err := json.Unmarshal(raw, &definitions); err != nil {
		return located(nil, "flags", err)
	}
	for i := range definitions {
		path := "flags[" + strconv.Itoa(i) + "]"
		var f flagDefinition
		if err := json.Unmarshal(definitions[i], &f); err != nil {
			return located(nil, path, err)
		}
		if err := d.flag(path, &f); err != nil {
			return err
		}
	}
	return nil
}

// flag compiles a flag and puts it among the rules.
func (d *decoder) flag(path string, def *flagDefinition) error {
	f := &flag{key: def.Key, disabled: def.State == "DISABLED"}
	values, err := d.variants(path, f, def)
	if err != nil {
		return err
	}
	f.metadata = d.overlay(path, def.Metadata)
	var rule any
	if len(def.Targeting) > 0 {
		if err := json.Unmarshal(def.Targeting, &rule); err != nil {
			return located(nil, path+".targeting", err)
		}
	}
	f.behaviour = digest([]any{def.State == "DISABLED", def.DefaultVariant, values, rule, len(def.Targeting) > 0})
	if empty, ok := rule.(map[string]any); len(def.Targeting) > 0 && (!ok || len(empty) > 0) {
		c := compiler{evaluators: d.evaluators, v3: d.rules.v3}
		n := c.compile(rule)
		f.targeting = &n
		for _, name := range c.used {
			f.behaviour += d.digests[name]
		}
		d.warnAll(path+".targeting", c.problems)
	}
	f.definition = f.behaviour + digest(f.metadata)
	d.check(path, f, def)
	d.keep(path, f)
	return nil
}

// variants decodes a flag's variants and finds its default among them.
func (d *decoder) variants(path string, f *flag, def *flagDefinition) (values map[string]any, err error) {
	values = make(map[string]any, len(def.Variants))
	f.variants = make([]variant, 0, len(def.Variants))
	for _, name := range slices.Sorted(maps.Keys(def.Variants)) {
		var value any
		if err := json.Unmarshal(def.Variants[name], &value); err != nil {
			return nil, located(nil, member(path+".variants", name), err)
		}
		values[name] = value
		f.variants = append(f.variants, newVariant(name, value))
	}
	if len(f.variants) > mostScanned {
		f.places = make(map[string]int, len(f.variants))
		for i := range f.variants {
			f.places[f.variants[i].served.Name] = i
		}
	}
	f.kind = kindOf(f.variants)
	if def.DefaultVariant == "" {
		return values, nil
	}
	if f.fallback = f.named(def.DefaultVariant); f.fallback == nil {
		message := fmt.Sprintf("the default variant %q is no variant of the flag", def.DefaultVariant)
		return nil, &becket.DocumentError{Path: path + ".defaultVariant", Message: message}
	}
	return values, nil
}

// overlay puts a flag's metadata over the document's. An entry that is null then is left out.
func (d *decoder) overlay(path string, own map[string]any) map[string]any {
	merged := map[string]any{}
	for _, metadata := range []map[string]any{d.metadata, own} {
		maps.Copy(merged, metadata)
	}
	for name, value := range merged {
		switch v := value.(type) {
		case bool, string:
		case float64:
			merged[name] = becket.FloatValue(v).Any()
		case nil:
			delete(merged, name)
		default:
			delete(merged, name)
			d.warn(member(path+".metadata", name), "neither text, number nor boolean: it is left out")
		}
	}
	return merged
}

// check warns of what the schema forbids and flagd reads all the same.
func (d *decoder) check(path string, f *flag, def *flagDefinition) {
	if def.State != "ENABLED" && def.State != "DISABLED" {
		d.warn(path+".state", fmt.Sprintf("%q counts as ENABLED", def.State))
	}
	if len(f.variants) == 0 {
		d.warn(path+".variants", "there are none")
	}
	for i := range f.variants {
		switch v := &f.variants[i]; v.kind {
		case becket.KindAny:
			d.warn(member(path+".variants", v.served.Name), "null is no value: whoever is served it gets the default")
		case becket.KindList:
			d.warn(member(path+".variants", v.served.Name), "a list is no object: whoever asks for one gets the default")
		}
	}
	if f.kind == becket.KindAny && len(f.variants) > 0 {
		d.warn(path+".variants", "the values are of several types")
	}
	if f.key == "" {
		d.warn(path, "the flag has no key: nobody can ask for it")
	}
}

// keep puts a flag among the rules. Of several with one key the one of the last flag set counts, in the order of their names, and of
// one set the last.
func (d *decoder) keep(path string, f *flag) {
	if f.key == "" {
		return
	}
	set, _ := f.metadata["flagSetId"].(string)
	if before, twice := d.sets[f.key]; twice {
		d.warn(path, fmt.Sprintf("the key %q stands twice", f.key))
		if set < before {
			return
		}
	}
	d.sets[f.key] = set
	d.rules.flags[f.key] = f
}

func (d *decoder) warnAll(path string, problems []string) {
	for _, problem := range problems {
		d.warn(path, problem+": where it is reached, the evaluation fails")
	}
}

func (d *decoder) warn(path, message string) {
	switch n := len(d.rules.warnings); {
	case n == mostWarnings:
		path, message = "", "there are further warnings"
	case n > mostWarnings:
		return
	}
	d.rules.warnings = append(d.rules.warnings, &becket.DocumentError{Path: path, Message: message})
}

// located makes an error of encoding/json one of the document. The line is known for errors of syntax, which come from the document
// itself.
func located(document []byte, path string, err error) error {
	located := &becket.DocumentError{Path: path, Message: "not a flagd document: " + strings.TrimPrefix(err.Error(), "json: ")}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && document != nil {
		before := document[:min(int(syntax.Offset), len(document))]
		located.Line = bytes.Count(before, []byte("\n")) + 1
		located.Column = max(len(before)-bytes.LastIndexByte(before, '\n')-1, 1)
		located.Message = "not valid JSON: " + syntax.Error()
	}
	return located
}

// member writes a path, with quotation marks around a name that is no identifier.
func member(path, name string) string {
	for i, r := range name {
		letter := r == '_' || r == '-' && i > 0 || r|0x20 >= 'a' && r|0x20 <= 'z' || i > 0 && r >= '0' && r <= '9'
		if !letter {
			return path + "[" + strconv.Quote(name) + "]"
		}
	}
	if name == "" {
		return path + `[""]`
	}
	return path + "." + name
}
