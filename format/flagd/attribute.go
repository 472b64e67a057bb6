package flagd

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/becketflags/becket"
)

// attribute looks up a path in the subject. full is the path with its dots.
func (e *evaluation) attribute(parts []string, full string) datum {
	if len(parts) == 0 {
		return e.everything()
	}
	if !e.lookUpSubject() {
		return datum{}
	}
	root, rest := parts[0], parts[1:]
	switch {
	case root == flagdName:
		return e.properties(rest)
	case root == targetingKeyName && e.subject.Key() != "":
		if len(rest) > 0 {
			return datum{}
		}
		return e.text(e.subject.Key())
	}
	if v, ok := e.subject.Entry("", root); ok {
		return e.value(v, rest)
	}
	if v, ok := e.subject.Entry(root, full); ok {
		return e.value(v, nil)
	}
	if !e.spend(len(parts)) {
		return datum{}
	}
	for end := len(full) - 1; end >= len(root); end-- { // a shorter path may lead to a list
		if full[end] != '.' {
			continue
		}
		if !e.lookUpSubject() {
			return datum{}
		}
		if v, ok := e.subject.Entry(root, full[:end]); ok {
			return e.value(v, strings.Split(full[end+1:], "."))
		}
	}
	return e.rebuild(root, full)
}

// value converts an attribute and follows the rest of a path in it. It copies a list or an object.
func (e *evaluation) value(v becket.Value, rest []string) datum {
	switch v.Kind() {
	case becket.KindList:
		if !e.spend(v.Len()) {
			return datum{}
		}
		elements := make([]datum, v.Len())
		for i := range elements {
			elements[i] = e.own(e.scalar(v.At(i)))
		}
		return descend(list(elements), rest)
	case becket.KindObject:
		raw := v.Raw()
		if !e.spend(len(raw) / 4) {
			return datum{}
		}
		if !json.Valid(raw) {
			return datum{}
		}
		decoded, err := parse(raw)
		if err != nil {
			return datum{}
		}
		return descend(decoded, rest)
	}
	if len(rest) > 0 {
		return datum{}
	}
	return e.scalar(v)
}

// scalar is [scalarOf], and counts the steps.
func (e *evaluation) scalar(v becket.Value) datum {
	if v.Kind() == becket.KindString {
		return e.text(v.Text())
	}
	return scalarOf(v)
}

// text counts the steps of reading a text of the subject, which is searched for bytes that are not
// UTF-8.
func (e *evaluation) text(s string) datum {
	if !e.read(len(s)) {
		return datum{}
	}
	if !utf8.ValidString(s) && !e.spend(len(s)/4) {
		return datum{}
	}
	return text(validText(s))
}

// properties returns the part of the data that comes from flagd itself.
func (e *evaluation) properties(rest []string) datum {
	switch {
	case len(rest) == 0:
		if !e.spend(8) {
			return datum{}
		}
		return object(map[string]datum{flagKeyName: text(e.key), timestampName: number(e.timestamp())})
	case len(rest) == 1 && rest[0] == flagKeyName:
		return text(e.key)
	case len(rest) == 1 && rest[0] == timestampName:
		return number(e.timestamp())
	default:
		return datum{}
	}
}

// timestamp reads the clock at most once in an evaluation, and only if a rule uses the time.
func (e *evaluation) timestamp() float64 {
	if !e.timed {
		e.now, e.timed = e.at.Now().Unix(), true
	}
	return float64(e.now)
}
