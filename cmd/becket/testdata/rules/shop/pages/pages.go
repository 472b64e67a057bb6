// Package pages has the flags of the pages.
package pages

import flags "github.com/becketflags/becket"

// Theme is asked for by another package.
var Theme = flags.StringFlag{Key: "theme", Default: "light"}

// String is not becket's.
type String struct{}

// Enabled only looks like an ask.
func (String) Enabled(string) bool { return String{}.Enabled("not a flag") }
