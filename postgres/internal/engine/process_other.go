//go:build !linux

package engine

import (
	"errors"
	"os"
	"os/exec"
)

const supported = false // the tests of faults need Linux's /proc

// GiveAway does nothing here.
func GiveAway(...string) error { return nil }

// AsPostgres does nothing here.
func AsPostgres(*exec.Cmd) {}

func stopAtOnce(process *os.Process) { _ = process.Kill() }

// Stop is not possible here.
func (s *Server) Stop(bool) error { return errors.ErrUnsupported }

// Memory returns 0 here.
func (s *Server) Memory() int { return 0 }
