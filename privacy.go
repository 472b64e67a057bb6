package becket

import "strings"

// Private replaces the value of a private attribute; see [WithPrivateAttributes].
const Private = "***"

// privacy holds the names of attributes whose values must not leave the client. A nil privacy hides
// nothing.
type privacy struct {
	names map[string]bool
}

func newPrivacy(names []string) *privacy {
	if len(names) == 0 {
		return nil
	}
	p := &privacy{names: map[string]bool{}}
	for _, name := range names {
		p.names[name] = true
	}
	return p
}

// hides reports whether an attribute is private, by its own name or by the name of a map that
// contains it.
func (p *privacy) hides(name string) bool {
	if p == nil {
		return false
	}
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if p.names[name[:end]] {
			return true
		}
	}
	return false
}

// text returns a copy of an attribute's text, or Private if the attribute is private.
func (p *privacy) text(name, text string) string {
	if p.hides(name) {
		return Private
	}
	return strings.Clone(text)
}

// of returns the names of a subject's private attributes.
func (p *privacy) of(subject *Subject) map[string]bool {
	if p == nil {
		return nil
	}
	names := map[string]bool{}
	if p.hides(keyName) {
		names[keyName] = true
	}
	for name := range subject.All {
		if p.hides(name) {
			names[name] = true
		}
	}
	return names
}

// clone copies a subject with everything that it refers to, and replaces the values of private
// attributes.
func (p *privacy) clone(subject *Subject) Subject {
	c := subject.clone()
	if p == nil {
		return c
	}
	attributes := c.list()
	for i := range attributes {
		if name := attributes[i].named(); p.hides(name) {
			attributes[i] = String(name, Private)
		}
	}
	if c.Key() != "" && p.hides(keyName) {
		return NewSubject(Private, attributes...)
	}
	return c
}
