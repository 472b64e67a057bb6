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
//   - An object among the attributes is never run as a rule. flagd does that to an object of one entry that comes out of "if", or that
//     is found around "filter", "some", "none" and "all"; here the evaluation fails (PARSE_ERROR).
//   - An evaluation that would take about a millisecond fails (PARSE_ERROR): one of more than 12,000 steps, each of which is a node
//     of the rule, an element that is copied, 32 bytes of text that are made, hashed or parsed, or 256 that are compared.
//   - A rule in which rules stand more than 500 deep in each other fails where it is that deep (PARSE_ERROR).
//   - A number that no 64-bit integer holds is no integer (TYPE_MISMATCH) instead of some other number.
//   - A reference inside a shared evaluator is never followed; flagd follows it in one run and not in the next.
//   - References are followed in targeting alone, not in variants.
//   - With TYPE_MISMATCH no variant is named.
//   - Of the document's own metadata the first 100 entries are kept, in the order of their names.
//
// A document is refused whole when it is not JSON, when its flags, metadata or evaluators are of
// other types, and for an empty evaluator. A flag for which flagd would refuse the document, such
// as one whose default variant is none of its variants, is set aside alone: evaluations fail
// (PARSE_ERROR), and the ruleset's information has its line and column. What else the schema
// forbids is a warning. YAML is for flagd's daemon alone.
//
// # Performance
//
// Rules are compiled when a document is decoded. A flag whose rule is made of var, ==, in, if, and,
// or, !, fractional, starts_with, ends_with and sem_ver over texts, numbers and booleans is
// evaluated without an allocation. What makes lists, objects and texts (map, cat, a whole object)
// allocates them. The clock is read only for $flagd.timestamp.
package flagd

import (
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// Format reads flagd's flag definitions, with version 2 of "fractional": what flagd has done since
// its core 0.15.0 (April 2026).
var Format becket.Format = format{name: "flagd"}

// FractionalV3 is [Format] with version 3 of "fractional", which flagd has accepted and not
// released: what is hashed is encoded in CBOR first. Every subject is assigned anew between the
// two.
var FractionalV3 becket.Format = format{name: "flagd-fractional-v3", v3: true}

type format struct {
	name string
	v3   bool
}

// Name returns the format's name.
func (f format) Name() string { return f.name }

// Decode compiles a document. Its errors are *becket.DocumentError, but for one over the limit of
// its size.
func (f format) Decode(document []byte) (becket.Rules, error) {
	if len(document) > limit.Document {
		return nil, fmt.Errorf("%w of %d bytes: it has %d", becket.ErrTooLarge, limit.Document, len(document))
	}
	r, err := decode(document, f.v3)
	if err != nil {
		return nil, err
	}
	return r, nil
}
