package native

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/becketflags/becket/internal/match"
)

// mistake is the place and the form of a mistake in [remedies].
type mistake struct{ in, found string }

// adviceFor has the table of remedies in the form that is searched. It is made when the first
// problem occurs.
var adviceFor = sync.OnceValue(func() map[mistake]string {
	advice := map[mistake]string{}
	for _, r := range remedies {
		for in := range strings.FieldsSeq(r.in) {
			for found := range strings.FieldsSeq(r.found) {
				advice[mistake{in, bare(found)}] = r.advice
			}
		}
	}
	return advice
})

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// bare returns a name without the differences between ways to write it: startsWith, starts-with and
// starts_with are the same.
func bare(name string) string {
	if len(name) > 1 && strings.IndexByte("-=<", name[0]) >= 0 {
		return name // the form of another mistake, or an operator
	}
	if strings.ContainsAny(name, "_- ") {
		name = separators.Replace(name)
	}
	return strings.ToLower(name)
}

// longestName is the greatest length of a name that a remedy repeats, in bytes; see [match.Brief].
const longestName = 40

// remedyOf returns the advice for a mistake at the present path, as the end of a message, or "".
// raw is the value that was found.
func (r *reader) remedyOf(found, name string, raw []byte) string {
	if r.full() || len(name) > longestName {
		return ""
	}
	advice := adviceFor()[mistake{r.role(), found}]
	if advice == "" {
		return ""
	}
	return ": " + fillIn(advice, name, raw)
}

// missing returns the advice for a missing field of the object at the present path.
func (r *reader) missing(field string) string { return r.remedyOf("-"+field, "", nil) }

// insteadOf returns the advice for an unknown field of the object at the present path: a remedy of
// its own, a field with nearly the same name, or the remedy for any other name. The reader is at
// the field's value. known lists the fields that the object has.
func (r *reader) insteadOf(name string, known []string) string {
	if r.full() {
		return ""
	}
	raw := r.next()
	if advice := r.remedyOf(bare(name), name, raw); advice != "" {
		return advice
	}
	if advice := straightQuotes(name); advice != "" {
		return advice
	}
	if suggestion := r.suggest(name, known); suggestion != "" || r.role() == "condition" {
		return suggestion // any other name in a condition needs a closer look
	}
	return r.remedyOf("*", name, raw)
}

// insteadOfDefault returns the advice for a flag without a default: its first variant in the
// document.
func (r *reader) insteadOfDefault(d *Flag) string {
	first := slices.MinFunc(d.Variants, func(a, b Variant) int { return cmp.Compare(a.At, b.At) })
	return r.remedyOf("-default", "", []byte(strconv.Quote(match.Brief(first.Name))))
}

// insteadOfVariants returns the advice for a text where variants are expected.
func (r *reader) insteadOfVariants(w Written) string {
	return instead(converted(w.Raw, w.Raw[0], kindWords['[']), "")
}

// straightQuotes returns the advice for a name with curly quotes, or "".
func straightQuotes(name string) string {
	if !strings.ContainsAny(name, curlyQuotes) {
		return ""
	}
	return instead(strconv.Quote(strings.Trim(match.Brief(name), curlyQuotes)), "")
}

// instead returns the advice to write something else, or another text if that is "".
func instead(written, otherwise string) string {
	if written == "" {
		return otherwise
	}
	return ": write " + written
}

// next returns the bytes of the next value, or nil if they are too many for a message.
func (r *reader) next() []byte {
	if end, _, _ := span(r.document, r.at); end-r.at <= longestShown {
		return r.document[r.at:end]
	}
	return nil
}

// foundWords has the forms of mistakes by the first bytes of values.
var foundWords = map[byte]string{
	'n': "<null>", 't': "<boolean>", '"': "<text>", '0': "<number>", '{': "<object>", '[': "<array>",
}

// insteadOfKind returns the advice for the next value, which should be of another kind.
func (r *reader) insteadOfKind(expected string) string {
	if r.full() {
		return ""
	}
	raw, found := r.next(), r.kind()
	if advice := r.remedyOf(foundWords[found], "", raw); advice != "" {
		return advice
	}
	if written := converted(raw, found, expected); written != "" || found != '"' {
		return instead(written, "")
	}
	return r.remedyOf("="+meaning(unquoted(raw)), "", raw)
}

// converted returns a scalar as a value of the kind that is expected, or "" if its meaning is not
// certain. raw is empty for a long value, and found is the kind of the value.
func converted(raw []byte, found byte, expected string) string {
	switch {
	case len(raw) == 0, found == '{', found == '[', found == 'n':
		return ""
	case expected == kindWords['"']:
		return `"` + string(raw) + `"`
	case expected == kindWords['0'] && found == '"':
		return asNumber(unquoted(raw))
	case expected == kindWords['t'] && found == '"':
		return asBoolean(unquoted(raw))
	case expected == kindWords['t']:
		return asBoolean(string(raw))
	case expected == kindWords['['] && found == '"':
		return foundValueOf(raw).list("")
	default:
		return ""
	}
}

// roles has the meanings of fields that have one meaning in every object.
var roles = map[string]string{
	"if": "condition", "not": "condition", "all[]": "condition", "any[]": "condition",
	"default": "serve", "serve": "serve",
	"from": "instant", "until": "instant", "at": "instant", "before": "instant", "after": "instant",
}

// role returns the meaning of the place that the path leads to: "document", "flags.*" or
// "segments.*" for a definition, "condition", "serve" or "instant", or else the name of the field,
// with "[]" for an element of it.
func (r *reader) role() string {
	const definition = 2 // length of the path of a flag or segment
	depth := len(r.path)
	switch {
	case depth == 0:
		return "document"
	case depth == definition:
		return r.path[0].name + ".*"
	case depth == definition+2 && slices.Contains([]string{"variants", "metadata"}, r.path[definition].name),
		depth > definition && r.path[depth-2].name == "split":
		return "" // the document chooses the name
	}
	last := r.path[depth-1]
	name := last.name
	if last.isElement {
		name = r.path[depth-2].name + "[]"
	}
	switch {
	case r.path[max(depth-2, 0)].name == "layer" && (name == "from" || name == "to"):
		return "percent"
	case r.path[max(depth-2, 0)].name == "every" && (name == "from" || name == "until"):
		return "clock"
	}
	if role, ok := roles[name]; ok {
		return role
	}
	return name
}
