package flagtest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// scope is a test that uses the flags: the test that they were made for, or a subtest of
// [Flags.In]. The state's mutex guards all its fields but t.
type scope struct {
	t          testing.TB
	ended      bool            // a test can neither fail nor set values after its end
	complained map[string]bool // the lines that the test has failed with
}

func newScope(t testing.TB) *scope { return &scope{t: t, complained: map[string]bool{}} }

// complain fails the test, once for each text and place in the code that led here.
func (s *scope) complain(text string) {
	line := caller() + ": flagtest: " + text
	if s.ended || s.complained[line] {
		return
	}
	s.complained[line] = true
	if !isStandard(s.t) {
		s.t.Errorf("%s", line)
		return
	}
	fmt.Fprintln(s.t.Output(), line)
	s.t.Fail()
}

// refuse fails the test and ends it.
func (s *scope) refuse(text string) {
	line := caller() + ": flagtest: " + text
	if s.ended {
		return
	}
	if !isStandard(s.t) {
		s.t.Fatalf("%s", line)
		return
	}
	fmt.Fprintln(s.t.Output(), line)
	s.t.FailNow()
}

// isStandard reports whether t is a test of package testing, whose Errorf would put its own
// caller's place before the text. Other implementations record failures in their own Errorf.
func isStandard(t testing.TB) bool {
	switch t.(type) {
	case *testing.T, *testing.B, *testing.F:
		return true
	}
	return false
}

// encloses reports whether the other test is a subtest of this one.
func (s *scope) encloses(other *scope) bool {
	return strings.HasPrefix(other.t.Name(), s.t.Name()+"/")
}

// between lists the packages between a test and a flag, by the beginnings of their functions'
// names.
var between = []string{
	"github.com/becketflags/becket.",
	"github.com/becketflags/becket/flagtest.",
	"github.com/becketflags/becket/ofrep.",
	"github.com/becketflags/becket/openfeature.",
	"github.com/becketflags/becket/shadow.",
	"github.com/open-feature/go-sdk/",
}

// caller returns file and line of the code that asked for or set a flag.
func caller() string {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		frame, more := frames.Next()
		if !isBetween(frame.Function) || strings.HasSuffix(frame.File, "_test.go") || !more {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
	}
}

func isBetween(function string) bool {
	for _, beginning := range between {
		if strings.HasPrefix(function, beginning) {
			return true
		}
	}
	return false
}
