//go:build !unix

package disk

import (
	"io/fs"
	"os"
)

// openNoFollow opens a file for reading. Where the system cannot refuse links while opening, the
// look beforehand must do.
func openNoFollow(path string) (*os.File, error) { return os.Open(path) }

// syncFolder does nothing: such systems do not sync folders.
func syncFolder(string) error { return nil }

// exposed finds nothing: permissions of such systems are not looked at.
func exposed(fs.FileInfo) string { return "" }
