package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// names assigns identifiers. If several owners want the same identifier, all of them get another
// one. If only the second got a number, a new flag could silently take over the name of an old one.
type names struct {
	owners map[string][]string // the owners that want each identifier
	wanted map[string]string   // the identifier that each owner wants
}

func newNames(reserved ...string) *names {
	n := &names{owners: map[string][]string{}, wanted: map[string]string{}}
	for _, name := range reserved {
		n.owners[name] = []string{""}
	}
	return n
}

// want requests an identifier for an owner. Call it once for each owner.
func (n *names) want(identifier, owner string) {
	n.owners[identifier] = append(n.owners[identifier], owner)
	n.wanted[owner] = identifier
}

// of returns an owner's identifier. Call it after all calls of want.
func (n *names) of(owner string) string {
	identifier := n.wanted[owner]
	if len(n.owners[identifier]) == 1 {
		return identifier
	}
	sum := sha256.Sum256([]byte(owner))
	return identifier + "_" + hex.EncodeToString(sum[:4])
}

// all returns the identifiers of all owners. Call it after all calls of want.
func (n *names) all() (identifiers []string) {
	for owner := range n.wanted {
		identifiers = append(identifiers, n.of(owner))
	}
	return identifiers
}

// initialisms are written in capitals, as in Go.
var initialisms = map[string]bool{
	"api": true, "cpu": true, "css": true, "csv": true, "db": true, "dns": true, "html": true, "http": true,
	"https": true, "id": true, "ip": true, "json": true, "pdf": true, "qps": true, "ram": true, "rpc": true,
	"rps": true, "sdk": true, "sla": true, "sql": true, "ssh": true, "ssl": true, "tcp": true, "tls": true, "ttl": true,
	"udp": true, "ui": true, "uri": true, "url": true, "uuid": true,
	"xml": true,
}

// identifier returns an exported identifier that resembles the key: its letters and digits, with a
// capital at the beginning of each word.
func identifier(key, otherwise string) string {
	name := words(key)
	if first := []rune(name + " ")[0]; !unicode.IsUpper(first) {
		// the name starts with a digit or a letter without capitals, or it is empty
		return otherwise + name
	}
	return name
}

// words returns the letters and digits of a text, with a capital at the beginning of each word.
func words(text string) string {
	between := func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(text, between) {
		if lower := strings.ToLower(word); initialisms[lower] {
			b.WriteString(strings.ToUpper(lower))
			continue
		}
		runes := []rune(word)
		b.WriteRune(unicode.ToUpper(runes[0]))
		b.WriteString(string(runes[1:]))
	}
	return b.String()
}
