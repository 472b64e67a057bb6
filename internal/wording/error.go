package wording

import "strings"

// Prefix begins the texts of the library's errors.
const Prefix = "becket: "

// Unprefixed returns an error's text without [Prefix], for use inside a text that has it already or
// needs none. The text of a nil error is that of package fmt.
func Unprefixed(err error) string {
	if err == nil {
		return "<nil>"
	}
	return strings.TrimPrefix(err.Error(), Prefix)
}
