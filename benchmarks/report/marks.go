package report

// Mark is what becket promises for a workload: at most so many times the
// limit, at least so many times faster than the best peer. Zero is no mark.
type Mark struct {
	Limit, Table, Peer float64
}

// Marks of one workload, for its two figures.
type Marks struct {
	Beforehand, InCall Mark
}

// MarksOf returns the marks by the workload's ID.
var marksOf = map[string]Marks{
	"W1":  {Mark{Limit: 2.0, Peer: 12}, Mark{Limit: 2.5, Peer: 10}},
	"W2":  {Mark{Limit: 2.0, Peer: 8}, Mark{Limit: 2.5, Peer: 8}},
	"W3":  {Mark{Limit: 3.0, Peer: 6}, Mark{Limit: 3.5, Peer: 6}},
	"W4":  {Mark{Limit: 2.0, Peer: 7}, Mark{Limit: 2.5, Peer: 8}},
	"W5":  {Mark{Limit: 1.8, Table: 3.0, Peer: 4}, Mark{Limit: 2.5, Table: 3.5, Peer: 5}},
	"W6a": {Mark{Limit: 2.0, Peer: 7}, Mark{Limit: 2.5, Peer: 8}},
	"W6b": {Mark{Limit: 2.0, Peer: 7}, Mark{Limit: 2.5, Peer: 8}},
}

// The marks of what surrounds evaluations.
const (
	MarkScaling   = 1.8     // W8: times the rate of one processor, on two
	MarkStart     = 0.6     // W9: of the time of encoding/json
	MarkHeap      = 900     // W9: bytes for each flag
	MarkUnchanged = 8 << 10 // W9: bytes that a 304 allocates
	MarkDelay     = 3.0     // W9: times the quiet p99.9, while rulesets change
	MarkProvider  = 1.15    // W7: times OpenFeature's in-memory provider
)

// Tolerance is how far over its mark a ratio may lie in a smoke run.
const Tolerance = 1.5

// Of returns the marks of a workload, none for one that has none.
func Of(workload string) Marks { return marksOf[workload] }
