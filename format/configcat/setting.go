package configcat

import "github.com/becketflags/becket"

// setting is a compiled flag or setting. It is immutable once its document is decoded.
type setting struct {
	key      string
	kind     becket.Kind
	err      *becket.EvaluationError // set: nothing of it can be evaluated
	bad      bool                    // err, for a reason that lies in the setting as a whole
	rules    []rule
	rulesErr *becket.EvaluationError // set: "r" is no list
	options  options
	served   served
	guarded  bool // its evaluation takes memory, against cycles and endless cost
	cost     int64
	refers   bool // to a segment or another setting
	digest   uint64
}

// rule is a compiled targeting rule.
type rule struct {
	name       string
	conditions []condition
	err        *becket.EvaluationError // set: the rule cannot be evaluated at all
	serves     bool                    // served counts, and the options do not
	served     served
	options    options
}

// served is a value with its variation id.
type served struct {
	variant becket.Variant
	err     *becket.EvaluationError // set: the value is missing or of another type
}

// options are percentage options.
type options struct {
	attribute string // what is hashed
	list      []option
	err       *becket.EvaluationError // set: "p" or "a" is of the wrong type
	uncovered *becket.EvaluationError // what happens where the shares do not cover the bucket
}

func (o *options) there() bool { return len(o.list) > 0 || o.err != nil }

// option is one percentage option.
type option struct {
	share  float64
	served served
	err    *becket.EvaluationError // set: the share is none
}

// segment is a compiled segment.
type segment struct {
	name       string
	err        *becket.EvaluationError
	conditions []condition
	cost       int64
	digest     uint64
}

// form is what a condition is.
type form uint8

const (
	formUser form = iota
	formSegment
	formPrerequisite
	formBroken
)

// condition is a compiled condition. err is what happens when the evaluation comes to the point
// where it matters: for a user condition after the attribute was found and converted.
type condition struct {
	form       form
	comparator comparator // of a user condition the positive one of a pair
	negated    bool       // the negative one of a pair
	attribute  string
	number     float64
	operand    *operand // of everything that a number does not hold
	segment    *segment
	required   *required // of a prerequisite condition
	err        *becket.EvaluationError
}

// required is a prerequisite.
type required struct {
	key     string
	setting *setting // nil if there is none of that key
	wanted  becket.Value
	err     *becket.EvaluationError // set: there is no such setting, or it is of another type than the value

	value node // until linking
	at    place
}
