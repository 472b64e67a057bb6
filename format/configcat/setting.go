package configcat

import "github.com/becketflags/becket"

// setting is a compiled flag or setting. It never changes after its document has been decoded.
type setting struct {
	key      string
	kind     becket.Kind
	err      *becket.EvaluationError // set if the whole setting cannot be evaluated
	bad      bool                    // err concerns the whole setting
	rules    []rule
	rulesErr *becket.EvaluationError // set if "r" is not a list
	options  options
	served   served
	guarded  bool // the evaluation needs a guard against cycles and high cost
	cost     int64
	refers   bool // the setting refers to a segment or another setting
	digest   uint64
}

// rule is a compiled targeting rule.
type rule struct {
	name       string
	conditions []condition
	err        *becket.EvaluationError // set if the rule cannot be evaluated at all
	serves     bool                    // the rule has a value; otherwise it has options
	served     served
	options    options
}

// served is a value with its variation id.
type served struct {
	variant becket.Variant
	err     *becket.EvaluationError // set if the value is missing or of another type
}

// options are percentage options.
type options struct {
	attribute string // the attribute to hash
	list      []option
	err       *becket.EvaluationError // set if "p" or "a" is of the wrong type
	uncovered *becket.EvaluationError // the error for a bucket that the shares do not cover
}

func (o *options) there() bool { return len(o.list) > 0 || o.err != nil }

// option is one percentage option.
type option struct {
	share  float64
	served served
	err    *becket.EvaluationError // set if the share is invalid
}

// segment is a compiled segment.
type segment struct {
	name       string
	err        *becket.EvaluationError
	conditions []condition
	cost       int64
	digest     uint64
}

// form is the kind of a condition.
type form uint8

const (
	formUser form = iota
	formSegment
	formPrerequisite
	formBroken
)

// condition is a compiled condition. An evaluation fails with err at the point at which ConfigCat's
// SDKs fail; a user condition fails after its attribute was found and converted.
type condition struct {
	form       form
	comparator comparator // of a user condition: the positive comparator of a pair
	negated    bool       // the document has the negative comparator of the pair
	attribute  string
	number     float64
	operand    *operand // for comparisons of anything but numbers
	segment    *segment
	required   *required // for a prerequisite condition
	err        *becket.EvaluationError
}

// required is the setting that a prerequisite condition names.
type required struct {
	key     string
	setting *setting // nil if no setting has that key
	wanted  becket.Value
	err     *becket.EvaluationError // set if the setting does not exist or is of another type

	value node // used until the settings are linked
	at    place
}
