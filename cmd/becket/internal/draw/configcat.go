package draw

import (
	"fmt"
	"time"
)

// readConfigCat reads the conditions of a config JSON v6: the members "r" of settings and segments.
func readConfigCat(document map[string]any) map[string]*question {
	questions := map[string]*question{}
	segments := listOf(document["s"])
	for key, setting := range objectOf(document["f"]) {
		q := newQuestion()
		questions[key] = q
		s := objectOf(setting)
		if by := textOf(s["a"]); by != "" {
			q.hashed[configCatName(by)] = true
		}
		for _, rule := range listOf(s["r"]) {
			for _, condition := range listOf(objectOf(rule)["c"]) {
				q.configCat(objectOf(condition), segments)
			}
		}
	}
	return questions
}

// configCat reads a condition: of the user, on a segment, or on another setting.
func (q *question) configCat(condition map[string]any, segments []any) {
	if user, ok := condition["u"]; ok {
		q.configCatUser(objectOf(user))
	}
	if in, ok := condition["s"]; ok {
		index, _ := objectOf(in)["s"].(float64)
		if i := int(index); i >= 0 && i < len(segments) {
			for _, condition := range listOf(objectOf(segments[i])["r"]) {
				q.configCatUser(objectOf(condition))
			}
		}
	}
	if required, ok := condition["p"]; ok {
		q.flags = append(q.flags, textOf(objectOf(required)["f"]))
	}
}

// configCatName returns the name of an attribute; "Identifier" is the targeting key.
func configCatName(name string) string {
	if name == "Identifier" {
		return targetingKey
	}
	return name
}

// configCatUser reads the operand of a user condition by its comparator, as config JSON v6 numbers
// them. Most come in pairs of a comparison and its opposite.
func (q *question) configCatUser(condition map[string]any) {
	name := configCatName(textOf(condition["a"]))
	number, _ := condition["c"].(float64)
	if name == "" {
		return
	}
	c := q.attribute(name)
	texts := textsOf(condition["l"])
	if text := textOf(condition["s"]); text != "" {
		texts = append(texts, text)
	}
	switch comparator := int(number); comparator {
	case 0, 1, 28, 29: // is one of, equals
		for _, text := range texts {
			c.text(text, false)
		}
	case 2, 3: // contains
		c.parts[1] = append(c.parts[1], texts...)
	case 4, 5, 6, 7, 8, 9: // versions
		for _, text := range texts {
			c.versions(text)
		}
	case 10, 11, 12, 13, 14, 15: // numbers
		c.float(condition["d"])
	case 18, 19: // instants, in seconds since 1970
		if seconds, ok := condition["d"].(float64); ok {
			c.instants = append(c.instants, time.UnixMilli(int64(seconds*1000)))
		}
	case 30, 31:
		c.parts[0] = append(c.parts[0], texts...)
	case 32, 33:
		c.parts[2] = append(c.parts[2], texts...)
	case 34, 35: // a list contains one of
		for _, text := range texts {
			c.list(text)
		}
	default:
		q.cannotRead(fmt.Sprintf("attribute %s: its values are hashed, or comparator %d is unknown", name, comparator))
	}
}
