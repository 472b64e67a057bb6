package native

// Definitions holds the definitions of a document, for tools that look at it as a whole. They have
// memory of their own, and stay.
type Definitions struct {
	Flags    []*Flag // in the order of the document
	Segments []*Segment

	// Bad holds the flags and segments with problems of their own, by section. Definitions that refer
	// to a missing flag or segment, or whose key stands twice, are not among them.
	Bad map[string][]*Bad
}

// ReadDefinitions reads a document and keeps its definitions. It returns one problem or more if the
// document is to be refused as a whole.
func ReadDefinitions(body []byte) (*Definitions, []*Problem) {
	d := &Definitions{Bad: map[string][]*Bad{}}
	if _, problems := read(body, 1, keeper{d}, true); len(problems) > 0 {
		return nil, problems
	}
	return d, nil
}

// keeper builds nothing: it keeps the definitions themselves.
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
