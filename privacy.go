package becket

import "strings"

// Private is what stands in the place of a private attribute's value.
const Private = "***"

// privacy knows which attributes must not leave the client. A nil one hides nothing.
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

// hides reports whether an attribute is private, by its own name or by that of a map that it came
// from.
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

// text copies an attribute's text, unless the attribute is private.
func (p *privacy) text(name, text string) string {
	if p.hides(name) {
		return Private
	}
	return strings.Clone(text)
}

// of lists the names of a subject's attributes that are private.
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

// clone copies a subject with all that it refers to, and without what is private.
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
