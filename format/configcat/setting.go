package configcat

import "github.com/becketflags/becket"

// setting is a compiled flag or setting. It is immutable once its document is decoded.
type setting struct {
	key      string
	kind     becket.Kind
	err      *becket.EvaluationError // set if nothing of the setting can be evaluated
	bad      bool                    // whether err concerns the setting as a whole
	rules    []rule
	rulesErr *becket.EvaluationError // set if "r" is no list
	options  options
	served   served
	guarded  bool // whether its evaluation needs a guard against cycles and endless cost
	cost     int64
	refers   bool // whether it refers to a segment or another setting
	digest   uint64
}

// rule is a compiled targeting rule.
type rule struct {
	name       string
	conditions []condition
	err        *becket.EvaluationError // set if the rule cannot be evaluated at all
	serves     bool                    // whether served counts instead of the options
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

// condition is a compiled condition. An evaluation fails with err at the point where the mistake
// matters: in a user condition after the attribute was found and converted.
type condition struct {
	form       form
	comparator comparator // in a user condition, the positive one of a pair
	negated    bool       // whether the document has the negative one of a pair
	attribute  string
	number     float64
	operand    *operand // for comparisons with anything but a number
	segment    *segment
	required   *required // for a prerequisite condition
	err        *becket.EvaluationError
}

// required is a prerequisite.
type required struct {
	key     string
	setting *setting // nil if no setting has that key
	wanted  becket.Value
	err     *becket.EvaluationError // set if the setting does not exist or is of another type

	value node // used until linking
	at    place
}
