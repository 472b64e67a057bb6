package draw

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/native"
)

// truth is the result of a test or a condition.
type truth uint8

const (
	no truth = iota
	unknown
	yes
	// open means that the values of subjects or the hash of their keys decide
	open
)

func (t truth) not() truth {
	if t == open {
		return open
	}
	return yes - t
}

// judge decides tests with the library's own evaluator: its document has a flag for each test.
type judge struct {
	rules becket.Rules
	at    *becket.Moment
}

// newJudge returns a judge of the tests of all attributes. The number of a test is its place.
func newJudge(attributes []*attribute, at *becket.Moment) (*judge, error) {
	type condition map[string]any
	type rule struct {
		If    condition `json:"if"`
		Serve string    `json:"serve"`
	}
	flags := map[string]any{}
	for i, a := range attributes {
		for j, t := range a.tests {
			c := condition{"attribute": a.name, t.Word: json.RawMessage(t.Written.Raw)}
			if t.Fold {
				c["ignore_case"] = true
			}
			flags[flagOf(i, j)] = map[string]any{"rules": []rule{{c, "on"}}}
		}
	}
	document, err := json.Marshal(map[string]any{"schema": 1, "flags": flags})
	if err != nil {
		return nil, err
	}
	rules, err := becket.Native.Decode(document)
	if err != nil {
		return nil, fmt.Errorf("the conditions cannot be tried: %w", err)
	}
	return &judge{rules, at}, nil
}

func flagOf(attribute, test int) string { return strconv.Itoa(attribute) + "." + strconv.Itoa(test) }

// subjectOf returns a subject with one value.
func subjectOf(name string, v *value) becket.Subject {
	switch {
	case name == targetingKey && v.isFree:
		return becket.NewSubject(v.freeText())
	case name == targetingKey:
		return becket.NewSubject(v.text)
	case v.isMissing:
		return becket.NewSubject("made")
	default:
		return becket.NewSubject("made", v.attribute)
	}
}

// of returns the results of all tests of an attribute for a subject.
func (j *judge) of(keys []string, s *becket.Subject) []truth {
	results := make([]truth, len(keys))
	for i, key := range keys {
		switch r := j.rules.Evaluate(key, becket.KindBool, s, j.at); {
		case r.Rule != "":
			results[i] = yes
		case r.Missing != "" || r.Unfit != "" || r.Err != nil:
			results[i] = unknown
		}
	}
	return results
}

// testID is the same for two tests of one attribute that are written alike.
func testID(t *native.Test) string {
	return t.Word + "\x00" + strconv.FormatBool(t.Fold) + "\x00" + string(t.Written.Compact())
}
