package report

// Mark is becket's promise for a workload: the highest ratio to the limit, and the lowest factor by
// which it is faster than the best peer. Zero means no mark.
type Mark struct {
	Limit, Table, Peer float64
}

// Marks are the marks of a workload, for its two figures.
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

// These are the marks of the work around evaluations.
const (
	MarkScaling   = 1.8     // W8: the rate of two processors divided by that of one
	MarkStart     = 0.6     // W9: becket's time divided by that of encoding/json
	MarkHeap      = 900     // W9: bytes for each flag
	MarkUnchanged = 8 << 10 // W9: bytes that a 304 allocates
	MarkDelay     = 3.0     // W9: p99.9 while rulesets change divided by p99.9 at rest
	MarkProvider  = 1.15    // W7: the time of becket's provider divided by the in-memory one's
)

// Tolerance is the factor by which a ratio may exceed its mark in a smoke run.
const Tolerance = 1.5

// Of returns the marks of a workload, or none if it has no marks.
func Of(workload string) Marks { return marksOf[workload] }
