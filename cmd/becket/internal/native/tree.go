// Package native reads native rulesets a second time for tools. Its types keep the document as it
// is written, with the places of all parts. They can only read documents that the library accepts.
package native

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Node is a JSON value and its place.
type Node struct {
	At       int // the offset of its first byte
	Kind     jsontext.Kind
	Text     string // of a text, unquoted; of a number, as written
	Raw      []byte // the value's bytes in the document
	Members  []Member
	Elements []*Node
}

// Member is a member of an object.
type Member struct {
	At    int // of its name
	Name  string
	Value *Node
}

// Member returns the value of the member with that name, or nil. It is safe to call on nil.
func (n *Node) Member(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Name == name {
			return n.Members[i].Value
		}
	}
	return nil
}

// String returns the text of n, or "" if n is not a text.
func (n *Node) String() string {
	if n == nil || n.Kind != '"' {
		return ""
	}
	return n.Text
}

// Texts returns the texts of an array, or a single text that stands in place of an array.
func (n *Node) Texts() (texts []string) {
	if n == nil {
		return nil
	}
	if n.Kind == '"' {
		return []string{n.Text}
	}
	for _, element := range n.Elements {
		texts = append(texts, element.String())
	}
	return texts
}

// Walk calls visit for n and everything below it.
func (n *Node) Walk(visit func(*Node)) {
	if n == nil {
		return
	}
	visit(n)
	for i := range n.Members {
		n.Members[i].Value.Walk(visit)
	}
	for _, element := range n.Elements {
		element.Walk(visit)
	}
}

// parse reads a document as a tree.
func parse(body []byte) (*Node, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	p := parser{body: body, decoder: jsontext.NewDecoder(bytes.NewBuffer(body),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	return p.value()
}

type parser struct {
	body    []byte
	decoder *jsontext.Decoder
}

// here returns the offset of the next token.
func (p *parser) here() int {
	at := int(p.decoder.InputOffset())
	for at < len(p.body) && bytes.IndexByte([]byte(" \t\r\n,:"), p.body[at]) >= 0 {
		at++
	}
	return at
}

func (p *parser) value() (*Node, error) {
	n := &Node{At: p.here(), Kind: p.decoder.PeekKind()}
	var err error
	switch n.Kind {
	case '{':
		err = p.object(n)
	case '[':
		err = p.array(n)
	default:
		var token jsontext.Token
		if token, err = p.decoder.ReadToken(); err == nil {
			n.Text = token.String()
		}
	}
	if err == nil {
		n.Raw = p.body[n.At:p.decoder.InputOffset()]
	}
	return n, err
}

func (p *parser) object(n *Node) error {
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	for p.decoder.PeekKind() == '"' {
		at := p.here()
		name, err := p.decoder.ReadToken()
		if err != nil {
			return err
		}
		text := name.String()
		value, err := p.value()
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{at, text, value})
	}
	_, err := p.decoder.ReadToken()
	return err
}

func (p *parser) array(n *Node) error {
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	for k := p.decoder.PeekKind(); k != ']' && k != jsontext.KindInvalid; k = p.decoder.PeekKind() {
		element, err := p.value()
		if err != nil {
			return err
		}
		n.Elements = append(n.Elements, element)
	}
	_, err := p.decoder.ReadToken()
	return err
}
