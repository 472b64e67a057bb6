package input

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/format/flagd"
)

// known is a format that the command reads.
type known struct {
	name   string // the value of --format
	format becket.Format
	fits   func(shape) bool // whether a document is certainly of this format
}

var formats = []known{
	{"native", becket.Native, func(s shape) bool { return s.top["schema"] && s.top["flags"] }},
	{"configcat", configcat.V6, func(s shape) bool { return s.top["f"] && s.top["p"] && !s.top["flags"] }},
	{"flagd", flagd.Format, func(s shape) bool {
		return s.top["flags"] && !s.top["schema"] && (s.top["$evaluators"] || s.isFlagd)
	}},
}

// shape holds the parts by which a document's format is recognised.
type shape struct {
	top map[string]bool // names of the document's members
	// whether the flags are those of flagd; only for a document without a schema
	isFlagd bool
}

func shapeOf(body []byte) shape {
	s := shape{top: map[string]bool{}}
	var flags []byte
	eachMember(body, func(name string, value []byte) bool {
		s.top[name] = true
		if name == "flags" {
			flags = slices.Clone(value)
		}
		return true
	})
	if !s.top["schema"] {
		s.isFlagd = areFlagd(flags)
	}
	return s
}

// areFlagd reports whether flags are an array, or one of them has a field that flags of the native
// format never have. The schema of flagd wants each flag to have a state, but flagd does without,
// and it ignores the case of names.
func areFlagd(flags []byte) (found bool) {
	if len(flags) > 0 && flags[0] == '[' {
		return true
	}
	eachMember(flags, func(_ string, flag []byte) bool {
		eachMember(flag, func(name string, _ []byte) bool {
			found = slices.Contains([]string{"state", "defaultvariant", "targeting"}, strings.ToLower(name))
			return !found
		})
		return !found
	})
	return found
}

// Formats lists the names of the formats, separated by commas.
func Formats() string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return strings.Join(names, ",")
}

// formatOf returns the format of that name. For "auto" and "" it returns the format that the
// document certainly has, or else the native format, whose errors then name the missing parts.
func formatOf(name string, body []byte) (becket.Format, error) {
	if name != "" && name != "auto" {
		for _, f := range formats {
			if f.name == name {
				return f.format, nil
			}
		}
		return nil, fmt.Errorf("unknown format %q: one of auto, %s", name, Formats())
	}
	s := shapeOf(body)
	i := slices.IndexFunc(formats, func(f known) bool { return f.fits(s) })
	return formats[max(i, 0)].format, nil
}
