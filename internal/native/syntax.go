package native

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const curlyQuotes = "“”„‟«»"

// slip is the place at which a document stops being valid JSON.
type slip struct {
	document []byte
	at       int    // offset of the character
	message  string // the parser's message
	char     rune   // the character; 0 at the end of the document
	before   byte   // the last byte before it that is no white space; 0 for none
}

// SyntaxRemedy returns the advice for a document that is not valid JSON, as the end of a message,
// or "". A parser stopped at an offset with a message; parsers differ in their messages.
func SyntaxRemedy(document []byte, at int, message string) string {
	s := slip{document: document, at: min(max(at, 0), len(document)), message: message}
	if rest := document[s.at:]; len(rest) > 0 {
		s.char, _ = utf8.DecodeRune(rest)
	}
	if trimmed := bytes.TrimRight(document[:s.at], " \t\r\n"); len(trimmed) > 0 {
		s.before = trimmed[len(trimmed)-1]
	}
	for _, remedy := range []func(*slip) string{
		(*slip).end, (*slip).texts, (*slip).characters, (*slip).words, (*slip).numbers, (*slip).commas, (*slip).around,
	} {
		if advice := remedy(&s); advice != "" {
			return ": " + advice
		}
	}
	return ""
}

// end returns the advice for a document that ends early.
func (s *slip) end() string {
	if len(bytes.TrimSpace(s.document[s.at:])) > 0 {
		return ""
	}
	closing, inText := open(s.document)
	switch {
	case len(bytes.TrimSpace(s.document)) == 0:
		return `the document is empty, write {"schema": 1, "flags": {}}`
	case inText:
		return `a text has no end, write " after it`
	case closing == "":
		return ""
	default:
		return "the document ends early, write " + closing + " at its end"
	}
}

// open returns the brackets that are missing at the end of a document. inText reports that a text
// is not closed.
func open(document []byte) (closing string, inText bool) {
	var missing []byte
	for at := 0; at < len(document); at++ {
		switch c := document[at]; {
		case inText && c == '\\':
			at++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			missing = append(missing, c+2) // the closing bracket, in ASCII
		case (c == '}' || c == ']') && len(missing) > 0:
			missing = missing[:len(missing)-1]
		}
		if len(missing) > maxNesting {
			return "", inText
		}
	}
	for _, bracket := range slices.Backward(missing) {
		closing += string(bracket)
	}
	return closing, inText
}

