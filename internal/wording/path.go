// Package wording holds the parts of messages that the library, its formats and its adapters write
// in the same way: paths in documents, numbers, and the texts of errors within other texts.
package wording

import (
	"strconv"

	"github.com/becketflags/becket/internal/match"
)

// maxName is the greatest length of a name in a path, in bytes; longer names are cut.
const maxName = 64

// AppendMember appends the path of an object's member to the path of the object. Names that are not
// identifiers are quoted.
func AppendMember(path []byte, name string) []byte {
	begin := len(path)
	path = appendBelow(path, name)
	if begin == 0 && path[0] == '.' {
		return path[1:]
	}
	return path
}

func appendBelow(path []byte, name string) []byte {
	name = match.Shorten(name, maxName)
	if !isIdentifier(name) {
		return append(strconv.AppendQuote(append(path, '['), name), ']')
	}
	return append(append(path, '.'), name...)
}

// AppendElement appends the path of an array's element to the path of the array.
func AppendElement(path []byte, index int) []byte {
	return append(strconv.AppendInt(append(path, '['), int64(index), 10), ']')
}

// Member returns the path of an object's member; see [AppendMember].
func Member(object, name string) string { return string(AppendMember([]byte(object), name)) }

// Below returns the part of a member's path that follows the path of the object.
func Below(name string) string { return string(appendBelow(nil, name)) }

// Element returns the path of an array's element.
func Element(array string, index int) string { return string(AppendElement([]byte(array), index)) }

// isIdentifier reports whether a name can stand in a path unquoted: letters of ASCII, digits, "_"
// and "-", and "$" at the beginning.
func isIdentifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && c != '-' && c-'0' > 9 && c|0x20-'a' > 25 && (c != '$' || i > 0) {
			return false
		}
	}
	return name != ""
}
