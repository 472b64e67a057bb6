package prose

import (
	"strings"

	"github.com/becketflags/becket/internal/native"
)

// predicate returns what a test says about its attribute: "is DE or FR", "is at least 18". With
// negated, it says what holds if the test is false.
func predicate(t *native.Test, negated bool) string {
	switch t.Operator {
	case native.Exists:
		if t.Negated != negated {
			return "is missing"
		}
		return "is known"
	case native.In:
		return within(t, t.Negated != negated)
	case native.Contains, native.StartsWith, native.EndsWith:
		return onText(t, negated)
	default:
		text := single(t)
		if negated {
			return "is known and " + strings.Replace(text, is, "is not ", 1)
		}
		return text
	}
}

const is = "is "

// single returns the words of operators whose negation is "is not".
func single(t *native.Test) string {
	switch t.Operator {
	case native.Matches:
		return "is a text with the pattern " + quoted(t.Written.Text()) + anyCase(t)
	case native.Less:
		return "is below " + t.Number.String()
	case native.LessOrEqual:
		return "is at most " + t.Number.String()
	case native.Greater:
		return "is above " + t.Number.String()
	case native.GreaterOrEqual:
		return "is at least " + t.Number.String()
	case native.Before:
		return "is before " + instant(t.Instant, t.Written)
	case native.After:
		return "is after " + instant(t.Instant, t.Written)
	case native.NewerThan:
		return "is less than " + duration(t.Duration) + " ago"
	case native.OlderThan:
		return "is at least " + duration(t.Duration) + " ago"
	case native.Semver:
		return "is a version in " + quoted(t.Versions.String())
	default: // CIDR
		return "is an address in " + texts(t.Written.Texts(), "network", Name)
	}
}

// within returns the words of in and not_in.
func within(t *native.Test, negated bool) string {
	values := t.List.Values
	shown := make([]string, 0, longestList)
	for i := range values[:min(len(values), longestList)] {
		shown = append(shown, literal(values[i]))
	}
	text := shortList(shown, len(values), "or", "value") + anyCase(t)
	switch {
	case len(values) == 0 && negated:
		return "is known"
	case len(values) == 0:
		return "is in an empty list, so never"
	case negated && len(values) > 1:
		return "is known and is none of " + text
	case negated:
		return "is known and is not " + text
	default:
		return is + text
	}
}

// textWords are the words of the operators on parts of texts.
var textWords = map[native.Operator]struct{ verb, negated string }{
	native.Contains:   {"contains", "contain"},
	native.StartsWith: {"starts with", "start with"},
	native.EndsWith:   {"ends with", "end with"},
}

func onText(t *native.Test, negated bool) string {
	words := textWords[t.Operator]
	operands := texts(t.Texts, "text", quoted) + anyCase(t)
	switch {
	case len(t.Texts) == 0 && negated:
		return "is a text"
	case len(t.Texts) == 0:
		return words.verb + " a text of an empty list, so never"
	case negated:
		return "is known and does not " + words.negated + " " + operands
	default:
		return words.verb + " " + operands
	}
}

// texts joins texts with "or".
func texts(all []string, thing string, show func(string) string) string {
	if len(all) == 0 {
		return "an empty list, so never"
	}
	shown := make([]string, 0, longestList)
	for _, text := range all[:min(len(all), longestList)] {
		shown = append(shown, show(text))
	}
	return shortList(shown, len(all), "or", thing)
}

func anyCase(t *native.Test) string {
	if t.Fold {
		return " in upper or lower case"
	}
	return ""
}