// texts returns the advice for a text with a character that must be written as an escape.
func (s *slip) texts() string {
	inside := strings.Contains(s.message, "in string") || strings.HasPrefix(s.message, "invalid literal: \"")
	if !inside {
		return ""
	}
	line, _, complete := bytes.Cut(s.document[s.at:], []byte("\n"))
	switch {
	case strings.Contains(s.message, "escape"), bytes.Contains(line, []byte(`\`)):
		return `write \\ for a backslash`
	case bytes.IndexByte(line, '\t') >= 0:
		return `write \t for a tab in a text`
	case complete:
		return `a text has no end on its line, write " after it, or \n for a line break in it`
	default:
		return ""
	}
}

// characters returns the advice for a character that belongs nowhere in JSON.
func (s *slip) characters() string {
	switch {
	case strings.ContainsRune(curlyQuotes, s.char):
		return fmt.Sprintf("write the straight quote \" instead of %c", s.char)
	case strings.ContainsRune("‘’‚‛'`", s.char) && s.char != 0:
		return fmt.Sprintf("write the double quote \" instead of %c", s.char)
	case s.char == '/':
		return "JSON has no comments: name the file .jsonc and publish what becket build writes"
	case s.char == '#':
		return "a comment begins with // in a .jsonc file, which becket build turns into JSON"
	case s.char == ';':
		return "write , instead of ;"
	case s.char == '=':
		return "write : instead of ="
	case s.char == '%':
		return "write the number without %"
	case s.char > unicode.MaxASCII && (unicode.IsSpace(s.char) || unicode.Is(unicode.Cf, s.char)):
		return "write an ordinary space instead of this invisible character"
	default:
		return ""
	}
}

// literals has the words of other languages for JSON's own words.
var literals = map[string]string{
	"True": "true", "TRUE": "true", "yes": "true", "Yes": "true", "on": "true", "On": "true",
	"False": "false", "FALSE": "false", "no": "false", "No": "false", "off": "false", "Off": "false",
}

// words returns the advice for a word without quotes.
func (s *slip) words() string {
	from, to := s.at, s.at
	for from > 0 && isWord(s.document[from-1]) {
		from--
	}
	for to < len(s.document) && isWord(s.document[to]) {
		to++
	}
	word := string(s.document[from:to])
	if word == "" || to-from > longestShown || word[0] == '-' || word[0] >= '0' && word[0] <= '9' {
		return ""
	}
	if written := literals[word]; written != "" && !s.isName(to) {
		return "write " + written
	}
	switch word {
	case "null", "None", "nil", "undefined", "NaN", "Infinity":
		return "a value cannot be missing, leave the field out"
	case "true", "false":
		return ""
	}
	return fmt.Sprintf("write it in double quotes, \"%s\"", word)
}

func isWord(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isName reports whether a colon follows an offset.
func (s *slip) isName(at int) bool {
	return bytes.HasPrefix(bytes.TrimLeft(s.document[at:], " \t"), []byte(":"))
}

// numbers returns the advice for a number that is written in another way than JSON does.
func (s *slip) numbers() string {
	from, to := s.at, s.at
	for from > 0 && isNumeric(s.document[from-1]) {
		from--
	}
	for to < len(s.document) && isNumeric(s.document[to]) {
		to++
	}
	text := string(s.document[from:to])
	if text == "" || text == "," || to-from > longestShown {
		return ""
	}
	text = strings.TrimRight(text, ",")
	whole := strings.TrimLeft(strings.TrimPrefix(text, "+"), "0")
	if whole == "" || whole[0] == '.' || whole[0] == ',' {
		whole = "0" + whole
	}
	if strings.Contains(text, ",") {
		whole = asNumber(whole)
	}
	if whole == text || !jsontext.Value(whole).IsValid() {
		return ""
	}
	return "write " + whole
}

func isNumeric(c byte) bool {
	return c == '.' || c == ',' || c == '+' || c == '-' || c >= '0' && c <= '9'
}

// commas returns the advice for a comma or a colon that is missing or too many.
func (s *slip) commas() string {
	closes := s.char == '}' || s.char == ']'
	switch {
	case s.char == ',' && s.before == ',':
		return "leave out the second comma"
	case s.char == ',':
		rest := bytes.TrimLeft(s.document[s.at+1:], " \t\r\n")
		if len(rest) > 0 && (rest[0] == '}' || rest[0] == ']') {
			return fmt.Sprintf("leave out the comma before %c", rest[0])
		}
		return ""
	case closes && s.before == ',':
		return fmt.Sprintf("leave out the comma before %c", s.char)
	case closes && s.before == ':':
		return "write a value after the colon"
	case strings.Contains(s.message, "after object name"):
		return "write : between the name and the value"
	case !closes && (strings.Contains(s.message, "after object value") || strings.Contains(s.message, "after array")):
		return "write a comma before it"
	default:
		return ""
	}
}

// around returns the advice for something after the document.
func (s *slip) around() string {
	if !strings.Contains(s.message, "follows the document") && !strings.Contains(s.message, "after top-level") {
		return ""
	}
	switch start := bytes.TrimLeft(s.document, " \t\r\n"); {
	case len(start) > 0 && start[0] == '"':
		return "write { before the first name and } at the end"
	case s.char == '}' || s.char == ']':
		return fmt.Sprintf("there is one %c too many before it or here", s.char)
	default:
		return ""
	}
}
