package prose

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

const (
	longestText = 60 // bytes of a name or a value that are shown
	longestList = 6  // values of a list that are shown
)

// list joins parts as a sentence does: "a", "a or b", "a, b or c".
func list(parts []string, word string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " " + word + " " + parts[last]
}

// shortList joins the first parts of a list, and says how many more things there are.
func shortList(parts []string, all int, word, thing string) string {
	if len(parts) < all {
		parts = append(parts, fmt.Sprintf("%s other %ss", wording.Thousands(all-len(parts)), thing))
		if all-len(parts)+1 == 1 {
			parts[len(parts)-1] = "1 other " + thing
		}
	}
	return list(parts, word)
}

// Name returns a key, or the name of a rule, a variant or an attribute, for a sentence. Names with
// characters that could be mistaken for parts of the sentence are quoted, and long ones are cut.
func Name(name string) string {
	plain := name != "" && strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:@+", r)
	}) < 0
	name = match.Shorten(name, longestText)
	if plain && !strings.HasSuffix(name, ".") && !strings.HasSuffix(name, ":") {
		return name
	}
	return strconv.Quote(name)
}

func names(all []string) []string {
	shown := make([]string, len(all))
	for i := range all {
		shown[i] = Name(all[i])
	}
	return shown
}

// Line returns a text of a person on one line, without control characters.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// literal returns a value of a list. A text without quotes cannot be mistaken for a number or a
// boolean.
func literal(v native.Value) string {
	if v.Kind != native.Text {
		return fmt.Sprint(v.Any())
	}
	if _, problem := match.ParseNumber(v.Text); problem == "" || v.Text == "true" || v.Text == "false" {
		return strconv.Quote(v.Text)
	}
	return Name(v.Text)
}

// quoted returns a text in quotes.
func quoted(text string) string { return strconv.Quote(match.Shorten(text, longestText)) }

// Number writes a number with all of its digits.
func Number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// percent writes a share as a document does.
func percent(f float64) string { return Number(f) + " %" }

// rounded writes a computed share with at most two digits after the point.
func rounded(f float64) string {
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
	if text == "0" && f > 0 {
		text = "less than 0.01"
	}
	return text + " %"
}

var units = []struct {
	length time.Duration
	name   string
}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}

// duration writes a duration in the largest unit of which it is a multiple.
func duration(d time.Duration) string {
	for _, unit := range units {
		n := int(d / unit.length)
		if d%unit.length != 0 {
			continue
		}
		return wording.Count(n, unit.name)
	}
	return d.String()
}

// instant writes an instant in the time zone in which the document writes it.
func instant(i match.Instant, written native.Written) string {
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(written.Text()))
	if err != nil {
		at = i.Time()
	}
	layout := "2006-01-02 15:04"
	switch {
	case at.Nanosecond() != 0:
		layout += ":05.999999999"
	case at.Second() != 0:
		layout += ":05"
	}
	if _, offset := at.Zone(); offset == 0 {
		return at.UTC().Format(layout) + " UTC"
	}
	return at.Format(layout + " -07:00")
}

// shortInstant is like instant, but leaves out midnight.
func shortInstant(i match.Instant, written native.Written) string {
	date, rest, _ := strings.Cut(instant(i, written), " ")
	if strings.HasPrefix(rest, "00:00 ") {
		return date
	}
	return date + " " + rest
}

// upper returns a sentence that begins with a capital letter.
func upper(sentence string) string {
	for i, r := range sentence {
		return string(unicode.ToUpper(r)) + sentence[i+len(string(r)):]
	}
	return sentence
}

// targetingKey is the name of the targeting key in documents.
const targetingKey = "key"

// by returns the attributes that are hashed.
func by(attributes []string) string {
	if attributes == nil {
		attributes = []string{targetingKey}
	}
	return "by their " + strings.Join(names(attributes), " or else ")
}
