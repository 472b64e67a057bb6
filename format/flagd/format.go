// Package flagd reads the flag definitions of OpenFeature's flagd, as its Go core evaluates them:
// states, variants, default variants, targeting in JsonLogic with flagd's operators, shared
// evaluators and metadata. A program that asks a flagd file through becket gets flagd's answers:
//
//	client, err := becket.New(becket.File("flags.flagd.json"), becket.WithFormat(flagd.Format))
//
// The subject's key is the targetingKey, its attributes are the evaluation context under the same
// names, maps given to [becket.Any] with everything that is in them. An instant is RFC 3339 text in
// UTC.
//
// Where flagd's Go core and its JavaScript provider differ, the former counts. Where this package
// differs from both:
//
//   - An object among the attributes is never run as a rule. flagd does that to an object of one
//     entry that is a result of "if", or that a variable inside "filter", "some", "none" or "all"
//     finds in the data outside; here the evaluation fails (PARSE_ERROR).
//   - An evaluation that would take longer than about a millisecond fails (PARSE_ERROR). It may
//     take 12,000 steps: a step is a node of the rule, an element that is copied, 32 bytes of text
//     that are made, hashed or parsed, or 256 bytes that are compared.
//   - Rules may be nested 500 deep. Deeper parts fail when they are evaluated (PARSE_ERROR).
//   - A number outside the 64-bit integers is no integer (TYPE_MISMATCH) instead of some other
//     number.
//   - A reference inside a shared evaluator is never followed. flagd follows it in one run and not
//     in the next.
//   - References are followed in targeting alone, not in variants.
//   - With TYPE_MISMATCH no variant is named.
//   - Of the document's own metadata the first 100 entries are kept, in the order of their names.
//
// A document is refused whole when it is not JSON, when its flags, metadata or evaluators are of
// other types, and for an empty evaluator. A flag for which flagd would refuse the document, such
// as a flag whose default variant is none of its variants, is invalid alone: it keeps the
// definition of the rules that were served before, or its evaluations fail (PARSE_ERROR) if they
// have none, and the ruleset's information has its line and column. Anything else that the schema
// forbids is a warning. YAML is for flagd's daemon alone.
//
// # Performance
//
// Rules are compiled when a document is decoded. A flag whose rule is made of var, ==, in, if, and,
// or, !, fractional, starts_with, ends_with and sem_ver over texts, numbers and booleans is
// evaluated without an allocation. Operators that make lists, objects and texts (map, cat, a whole
// object) allocate them. The clock is read only for $flagd.timestamp.
package flagd

import (
	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// Format reads flagd's flag definitions, with version 2 of "fractional", as flagd reads them
// since its core 0.15.0 (April 2026).
var Format becket.Format = format{name: "flagd"}

// FractionalV3 is [Format] with version 3 of "fractional", which flagd has accepted and not
// released. It encodes a value in CBOR before it hashes the value, so it assigns every subject
// anew.
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
