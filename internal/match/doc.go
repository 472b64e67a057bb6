// Package match holds what the native format and other vendors' formats read and compare in the
// same way: numbers, versions, patterns, folded text and instants. Nothing that is asked during an
// evaluation allocates, but for text longer than a small buffer, and nothing keeps the text it is
// given.
package match
