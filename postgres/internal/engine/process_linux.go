//go:build linux

package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

const supported = true

// owner returns the user postgres if this process is root's, because PostgreSQL refuses to run as
// root.
func owner() (uid, gid int, needed bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	uid, errUID := strconv.Atoi(postgres.Uid)
	gid, errGID := strconv.Atoi(postgres.Gid)
	return uid, gid, errUID == nil && errGID == nil
}

// GiveAway makes files the user postgres's, if this process is root's.
func GiveAway(paths ...string) error {
	uid, gid, needed := owner()
	if !needed {
		return nil
	}
	var errs []error
	for _, path := range paths {
		errs = append(errs, os.Chown(path, uid, gid))
	}
	return errors.Join(errs...)
}

// AsPostgres makes a command run as the server's user, and out of reach of a Ctrl-C.
func AsPostgres(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, needed := owner(); needed {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// stopAtOnce asks a server for an immediate shutdown.
func stopAtOnce(process *os.Process) { _ = process.Signal(syscall.SIGQUIT) }

// Stop stops all processes of the server by SIGSTOP, or lets them go on. Connections stay open.
func (s *Server) Stop(on bool) error {
	signal := syscall.SIGCONT
	if on {
		signal = syscall.SIGSTOP
	}
	first := s.child.Process.Pid
	err := syscall.Kill(first, signal) // so that it starts no further processes
	for _, process := range children(first) {
		if failed := syscall.Kill(process, signal); failed != nil && !errors.Is(failed, syscall.ESRCH) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// children lists the processes that a process has started. Each backend is in a process group of
// its own.
func children(parent int) (processes []int) {
	tasks, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	if err != nil {
		return nil
	}
	for field := range strings.FieldsSeq(string(tasks)) {
		if process, err := strconv.Atoi(field); err == nil {
			processes = append(processes, process)
		}
	}
	return processes
}

// Memory returns the memory of all processes of the server in bytes, in which shared memory counts
// in parts. It is 0 where the system does not tell.
func (s *Server) Memory() (total int) {
	first := s.child.Process.Pid
	for _, process := range append(children(first), first) {
		rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", process))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(rollup)) {
			if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "Pss:" {
				if size, err := strconv.Atoi(fields[1]); err == nil {
					total += size << 10
				}
			}
		}
	}
	return total
}
