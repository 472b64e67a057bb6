package becket

// Detail is the value of an evaluation with the reasons for it.
type Detail[T any] struct {
	Value   T      // the caller's default if Err is set or no variant is served
	Flag    string // the flag's key
	Variant string // the name of the served variant; "" for the caller's default
	// the name of the rule that applied, or "[1]" for the second rule if it has no name; "" if none
	// applied
	Rule     string
	Reason   Reason
	Revision int64 // the revision of the ruleset that was used
	Tier     Tier  // where this ruleset came from
	// the first attribute whose absence prevented a rule from applying; "" if there is none
	Missing string
	// the first attribute that an operator could not use, so that a rule did not apply, and the
	// reason, such as "gte cannot use this string" for a number that was passed as text; both "" if
	// there is none
	Unfit, UnfitReason string
	Err                error // nil, or an *EvaluationError: why Value is the caller's default
}

// Reason says why an evaluation returned its value. The words are OpenFeature's where OpenFeature
// has one.
type Reason string

// The reasons.
const (
	ReasonStatic         Reason = "STATIC"          // the flag has no rules
	ReasonDefault        Reason = "DEFAULT"         // no rule applied
	ReasonTargetingMatch Reason = "TARGETING_MATCH" // a rule applied
	// a percentage, ramp, layer or split was decisive
	ReasonSplit    Reason = "SPLIT"
	ReasonDisabled Reason = "DISABLED" // the flag is switched off
	ReasonStale    Reason = "STALE"    // the ruleset is older than the flag allows
	// a required flag does not serve a required variant
	ReasonPrerequisiteFailed Reason = "PREREQUISITE_FAILED"
	// a local override for development replaces the ruleset's answer
	ReasonOverride Reason = "OVERRIDE"
	ReasonError    Reason = "ERROR" // see Detail.Err
)

// reason is the form of a Reason that an evaluation stores.
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

// word returns the public form of the reason.
func (r reason) word() Reason {
	return [...]Reason{
		"", ReasonStatic, ReasonDefault, ReasonTargetingMatch, ReasonSplit, ReasonDisabled, ReasonStale,
		ReasonPrerequisiteFailed, ReasonError,
	}[r]
}

// Tier says where the ruleset in use came from; a higher one is fresher.
type Tier uint8

// The tiers, from nothing to the source itself.
const (
	TierDefaults  Tier = iota // there is no ruleset yet: evaluations return the callers' defaults
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
