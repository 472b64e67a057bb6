//go:build !unix

package disk

import (
	"io/fs"
	"os"
)

// openNoFollow opens a file for reading. These systems cannot refuse links while opening, so only
// the check before it protects from links.
func openNoFollow(path string) (*os.File, error) { return os.Open(path) }

// syncFolder does nothing, because these systems do not sync folders.
func syncFolder(string) error { return nil }

// exposed returns "", because permissions are not checked on these systems.
func exposed(fs.FileInfo) string { return "" }
