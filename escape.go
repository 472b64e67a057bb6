package becket

import "unsafe"

// A flag check promises to allocate nothing, also when the subject is built inside the call. The compiler keeps the subject's
// attributes on the caller's stack only as long as it can see that nothing below keeps them, and it cannot see through
// calls by interface or function value, nor into functions that keep their argument on a path never taken here.
// The two functions of this file hide a pointer from that analysis. They are sound under one condition, which every caller
// states: what receives the hidden pointer does not keep it after it returns.
//
// A hidden pointer is still a pointer for the garbage collector and for stack growth: hidden is a call of its own, so that what it returns
// is a pointer to the compiler from then on. Inlined, the number would stay where it is until it is used, and a stack that
// moves meanwhile would leave it behind. Nothing is called between the two conversions.

// hide returns p, unseen by escape analysis.
func hide[T any](p *T) *T { return (*T)(hidden(unsafe.Pointer(p))) }

//go:noinline
func hidden(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// hideString returns s with its bytes unseen by escape analysis.
func hideString(s string) string {
	return unsafe.String(hide(unsafe.StringData(s)), len(s))
}

// hideBytes returns the bytes of s for functions that only read them, unseen by escape analysis.
func hideBytes(s string) []byte {
	return unsafe.Slice(hide(unsafe.StringData(s)), len(s))
}

// hideSubject returns s with key and attributes unseen by escape analysis.
func hideSubject(s Subject) Subject {
	return Subject{hide(s.key), hide(s.attributes), s.keyLength, s.count}
}

// textOf returns b as a string without a copy. Whoever changes b changes the string.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
