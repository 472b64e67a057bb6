// Package flagd reads the flag definitions of OpenFeature's flagd, as its Go core evaluates them:
// states, variants, default variants, targeting in JsonLogic with flagd's operators, shared
// evaluators and metadata. A program that reads a flagd file through becket gets flagd's answers:
//
//	client, err := becket.New(becket.File("flags.flagd.json"), becket.WithFormat(flagd.Format))
//
// The subject's key is the targetingKey, and its attributes are the entries of the evaluation
// context with the same names. A map is passed by [becket.Any]. An instant is RFC 3339 text in UTC.
//
// If flagd's Go core and its JavaScript provider differ, this package answers as the Go core does.
// It differs from both in these points:
//
//   - An object among the attributes is never run as a rule. flagd runs an object of one entry as a
//     rule if it is a result of "if", or if a variable inside "filter", "some", "none" or "all"
//     finds it in the data outside. Here the evaluation fails (PARSE_ERROR).
//   - An evaluation that would take longer than about a millisecond fails (PARSE_ERROR). It may
//     take 12,000 steps: a step is a node of the rule, an element that is copied, 32 bytes of text
//     that are made, hashed or parsed, or 256 bytes that are compared.
//   - Rules may be nested 500 levels deep. Deeper parts fail when they are evaluated (PARSE_ERROR).
//   - A number outside the 64-bit integers is not an integer (TYPE_MISMATCH). flagd converts it to
//     another number.
//   - A reference inside a shared evaluator is never followed. flagd follows it in some runs and
//     not in others.
//   - References are followed only in targeting, not in variants.
//   - An answer with TYPE_MISMATCH names no variant.
//   - Only the first 100 entries of the document's own metadata are kept, in the order of their
//     names.
//
// The whole document is refused if it is too large or not JSON, if its flags, metadata or
// evaluators have another type, if an evaluator is empty, and if more than 10,000 flags are
// invalid. If flagd would refuse a document because of one flag, such as a flag whose default
// variant does not exist, only this flag is invalid here: it keeps its definition of the previous
// rules, or its evaluations fail (PARSE_ERROR) if there is none, and [becket.RulesInfo] has the
// flag's line and column. Anything else that the schema forbids is a warning. This package does not
// read YAML.
//
// # Performance
//
// Rules are compiled when a document is decoded. An evaluation allocates nothing if the flag's rule
// consists of var, ==, in, if, and, or, !, fractional, starts_with, ends_with and sem_ver over
// texts, numbers and booleans. Operators that make lists, objects and texts (map, cat, a whole
// object) allocate them. The clock is read only for $flagd.timestamp.
package flagd

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// Format reads flagd's flag definitions. "fractional" is version 2, as in flagd's core since 0.15.0
// (April 2026).
var Format becket.Format = format{name: "flagd"}

// FractionalV3 is [Format] with version 3 of "fractional", which flagd has accepted and not
// released. Version 3 encodes a value in CBOR before it hashes the value, so every subject is
// assigned again.
var FractionalV3 becket.Format = format{name: "flagd-fractional-v3", v3: true}

type format struct {
	name string
	v3   bool
}

// Name returns the format's name.
func (f format) Name() string { return f.name }

// Decode compiles a document. Its errors are *becket.DocumentError, except if the document is too
// large.
func (f format) Decode(document []byte) (becket.Rules, error) {
	if err := limit.Check(document); err != nil {
		return nil, err
	}
	r, err := decode(document, f.v3)
	if err != nil {
		return nil, err
	}
	return r, nil
}
