// Package match parses and compares values in the way that the native format and other vendors'
// formats share: numbers, versions, patterns, folded text, instants and addresses. Functions that
// evaluations call do not allocate, except for texts that are longer than a small buffer, and do
// not keep the texts that are passed to them.
package match
