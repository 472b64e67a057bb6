package native

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/internal/match"
)

// longestShown is the greatest length of a value that messages repeat, in bytes.
const longestShown = 80

// fillings returns the parts of the document that replace words with a dollar sign in remedies:
// $name is the name of the field that was found, and the others are its value in the form that is
// needed, or an example if the value does not have that form.
var fillings = map[string]func(name string, v foundValue) string{
	"name":       func(name string, _ foundValue) string { return strconv.Quote(match.Brief(name)) },
	"raw":        func(_ string, v foundValue) string { return v.raw() },
	"condition":  func(_ string, v foundValue) string { return v.condition() },
	"conditions": func(_ string, v foundValue) string { return v.conditions() },
	"segments":   func(_ string, v foundValue) string { return v.segments() },
	"variant":    func(_ string, v foundValue) string { return v.variant() },
	"variants":   func(_ string, v foundValue) string { return v.list(`["on"]`) },
	"list":       func(_ string, v foundValue) string { return v.list(`["DE"]`) },
	"text":       func(_ string, v foundValue) string { return v.text(`"staff"`) },
	"like":       func(_ string, v foundValue) string { return v.like() },
	"version":    func(_ string, v foundValue) string { return unquoted([]byte(v.text(`"2.1.0"`))) },
	"days":       func(_ string, v foundValue) string { return v.days() },
	"steps":      func(_ string, v foundValue) string { return v.steps() },
	"split":      func(_ string, v foundValue) string { return v.split() },
	"share":      func(_ string, v foundValue) string { return v.share("20") },
	"weight":     func(_ string, v foundValue) string { return v.share("50") },
	"number":     func(_ string, v foundValue) string { return v.number("18") },
	"range":      func(_ string, v foundValue) string { return v.limits() },
	"switch":     func(_ string, v foundValue) string { return v.word(`"on"`, `"off"`) },
	"enabled":    func(_ string, v foundValue) string { return v.word("true", "false") },
	"instant":    func(_ string, v foundValue) string { return v.converted(asInstant, `"2026-12-01T00:00:00Z"`) },
	"date":       func(_ string, v foundValue) string { return v.converted(asDate, `"2027-02-01"`) },
	"clock":      func(_ string, v foundValue) string { return v.converted(asClock, `"09:00"`) },
}

// fillIn replaces the words with a dollar sign in a remedy; see [fillings].
func fillIn(advice, name string, raw []byte) string {
	v := foundValueOf(raw)
	for from := 0; ; {
		at := strings.IndexByte(advice[from:], '$')
		if at < 0 {
			return advice
		}
		at += from
		end := at + 1
		for end < len(advice) && advice[end] >= 'a' && advice[end] <= 'z' {
			end++
		}
		filling := fillings[advice[at+1:end]](name, v)
		advice = advice[:at] + filling + advice[end:]
		from = at + len(filling)
	}
}

// foundValue is the JSON text of a value in a document. It is empty for a long value.
type foundValue string

// foundValueOf returns a value as messages show it: on one line, with a space after each comma and
// colon. The result is empty if a character of the value cannot be printed.
func foundValueOf(raw []byte) foundValue {
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		value := jsontext.Value(slices.Clone(raw))
		options := []jsontext.Options{
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true),
			jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true),
		}
		if value.Format(options...) != nil {
			return ""
		}
		raw = value
	}
	for _, c := range string(raw) {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ""
		}
	}
	return foundValue(raw)
}

func (v foundValue) written() Written {
	if v == "" {
		return Written{}
	}
	return Written{Raw: []byte(v)}
}

func (v foundValue) begins(with byte) bool { return len(v) > 0 && v[0] == with }

func (v foundValue) isText() bool { return v.begins('"') }

func (v foundValue) isScalar() bool { return len(v) > 0 && v[0] != '{' && v[0] != '[' && v != "null" }

// raw returns the value itself.
func (v foundValue) raw() string {
	if v == "" {
		return "…"
	}
	return string(v)
}

// list returns a list as it is, and a scalar as a list with one element.
func (v foundValue) list(example string) string {
	switch {
	case v.begins('[') && !strings.ContainsAny(string(v[1:]), "{[") && v != "[]":
		return string(v)
	case v.isScalar():
		return "[" + string(v) + "]"
	default:
		return example
	}
}

// text returns a text, or the first text of a list.
func (v foundValue) text(example string) string {
	if v.isText() {
		return string(v)
	}
	if v.begins('[') && v[1] == '"' {
		return string(v[1:scalarEnd([]byte(v), 1)])
	}
	return example
}

// like returns the operator for a text with wildcards at its ends.
func (v foundValue) like() string {
	const wildcards = "%*"
	pattern := unquoted([]byte(v.text(`"example"`)))
	text := strings.Trim(pattern, wildcards)
	operator := "contains"
	switch {
	case text == pattern:
	case strings.HasSuffix(pattern, text):
		operator = "ends_with"
	case strings.HasPrefix(pattern, text):
		operator = "starts_with"
	}
	return strconv.Quote(operator) + ": " + strconv.Quote(text)
}

// variant returns the name of a variant; true and false stand for "on" and "off".
func (v foundValue) variant() string {
	if v.isText() {
		return string(v)
	}
	return v.word(`"on"`, `"off"`)
}

// word returns one of two words for a value that says yes or no.
func (v foundValue) word(yes, no string) string {
	text := string(v)
	if v.isText() {
		text = unquoted([]byte(v))
	}
	if asBoolean(text) == "false" {
		return no
	}
	return yes
}

