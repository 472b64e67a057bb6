package becket

// Detail is an evaluation's answer with everything that is known about how it came about.
type Detail[T any] struct {
	Value    T      // the caller's default where Err is set, and where no variant is served
	Flag     string // the flag's key
	Variant  string // the name of the variant served; "" where the caller's default is
	Rule     string // the name of the rule that applied, "[1]" for the second of two without names; "" where none did
	Reason   Reason
	Revision int64  // of the ruleset that answered
	Tier     Tier   // where that ruleset came from
	Missing  string // the first attribute whose absence kept a rule from applying; "" where none did
	Err      error  // nil, or an *EvaluationError that says why Value is the caller's default
}

// Reason says why an evaluation gave what it gave, in OpenFeature's words where it has one.
type Reason string

// The reasons.
const (
	ReasonStatic             Reason = "STATIC"              // the flag has no rules
	ReasonDefault            Reason = "DEFAULT"             // no rule applied
	ReasonTargetingMatch     Reason = "TARGETING_MATCH"     // a rule applied
	ReasonSplit              Reason = "SPLIT"               // a percentage, ramp, layer or split decided
	ReasonDisabled           Reason = "DISABLED"            // the flag is switched off
	ReasonStale              Reason = "STALE"               // the ruleset is older than the flag allows
	ReasonPrerequisiteFailed Reason = "PREREQUISITE_FAILED" // another flag, which this one requires, did not serve what it must
	ReasonOverride           Reason = "OVERRIDE"            // a local override for development stands before the ruleset
	ReasonError              Reason = "ERROR"               // see Detail.Err
)

// reason is a Reason as an evaluation notes it.
type reason uint8

const (
	reasonStatic reason = iota + 1
	reasonDefault
	reasonTargetingMatch
	reasonSplit
	reasonDisabled
	reasonStale
	reasonPrerequisiteFailed
	reasonError
)

// word returns the reason as it is told.
func (r reason) word() Reason {
	return [...]Reason{
		"", ReasonStatic, ReasonDefault, ReasonTargetingMatch, ReasonSplit, ReasonDisabled, ReasonStale, ReasonPrerequisiteFailed, ReasonError,
	}[r]
}

// Tier says where the ruleset in use came from; a higher one is fresher.
type Tier uint8

// The tiers, from nothing to the source itself.
const (
	TierDefaults  Tier = iota // no ruleset yet: callers get their defaults
	TierBootstrap             // the bytes that the program was built with
	TierDisk                  // the copy that an earlier run left on disk
	TierNetwork               // the source, which may also be a file
)

var tierNames = [...]string{"defaults", "bootstrap", "disk", "network"}

// String returns the tier's name: "defaults", "bootstrap", "disk" or "network".
func (t Tier) String() string {
	if int(t) < len(tierNames) {
		return tierNames[t]
	}
	return "unknown"
}

// MarshalText writes the tier as its name.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
