package flagd

import (
	"strconv"

	"github.com/becketflags/becket/internal/match"
)

// version holds the constants of a "sem_ver": its operator and its second version.
type version struct {
	operator string
	right    match.LongVersion
	ok       bool // both constants are valid
}

// newVersion reads a constant operator and version. It returns nil if they are not constant.
func newVersion(args []node) *version {
	if len(args) != 3 || args[1].op != opConstant || args[2].op != opConstant {
		return nil
	}
	v := &version{operator: args[1].value.text}
	v.right, v.ok = versionOf(args[2].value)
	v.ok = v.ok && args[1].value.kind == kindText
	return v
}

// semVer compares two versions. The result is null if one cannot be read.
func (e *evaluation) semVer(n *node) datum {
	if n.known != nil && n.known.version != nil {
		v := n.known.version
		d := e.eval(&n.args[0])
		left, ok := e.versionOf(&d)
		if !ok || !v.ok {
			return datum{}
		}
		return e.compareVersions(left, v.operator, v.right)
	}
	args, single := e.arguments(n)
	if single || len(args) != 3 || args[1].kind != kindText {
		return datum{}
	}
	left, okLeft := e.versionOf(&args[0])
	right, okRight := e.versionOf(&args[2])
	if !okLeft || !okRight {
		return datum{}
	}
	return e.compareVersions(left, args[1].text, right)
}

// versionOf counts the steps of reading and comparing a version.
func (e *evaluation) versionOf(d *datum) (match.LongVersion, bool) {
	if d.kind == kindText && !e.make(4*len(d.text)) {
		return match.LongVersion{}, false
	}
	return versionOf(d)
}

// versionOf reads a text, or a number in Go's notation: 1e+06 is not a version.
func versionOf(d *datum) (match.LongVersion, bool) {
	switch d.kind {
	case kindText:
		return match.ParseLongVersion(d.text)
	case kindNumber:
		return match.ParseLongVersion(strconv.FormatFloat(d.number, 'g', -1, 64))
	default:
		return match.LongVersion{}, false
	}
}

// compareVersions implements "^" and "~" as flagd does: the major numbers are equal, or the major
// and minor numbers are equal; either version may be larger.
func (e *evaluation) compareVersions(left match.LongVersion, operator string, right match.LongVersion) datum {
	// a constant was read once, but is compared in each evaluation
	if !e.make(len(right.Prerelease)) {
		return datum{}
	}
	switch operator {
	case "=":
		return boolean(left.Compare(right) == 0)
	case "!=":
		return boolean(left.Compare(right) != 0)
	case "<":
		return boolean(left.Compare(right) < 0)
	case "<=":
		return boolean(left.Compare(right) <= 0)
	case ">":
		return boolean(left.Compare(right) > 0)
	case ">=":
		return boolean(left.Compare(right) >= 0)
	case "^":
		return boolean(left.Major == right.Major)
	case "~":
		return boolean(left.Major == right.Major && left.Minor == right.Minor)
	default:
		return datum{}
	}
}
