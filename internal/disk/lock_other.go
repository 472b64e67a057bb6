//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package disk

import "errors"

// lockFolder locks nothing, because these systems have no flock.
func lockFolder(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
