package native

// Definitions holds the definitions of a document, for tools that need all of them. Their memory is
// not used again.
type Definitions struct {
	Flags    []*Flag // in the order of the document
	Segments []*Segment

	// Bad holds the flags and segments with problems of their own, by section. It does not include
	// definitions that refer to a missing flag or segment, or whose key occurs twice.
	Bad map[string][]*Bad
}

// ReadDefinitions reads a document and returns its definitions. It returns one or more problems if
// the whole document must be refused.
func ReadDefinitions(body []byte) (*Definitions, []*Problem) {
	d := &Definitions{Bad: map[string][]*Bad{}}
	if _, problems := read(body, 1, keeper{d}, true); len(problems) > 0 {
		return nil, problems
	}
	return d, nil
}

// keeper is a Builder and a Compiler that keeps the definitions instead of compiling them.
type keeper struct{ definitions *Definitions }

func (k keeper) Compiler() Compiler { return k }

func (keeper) Flag(f *Flag) (compiled any, problem string) {
	kept := *f
	return &kept, ""
}

func (keeper) Segment(s *Segment) (compiled any) {
	kept := *s
	return &kept
}

func (k keeper) Add(_ *Document, section string, members [][]Member) {
	d := k.definitions
	for _, some := range members {
		for i := range some {
			switch kept := some[i].Compiled.(type) {
			case *Flag:
				d.Flags = append(d.Flags, kept)
			case *Segment:
				d.Segments = append(d.Segments, kept)
			default:
				d.Bad[section] = append(d.Bad[section], some[i].Bad)
			}
		}
	}
}
