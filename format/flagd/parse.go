package flagd

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
)

// The syntax of the whole document is checked before anything here reads it, so this code does not
// check it again. Values are read as encoding/json reads them in flagd: if several members have the
// same name, the last one counts, and bytes that are not UTF-8 become U+FFFD.

// rawMember is a member of an object with its value as raw JSON.
type rawMember struct {
	name string
	raw  []byte
}

// space returns the offset of the next byte that is not white space.
func space(s []byte, at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\t' || s[at] == '\n' || s[at] == '\r') {
		at++
	}
	return at
}

// valueEnd returns the end of the value that begins at an offset.
func valueEnd(s []byte, at int) int {
	switch s[at] {
	case '"':
		return textEnd(s, at)
	case '{', '[':
		for depth := 0; ; {
			switch s[at] {
			case '"':
				at = textEnd(s, at)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if at++; depth == 0 {
				return at
			}
		}
	default:
		for at < len(s) && !strings.ContainsRune(" \t\r\n,]}", rune(s[at])) {
			at++
		}
		return at
	}
}

func textEnd(s []byte, at int) int {
	for at++; s[at] != '"'; at++ {
		if s[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// rawElements calls visit for each element of an array, or for each name and each value of an
// object, in their order.
func rawElements(s []byte, visit func(raw []byte) error) error {
	for at := space(s, 1); s[at] != '}' && s[at] != ']'; {
		end := valueEnd(s, at)
		if err := visit(s[at:end]); err != nil {
			return err
		}
		at = space(s, end)
		if s[at] == ',' || s[at] == ':' {
			at = space(s, at+1)
		}
	}
	return nil
}

// rawMembers lists an object's members in the order of their names.
func rawMembers(s []byte) []rawMember {
	count := 0
	_ = rawElements(s, func([]byte) error { count++; return nil })
	members := make([]rawMember, 0, count/2)
	isName := false
	_ = rawElements(s, func(raw []byte) error {
		if isName = !isName; isName {
			members = append(members, rawMember{name: unquote(raw)})
		} else {
			members[len(members)-1].raw = raw
		}
		return nil
	})
	return lastOfEach(members, func(m *rawMember) string { return m.name })
}

// lastOfEach sorts members by their names. If members have the same name, it keeps only the last.
func lastOfEach[T any](members []T, name func(*T) string) []T {
	slices.SortStableFunc(members, func(a, b T) int { return strings.Compare(name(&a), name(&b)) })
	kept := members[:0]
	for i := range members {
		if n := len(kept); n > 0 && name(&kept[n-1]) == name(&members[i]) {
			kept[n-1] = members[i]
		} else {
			kept = append(kept, members[i])
		}
	}
	return kept
}

func unquote(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return validText(string(inner))
	}
	var buffer [64]byte
	// the only error is for bytes that are not UTF-8, and these have been replaced
	unquoted, _ := jsontext.AppendUnquote(buffer[:0], raw)
	return string(unquoted)
}

// parser reads a value. It counts the elements of lists and objects first, so that each gets
// exactly the memory that it needs.
type parser struct {
	s  []byte
	at int
	// numbers of elements of lists and objects, in the order in which the lists and objects begin
	counts []uint32
	err    error
}

// parse reads a value. It returns an error for a number that no float64 can hold.
func parse(s []byte) (datum, error) {
	p := parser{s: s, counts: countElements(s)}
	d := p.value()
	return d, p.err
}

// countElements counts the commas of each list and object, and adds one if there is an element.
func countElements(s []byte) (counts []uint32) {
	var open []int
	for at := 0; at < len(s); {
		switch s[at] {
		case '"':
			at = textEnd(s, at)
			continue
		case '{', '[':
			open = append(open, len(counts))
			counts = append(counts, 0)
			if next := s[space(s, at+1)]; next != '}' && next != ']' {
				counts[len(counts)-1] = 1
			}
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			counts[open[len(open)-1]]++
		}
		at++
	}
	return counts
}

func (p *parser) value() datum {
	p.at = space(p.s, p.at)
	switch start := p.at; p.s[start] {
	case '{':
		return p.object()
	case '[':
		return p.list()
	case '"':
		p.at = textEnd(p.s, start)
		return text(unquote(p.s[start:p.at]))
	case 't':
		p.at += len("true")
		return boolean(true)
	case 'f':
		p.at += len("false")
		return boolean(false)
	case 'n':
		p.at += len("null")
		return datum{}
	default:
		p.at = valueEnd(p.s, start)
		return p.number(p.s[start:p.at])
	}
}

func (p *parser) number(raw []byte) datum {
	const short = 15 // a float64 can hold this many digits exactly
	if len(raw) <= short {
		whole, i := 0, 0
		for i < len(raw) && raw[i]-'0' <= 9 {
			whole = whole*10 + int(raw[i]-'0')
			i++
		}
		if i == len(raw) {
			return number(float64(whole))
		}
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("the number %s is too large", shorten(string(raw)))
	}
	return number(f)
}

// count takes the next count and moves behind the opening bracket.
func (p *parser) count() int {
	n := p.counts[0]
	p.counts = p.counts[1:]
	p.at = space(p.s, p.at+1)
	return int(n)
}

// separator moves behind the comma, the colon or the closing bracket that follows a value.
func (p *parser) separator() { p.at = space(p.s, p.at) + 1 }

var (
	emptyList   = list(nil)
	emptyObject = datum{kind: kindObject, more: &compound{}}
)

func (p *parser) list() datum {
	n := p.count()
	if n == 0 {
		p.separator()
		return emptyList
	}
	elements := make([]datum, n)
	for i := range elements {
		elements[i] = p.value()
		p.separator()
	}
	return list(elements)
}

func (p *parser) object() datum {
	n := p.count()
	if n == 0 {
		p.separator()
		return emptyObject
	}
	pairs := make([]pair, n)
	for i := range pairs {
		start := space(p.s, p.at)
		p.at = textEnd(p.s, start)
		pairs[i].name = unquote(p.s[start:p.at])
		p.separator()
		pairs[i].value = p.value()
		p.separator()
	}
	if n > 1 {
		pairs = lastOfEach(pairs, func(p *pair) string { return p.name })
	}
	return datum{kind: kindObject, more: &compound{pairs: pairs}}
}

// shorten cuts a long text that a message quotes.
func shorten(text string) string { return match.Shorten(text, 60) }
