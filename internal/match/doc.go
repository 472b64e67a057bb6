// Package match holds what the native format and other vendors' formats compare in the same way: versions, folded text and
// instants. Nothing in it allocates, but for text longer than a small buffer, and nothing keeps the text it is given.
package match
