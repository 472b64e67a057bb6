package match

// The numbers of the types of values, which package becket and internal/native share.
const (
	anyKind = iota
	_       // boolean
	_       // text
	intKind
	floatKind
)

// Readable reports whether a value of one type may be read as the type want: every type as itself
// and as any type, and an integer as a float.
func Readable[K ~uint8](kind, want K) bool {
	return want == kind || want == anyKind || want == floatKind && kind == intKind
}
