package draw

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// readFlagd reads the targeting rules of flag definitions of flagd. As flagd does, it ignores the
// case of members' names.
func readFlagd(document map[string]any) map[string]*question {
	questions := map[string]*question{}
	evaluators := objectOf(member(document, "$evaluators"))
	read := func(key string, flag any) {
		q := newQuestion()
		questions[key] = q
		targeting := member(objectOf(flag), "targeting")
		q.flagd(targeting, evaluators, 0)
		q.shares(targeting)
	}
	flags := member(document, "flags")
	for key, flag := range objectOf(flags) {
		read(key, flag)
	}
	for _, flag := range listOf(flags) {
		read(textOf(member(objectOf(flag), "key")), flag)
	}
	return questions
}

// member returns a member whatever the case of its name.
func member(object map[string]any, name string) any {
	for found, value := range object {
		if strings.EqualFold(found, name) {
			return value
		}
	}
	return nil
}

// joining are the operators whose arguments are conditions or results.
var joining = []string{"if", "?:", "and", "or", "!", "!!"}

// flagd reads a rule: an object with an operator and its arguments, a list of rules, or a literal.
func (q *question) flagd(rule any, evaluators map[string]any, depth int) {
	const deepest = 200
	if depth > deepest {
		q.cannotRead("rules that are nested too deeply")
		return
	}
	for _, element := range listOf(rule) {
		q.flagd(element, evaluators, depth+1)
	}
	object := objectOf(rule)
	for _, operator := range slices.Sorted(maps.Keys(object)) {
		arguments, ok := object[operator].([]any)
		if !ok {
			arguments = []any{object[operator]}
		}
		switch {
		case operator == "$ref":
			q.flagd(evaluators[textOf(object[operator])], evaluators, depth+1)
		case operator == "var":
			if name, ok := variable(rule); ok && q.isPlain(name) {
				q.truthy(name)
			}
		case operator == "fractional":
			for _, argument := range arguments {
				if listOf(argument) != nil { // else it is what is hashed; see shares
					q.flagd(argument, evaluators, depth+1)
				}
			}
		case slices.Contains(joining, operator):
			q.flagd(arguments, evaluators, depth+1)
		default:
			q.comparison(operator, arguments)
		}
	}
}

// truthy adds the values that decide a condition which is only a variable.
func (q *question) truthy(name string) {
	c := q.attribute(name)
	if name != targetingKey {
		c.add(value{attribute: becket.Bool(name, true), text: "true"})
		c.add(value{attribute: becket.Bool(name, false), text: "false"})
	}
}

// variable returns the name of {"var": name} or {"var": [name, default]}.
func variable(rule any) (name string, ok bool) {
	object := objectOf(rule)
	of, there := object["var"]
	if !there || len(object) != 1 {
		return "", false
	}
	if list := listOf(of); len(list) > 0 {
		of = list[0]
	}
	name, ok = of.(string)
	if name == "targetingKey" {
		name = targetingKey
	}
	return name, ok && name != ""
}

// comparison reads an operator that compares a variable with literals.
func (q *question) comparison(operator string, arguments []any) {
	names, literals := []string{}, []any{}
	for _, argument := range arguments {
		if name, ok := variable(argument); ok {
			names = append(names, name)
		} else if objectOf(argument) == nil {
			literals = append(literals, argument)
		}
	}
	if len(names)+len(literals) == len(arguments) && len(names) == 0 {
		return // literals only
	}
	if len(names) != 1 || len(names)+len(literals) != len(arguments) {
		q.cannotRead(fmt.Sprintf("a rule with %q of several values: %s", operator, shown(arguments)))
		return
	}
	if q.isPlain(names[0]) {
		q.operands(q.attribute(names[0]), operator, literals, objectOf(arguments[0]) == nil)
	}
}

// isPlain reports whether a variable is an attribute, and not flagd's own or a part of an object.
func (q *question) isPlain(name string) bool {
	if strings.Contains(name, ".") {
		q.cannotRead("a rule that asks for " + name)
		return false
	}
	return true
}

func shown(rule any) string {
	text, _ := json.Marshal(rule)
	const longest = 80
	return match.Shorten(string(text), longest)
}

// operands adds the literals of a comparison. isPart says that the variable is its second argument.
func (q *question) operands(c *candidates, operator string, literals []any, isPart bool) {
	switch operator {
	case "==", "===", "!=", "!==", "<", "<=", ">", ">=":
		for _, literal := range literals {
			c.literal(literal)
		}
	case "in":
		for _, literal := range literals {
			if text := textOf(literal); text != "" && isPart {
				c.parts[1] = append(c.parts[1], text)
				c.list(text)
				continue
			}
			c.literal(literal)
			for _, element := range listOf(literal) {
				c.literal(element)
			}
		}
	case "starts_with":
		c.parts[0] = append(c.parts[0], textsOf(literals)...)
	case "ends_with":
		c.parts[2] = append(c.parts[2], textsOf(literals)...)
	case "sem_ver":
		for _, text := range textsOf(literals) {
			c.versions(text)
		}
	default:
		q.cannotRead(fmt.Sprintf("attribute %s: the operator %q", c.name, operator))
	}
}

// shares notes the attributes that "fractional" hashes: those of its first argument, unless that is
// a share.
func (q *question) shares(rule any) {
	for _, element := range listOf(rule) {
		q.shares(element)
	}
	for operator, arguments := range objectOf(rule) {
		list := listOf(arguments)
		if operator == "fractional" && len(list) > 0 && listOf(list[0]) == nil {
			q.hash(list[0])
		}
		q.shares(arguments)
	}
}

func (q *question) hash(rule any) {
	if name, ok := variable(rule); ok {
		if !strings.HasPrefix(name, "$flagd") {
			q.hashed[name] = true
		}
		return
	}
	for _, arguments := range objectOf(rule) {
		q.hash(arguments)
	}
	for _, element := range listOf(rule) {
		q.hash(element)
	}
}

// literal adds a literal of JSON.
func (c *candidates) literal(literal any) {
	switch v := literal.(type) {
	case string:
		c.text(v, false)
	case float64:
		c.float(v)
	case bool:
		if c.name != targetingKey {
			c.add(value{attribute: becket.Bool(c.name, v), text: fmt.Sprint(v)})
		}
	}
}

// float adds a bound.
func (c *candidates) float(number any) {
	if f, ok := number.(float64); ok && c.name != targetingKey {
		c.numbers = append(c.numbers, match.FloatNumber(f))
	}
}

// list adds a list of one text.
func (c *candidates) list(text string) {
	if c.name != targetingKey {
		c.add(value{attribute: becket.Strings(c.name, text), text: "[" + text + "]"})
	}
}

func objectOf(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

func textsOf(value any) (texts []string) {
	for _, element := range listOf(value) {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
