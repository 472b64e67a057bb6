package configcat

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// V6 is the format of config_v6.json.
var V6 becket.Format = v6{}

type v6 struct{}

func (v6) Name() string { return "configcat-v6" }

// maxBad is the greatest number of invalid settings. A document with more is refused, because each
// of them takes memory.
const maxBad = 100_000

// Decode compiles a document. It returns an error if the document is not a JSON object or its
// settings are not an object. All other mistakes cause an error only in evaluations that reach
// them.
func (v6) Decode(document []byte) (becket.Rules, error) {
	if err := limit.Check(document); err != nil {
		return nil, err
	}
	document = bytes.TrimPrefix(document, []byte("\xef\xbb\xbf"))
	if err := checkNesting(document); err != nil {
		return nil, err
	}
	parts, err := split(document)
	if err != nil {
		return nil, err
	}
	c := newCompiler(parts.salt())
	c.segments(newNodeReader(parts.segments))
	if err := c.settings(parts.settings); err != nil {
		return nil, err
	}
	c.link()
	return c.rules(), nil
}

// parts are the members of a document's root as raw JSON. An absent member is "null".
type parts struct{ preferences, segments, settings []byte }

// split reads the whole document once, which also checks its syntax.
func split(document []byte) (p parts, err error) {
	p.preferences, p.segments, p.settings = []byte("null"), []byte("null"), []byte("null")
	r := newNodeReader(document)
	if r.decoder.PeekKind() != kindObject {
		if _, err := r.decoder.ReadToken(); err != nil {
			return p, syntaxProblem(err)
		}
		return p, errors.New("becket: the document is not a JSON object")
	}
	r.token()
	for r.more(jsontext.KindEndObject) {
		name := r.token().String()
		if r.err != nil {
			break
		}
		var value jsontext.Value
		value, r.err = r.decoder.ReadValue()
		end := r.decoder.InputOffset()
		raw := document[end-int64(len(value)) : end]
		switch name {
		case "p":
			p.preferences = raw
		case "s":
			p.segments = raw
		case "f":
			p.settings = raw
		}
	}
	r.token()
	if r.err != nil {
		return p, syntaxProblem(r.err)
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return p, errors.New("becket: not valid JSON: something follows the document")
	}
	return p, nil
}

// salt returns the config's salt, or nil.
func (p *parts) salt() *string {
	preferences := newNodeReader(p.preferences).read()
	if salt := preferences.member("s"); salt.kind == kindText {
		return &salt.text
	}
	return nil
}

// rules is a compiled document.
type rules struct {
	settings map[string]*setting
	listed   []*setting // the settings in the order of the document
	info     becket.RulesInfo
	sorted   func() []*setting // returns the settings in the order of their keys
}

func (c *compiler) rules() *rules {
	r := &rules{settings: c.byKey, listed: c.listed, info: c.info}
	r.info.Flags = len(r.listed)
	r.sorted = sync.OnceValue(func() []*setting {
		byKey := func(a, b *setting) int { return strings.Compare(a.key, b.key) }
		return slices.SortedFunc(slices.Values(r.listed), byKey)
	})
	return r
}

// Flags lists the settings in the order of their keys.
func (r *rules) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		for _, s := range r.sorted() {
			if !yield(s.info()) {
				return
			}
		}
	}
}

// Flag describes one setting.
func (r *rules) Flag(key string) (becket.FlagInfo, bool) {
	s := r.settings[key]
	if s == nil {
		return becket.FlagInfo{}, false
	}
	return s.info(), true
}

// Info describes the document.
func (r *rules) Info() becket.RulesInfo { return r.info }

// info describes the setting. Its variants are its variation ids.
func (s *setting) info() becket.FlagInfo {
	info := becket.FlagInfo{Key: s.key, Kind: s.kind, Enabled: true, Definition: s.digest, Behaviour: s.digest}
	if s.bad {
		info.Err = s.err
		return info
	}
	s.each(func(v *served) bool {
		if v.err == nil && v.variant.Name != "" {
			info.Variants = append(info.Variants, v.variant.Name)
		}
		return true
	})
	slices.Sort(info.Variants)
	info.Variants = slices.Compact(info.Variants)
	return info
}

// each calls visit for each value that the setting can serve, in the order in which ConfigCat's
// SDKs look up variation ids, until visit returns false.
func (s *setting) each(visit func(*served) bool) bool {
	if !visit(&s.served) {
		return false
	}
	for i := range s.rules {
		r := &s.rules[i]
		if r.serves && !visit(&r.served) || !r.serves && !r.options.each(visit) {
			return false
		}
	}
	return s.options.each(visit)
}

func (o *options) each(visit func(*served) bool) bool {
	for i := range o.list {
		if !visit(&o.list[i].served) {
			return false
		}
	}
	return true
}

// Variation returns the flag that serves the variation with the given id, and the variation's
// value. The rules must come from [V6]. It returns false if there is no such variation.
func Variation(of becket.Rules, id string) (flag string, value becket.Value, ok bool) {
	r, _ := of.(*rules)
	if r == nil || id == "" {
		return "", becket.Value{}, false
	}
	for _, s := range r.listed {
		s.each(func(v *served) bool {
			ok = v.err == nil && v.variant.Name == id
			value = v.variant.Value
			return !ok
		})
		if ok {
			return s.key, value, true
		}
	}
	return "", becket.Value{}, false
}
