package native

import "github.com/becketflags/becket/internal/match"

// Segment is the definition of a segment.
type Segment struct {
	Key              string
	KeyAt            int // offset of the key
	Written          Written
	Include, Exclude match.Texts // targeting keys
	If               *Condition  // nil if there is no condition
	Digest           uint64      // digest of the definition; differs between processes
}

// segment reads and compiles a segment. It returns nil if there is a problem.
func (r *reader) segment(key string, keyAt int) (compiled any) {
	s := &r.segmentDefinition
	*s = Segment{Key: key, KeyAt: keyAt}
	before := r.failed
	start := r.at
	r.reuse()
	r.fields([]string{"description", "include", "exclude", "if"}, func(field string) {
		switch field {
		case "description":
			r.text()
		case "include":
			s.Include = r.keySet()
		case "exclude":
			s.Exclude = r.keySet()
		case "if":
			s.If = r.condition()
		}
	})
	if r.failed > before {
		return nil
	}
	s.Written = r.written(start)
	s.Digest = r.digest("", start)
	return r.compiler.Segment(s)
}

// keySet reads a list of targeting keys, which may be long.
func (r *reader) keySet() match.Texts {
	if !r.enter('[') {
		return match.Texts{}
	}
	var keys []string
	for i := 0; r.more(); i++ {
		if r.kind() != '"' {
			r.path = append(r.path, element(i))
			r.wrongKind(kindWords['"'])
			r.up()
			continue
		}
		push(&keys, string(r.inner(r.token())))
	}
	return match.NewTexts(keys)
}