func (v foundValue) number(example string) string {
	switch {
	case v.isText():
		if number := asNumber(unquoted([]byte(v))); number != "" {
			return number
		}
	case len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9'):
		return string(v)
	}
	return example
}

// share returns a number from 0 to 100.
func (v foundValue) share(example string) string {
	written := v.number(example)
	if number, err := strconv.ParseFloat(written, 64); err != nil || number < 0 || number > 100 {
		return example
	}
	return written
}

// condition returns an object with a field that only conditions have.
func (v foundValue) condition() string {
	if v.isCondition() {
		return string(v)
	}
	return `{"attribute": "country", "in": ["DE"]}`
}

func (v foundValue) isCondition() bool {
	if !v.begins('{') {
		return false
	}
	w := v.written()
	for _, field := range []string{"attribute", "segment", "flag", "all", "any", "not"} {
		if w.Field(field).IsThere() {
			return true
		}
	}
	return false
}

// conditions returns a list of conditions.
func (v foundValue) conditions() string {
	if v.begins('[') && v[1] == '{' {
		return string(v)
	}
	return "[" + v.condition() + "]"
}

// segments returns a list of conditions, one for each text.
func (v foundValue) segments() string {
	texts := v.written().Texts()
	if len(texts) == 0 {
		texts = []string{"staff", "testers"}
	}
	conditions := make([]string, len(texts))
	for i, text := range texts {
		conditions[i] = `{"segment": ` + strconv.Quote(text) + `}`
	}
	return "[" + strings.Join(conditions, ", ") + "]"
}

// limits returns the operators for a list of two numbers.
func (v foundValue) limits() string {
	numbers := []string{}
	for element := range v.written().Elements() {
		if number := foundValue(element.Raw).number(""); number != "" {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) != 2 {
		numbers = []string{"18", "30"}
	}
	return `"gte": ` + numbers[0] + `, "lte": ` + numbers[1]
}

func (v foundValue) steps() string {
	if v.begins('[') && v[1] == '{' {
		return string(v)
	}
	return `[{"at": "2026-12-01T00:00:00Z", "percent": 10}]`
}

func (v foundValue) split() string {
	if v.begins('{') && v != "{}" {
		return string(v)
	}
	return `{"red": 50, "blue": 50}`
}

// days returns a list of days, each in the way in which documents write it.
func (v foundValue) days() string {
	const example = `["mon", "fri"]`
	texts := v.written().Texts()
	if len(texts) == 0 {
		return example
	}
	for i, text := range texts {
		if texts[i] = asDay(text); texts[i] == "" {
			return example
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// converted returns a text after a conversion.
func (v foundValue) converted(convert func(text string) string, example string) string {
	if v.isText() {
		if written := convert(unquoted([]byte(v))); written != "" {
			return written
		}
	}
	return example
}

// layouts lists the ways to write dates and times that have one meaning only. Texts with a slash
// between day and month do not.
var layouts = []string{
	time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02 15:04:05Z07:00", time.RFC3339,
	"2006/1/2", "2006/1/2 15:04", "20060102", "2.1.2006", "2.1.2006 15:04", "2.1.2006 15:04:05",
	"2 January 2006", "2 Jan 2006", "January 2, 2006", "Jan 2, 2006", "2006-1-2",
}

func parseTime(text string) (time.Time, bool) {
	if len(text) > longestShown {
		return time.Time{}, false
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// asInstant returns a date or a time as a JSON text of RFC 3339, or "". A time without an offset is
// in UTC.
func asInstant(text string) string {
	at, ok := parseTime(text)
	if !ok {
		return ""
	}
	return strconv.Quote(at.Format(time.RFC3339))
}

// asDate returns the date as a JSON text, or "".
func asDate(text string) string {
	at, ok := parseTime(text)
	if !ok {
		return ""
	}
	return strconv.Quote(at.Format(time.DateOnly))
}

// asClock returns a time of day as a JSON text, or "".
func asClock(text string) string {
	if len(text) > longestShown {
		return ""
	}
	text = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	for _, layout := range []string{"15:04", "15:04:05", "15.04", "3:04PM", "3PM", "15"} {
		if at, err := time.Parse(layout, text); err == nil {
			return strconv.Quote(at.Format("15:04"))
		}
	}
	return ""
}

// asDay returns the day of the week as a JSON text, or "".
func asDay(text string) string {
	lower := strings.ToLower(text)
	for day, word := range match.DayWords {
		if lower == word || lower == strings.ToLower(time.Weekday(day).String()) {
			return strconv.Quote(word)
		}
	}
	return ""
}

// asNumber returns a number that was written as a text, perhaps with a decimal comma or a percent
// sign, as JSON writes it. It returns "" if the text may mean another number.
func asNumber(text string) string {
	if len(text) > longestShown {
		return ""
	}
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if before, after, comma := strings.Cut(text, ","); comma {
		if len(after) == 3 {
			return "" // the comma may separate thousands
		}
		text = before + "." + after
	}
	if number := jsontext.Value(text); number.Kind() != '0' || !number.IsValid() {
		return ""
	}
	return text
}

// meaning returns "date" or "version" for a text that is one, or else "".
func meaning(text string) string {
	if _, isDate := parseTime(text); isDate {
		return "date"
	}
	if strings.Count(text, ".") > 1 && strings.Trim(text, "0123456789.") == "" {
		return "version"
	}
	return ""
}

// asBoolean returns a word for yes or no as JSON writes it, or "".
func asBoolean(text string) string {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1", "enabled", "active", "y":
		return "true"
	case "false", "no", "off", "0", "disabled", "inactive", "n":
		return "false"
	default:
		return ""
	}
}
