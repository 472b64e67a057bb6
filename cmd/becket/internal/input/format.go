package input

import (
	"fmt"
	"slices"
	"strings"

	"github.com/becketflags/becket"
)

// known is a format that the command reads.
type known struct {
	name   string // as --format takes it
	format becket.Format
	fits   func(top map[string]bool) bool // by the names of the document's members
}

var formats = []known{
	{"native", becket.Native, func(top map[string]bool) bool { return top["schema"] && top["flags"] }},
}

// Formats lists the names of the formats, separated by commas.
func Formats() string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return strings.Join(names, ",")
}

// formatOf returns the format of that name; for "auto" and "" the one that the document unmistakably is of, else the native one,
// whose errors then say what is missing.
func formatOf(name string, body []byte) (becket.Format, error) {
	if name != "" && name != "auto" {
		for _, f := range formats {
			if f.name == name {
				return f.format, nil
			}
		}
		return nil, fmt.Errorf("unknown format %q: one of auto, %s", name, Formats())
	}
	top := memberNames(body)
	i := slices.IndexFunc(formats, func(f known) bool { return f.fits(top) })
	return formats[max(i, 0)].format, nil
}
