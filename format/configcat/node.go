package configcat

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// node is a JSON value of the document. Values of the wrong type are kept too, so that they cause
// an error only if an evaluation reaches them. The zero node is an absent value.
type node struct {
	kind    jsontext.Kind // 0 for an absent value and for null, which means the same
	name    byte          // the name of an object's member
	text    string        // a string's value, or a number's literal
	members []node        // the members of an object or an array
}

const (
	kindObject = jsontext.KindBeginObject
	kindArray  = jsontext.KindBeginArray
	kindText   = jsontext.KindString
	kindNumber = jsontext.KindNumber
	kindNull   = jsontext.KindNull
)

// Limits of a document.
const (
	maxNesting = 256
	maxNodes   = 4_000_000 // per setting; nodes take far more memory than their text
)

// lenient makes the decoder accept what the SDKs' parsers accept: if two members have the same
// name, the last one counts, and bytes that are not UTF-8 become U+FFFD.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// nodeReader reads nodes one after the other. It keeps only the members of objects that v6 knows,
// all of which have names of one letter.
type nodeReader struct {
	decoder *jsontext.Decoder
	count   int // number of nodes read since the caller set it to 0
	err     error
}

func newNodeReader(document []byte) *nodeReader {
	return &nodeReader{decoder: jsontext.NewDecoder(bytes.NewBuffer(document), lenient...)}
}

func (r *nodeReader) token() (t jsontext.Token) {
	if r.err == nil {
		t, r.err = r.decoder.ReadToken()
	}
	return t
}

func (r *nodeReader) more(end jsontext.Kind) bool {
	return r.err == nil && r.decoder.PeekKind() != end
}

// read reads a value. After maxNodes nodes it skips values; the caller checks the count.
func (r *nodeReader) read() node {
	if r.count++; r.count > maxNodes && r.err == nil {
		r.err = r.decoder.SkipValue()
		return node{}
	}
	t := r.token()
	if r.err != nil {
		return node{}
	}
	n := node{kind: t.Kind()}
	switch n.kind {
	case kindNull:
		n.kind = 0
	case kindText, kindNumber:
		n.text = t.String()
	case kindArray:
		r.elements(&n)
		r.token()
	case kindObject:
		for r.more(jsontext.KindEndObject) {
			r.member(&n)
		}
		r.token()
	}
	return n
}

// elements reads an array up to the first element that is neither a text nor an object with a
// member that v6 defines. An evaluation that reaches this element fails, so the elements after it
// are not kept.
func (r *nodeReader) elements(of *node) {
	for r.more(jsontext.KindEndArray) {
		element := r.read()
		if r.count > maxNodes {
			continue
		}
		if len(of.members) == cap(of.members) {
			// The size is doubled, because append would copy more often.
			of.members = slices.Grow(of.members, max(len(of.members), 1))
		}
		of.members = append(of.members, element)
		if element.kind == kindText || element.kind == kindObject && len(element.members) > 0 {
			continue
		}
		for r.more(jsontext.KindEndArray) {
			r.err = r.decoder.SkipValue()
		}
	}
}

func (r *nodeReader) member(of *node) {
	name := r.token().String()
	if r.err != nil {
		return
	}
	if len(name) != 1 {
		r.err = r.decoder.SkipValue()
		return
	}
	value := r.read()
	value.name = name[0]
	for i := range of.members {
		if of.members[i].name == name[0] {
			of.members[i] = value
			return
		}
	}
	if of.members == nil {
		of.members = make([]node, 0, 4) // most objects have two to four members
	}
	of.members = append(of.members, value)
}

// member returns the member of an object with the given name, or an absent node.
func (n *node) member(name string) *node {
	if n.kind == kindObject {
		for i := range n.members {
			if n.members[i].name == name[0] {
				return &n.members[i]
			}
		}
	}
	return &node{}
}

// there reports whether the node is neither absent nor null.
func (n *node) there() bool { return n.kind != 0 }

// digest returns a number that distinguishes definitions within one process. It does not depend on
// the order of an object's members.
func (n *node) digest() uint64 {
	var h maphash.Hash
	h.SetSeed(digestSeed)
	h.WriteByte(byte(n.kind))
	h.WriteString(n.text)
	var sum uint64
	for i := range n.members {
		m := &n.members[i]
		if n.kind == kindObject {
			sum += maphash.Comparable(digestSeed, [2]uint64{uint64(m.name), m.digest()})
		} else {
			maphash.WriteComparable(&h, m.digest())
		}
	}
	maphash.WriteComparable(&h, sum)
	return h.Sum64()
}

var digestSeed = maphash.MakeSeed()

// checkNesting refuses a document that is nested too deeply, before any recursive function reads
// it.
func checkNesting(document []byte) error {
	depth, inText := 0, false
	for i := 0; i < len(document); i++ {
		switch c := document[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{', c == '[':
			if depth++; depth > maxNesting {
				return fmt.Errorf("becket: the document is nested more than %d deep", maxNesting)
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return nil
}

// syntaxProblem describes the syntax error of a document, without the long path in jsontext's
// message.
func syntaxProblem(err error) error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("becket: not valid JSON at byte %d: %w", syntactic.ByteOffset, syntactic.Err)
	}
	return fmt.Errorf("becket: not valid JSON: %w", err)
}
