package becket

import "unsafe"

// A flag check promises to allocate nothing, also when the subject is built inside the call. The compiler keeps the subject's
// attributes on the caller's stack only as long as it can see that nothing below keeps them, and it cannot see through
// calls by interface or function value, nor into functions that keep their argument on a path never taken here.
// The functions of this file hide pointers from that analysis. They are sound under one condition, which every caller
// states: what receives the hidden pointer does not keep it after it returns.
//
// A hidden pointer stays a pointer for the garbage collector and for stack growth. The compiler folds the two conversions of
// hide into nothing, but only after escape analysis; what it hands on is the pointer itself. (Reading the number back through
// memory would leave it a number until it is used, and a stack that moves meanwhile would leave it behind; a test holds that
// this does not happen.) Nothing is called between the two conversions. strings.Builder of the standard library does the
// same. Checks of pointer arithmetic are off here, since they ask where a number came from.

// hide returns p, unseen by escape analysis.
//
//go:nocheckptr
func hide[T any](p *T) *T { return (*T)(pointerOf(uintptr(unsafe.Pointer(p)))) }

//go:nocheckptr
func pointerOf[N ~uintptr](number N) unsafe.Pointer { return unsafe.Pointer(number) }

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
