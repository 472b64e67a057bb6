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
		return s.top["flags"] && !s.top["schema"] && (s.top["$evaluators"] || s.flag["state"] && s.flag["variants"])
	}},
}

// shape holds the names by which a document's format is recognised.
type shape struct {
	top  map[string]bool // names of the document's members
	flag map[string]bool // names of the members of its first flag, if "flags" is an object
}

func shapeOf(body []byte) shape {
	s := shape{top: map[string]bool{}}
	eachMember(body, func(name string, value []byte) bool {
		s.top[name] = true
		if name == "flags" {
			eachMember(value, func(_ string, flag []byte) bool {
				s.flag = memberNames(flag)
				return false
			})
		}
		return true
	})
	return s
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
