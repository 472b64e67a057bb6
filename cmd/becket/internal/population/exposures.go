package population

import (
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
)

// exposures collects the subjects of exposures: of each subject its key, and the attributes of its
// last exposure that has the attribute.
type exposures struct {
	*File
	index   map[string]int // of subjects by their keys
	members []map[string]any
	keys    []string
	lines   int
	broken  int
	hidden  int // exposures whose key is private
	private bool
}

// isExposure reports whether an object is an exposure as the library's LineSink writes it.
func isExposure(members map[string]any) bool {
	for _, name := range []string{"subject", "flag", "variant"} {
		if _, ok := members[name].(string); !ok {
			return false
		}
	}
	_, keyed := members["key"]
	return !keyed
}

// mayBeBroken reports whether a line is the beginning of an exposure. A sink that cannot write
// leaves such lines.
func (x *exposures) mayBeBroken(line []byte) bool { return len(line) > 0 && line[0] == '{' }

// add adds a line; nil is a broken one.
func (x *exposures) add(members map[string]any) {
	x.lines++
	if members == nil || !isExposure(members) {
		x.broken++
		return
	}
	key, _ := members["subject"].(string)
	if key == becket.Private {
		x.hidden++
		return
	}
	i, ok := x.index[key]
	if !ok {
		i = len(x.keys)
		x.index[key] = i
		x.keys, x.members = append(x.keys, key), append(x.members, nil)
	}
	attributes, _ := members["attributes"].(map[string]any)
	for name, value := range attributes {
		switch {
		case value == becket.Private:
			x.private = true
		case x.members[i] == nil:
			x.members[i] = map[string]any{name: value}
		default:
			x.members[i][name] = value
		}
	}
}

// finish makes the subjects.
func (x *exposures) finish() (what string, err error) {
	if len(x.keys) == 0 {
		return "", fmt.Errorf("%s: the keys of all %s are private or broken: no subject can be told from another",
			x.Name, wording.Count(x.lines, "exposure"))
	}
	for i, key := range x.keys {
		x.File.add(key, attributesOf(x.members[i]))
		x.members[i] = nil
	}
	for _, note := range []struct {
		is   bool
		text string
	}{
		{x.broken > 0, wording.Count(x.broken, "line") + " of the exposures left out: broken in writing"},
		{x.hidden > 0, wording.Count(x.hidden, "exposure") + " left out: the key is private"},
		{x.private, "private attributes are missing: exposures do not hold them"},
	} {
		if note.is {
			x.notes = append(x.notes, note.text)
		}
	}
	return wording.Count(x.lines, "exposure") + " in ", nil
}
