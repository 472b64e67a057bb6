package becket

import "unsafe"

// textOf returns b as a string without a copy. Whoever changes b changes the string.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
