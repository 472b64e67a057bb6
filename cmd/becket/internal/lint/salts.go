package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spaolacci/murmur3"

	"github.com/becketflags/becket/cmd/becket/internal/ruleset"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
	"github.com/becketflags/becket/internal/wording"
)

// draw is a hash that decides for a rule or a default.
type draw struct {
	flag *native.Flag
	salt string
	what string // such as `the layer "checkout"`
}

// drawing identifies draws that give a subject the same place: by the hash of the salt, which
// seeds the hash of the key, and by the attributes that are hashed.
type drawing struct {
	seed uint32
	by   string
	arms string // for a split, its variants, because each variant draws by itself
}

// layerSalt is the beginning of the salt of a layer.
const layerSalt = "layer/"

// salts finds shares of two flags, or of a flag and a layer, that draw the same subjects.
func (c *checker) salts() {
	first := map[drawing]draw{}
	// Layers come first, so that a flag is reported and not the layer.
	for _, f := range c.ruleset.Flags {
		for i := range f.Rules {
			if r := &f.Rules[i]; f.Enabled && r.HasLayer {
				salt := layerSalt + r.Layer.Name
				key := newDrawing(salt, r.By, nil)
				if _, known := first[key]; !known {
					first[key] = draw{nil, salt, fmt.Sprintf("the layer %q", match.Brief(r.Layer.Name))}
				}
			}
		}
	}
	for _, f := range c.ruleset.Flags {
		c.flag, c.path = f, wording.Member(native.Flags, f.Key)
		if !f.Enabled {
			continue
		}
		for i := range f.Rules {
			r := &f.Rules[i]
			path := rulePath(f, r)
			if r.HasRamp || r.HasPercent && r.Percent > 0 && r.Percent < 100 {
				c.drawn(first, newDrawing(r.Salt, r.By, nil), r.Salt, saltPlace(r.Written, path))
			}
			c.drawnSplit(first, &r.Serve, saltPlace(r.Written.Field("serve"), path+".serve"))
		}
		c.drawnSplit(first, &f.Default, saltPlace(f.Written.Field("default"), c.path+".default"))
	}
	c.flag = nil
}

// place is a place in the document.
type place struct {
	at   int
	path string
}

// saltPlace returns the place of the salt of a rule or a split, or of the whole if it has none.
func saltPlace(w native.Written, path string) place {
	if salt := w.Field("salt"); salt.IsThere() {
		return place{salt.At, path + ".salt"}
	}
	return place{w.At, path}
}

func (c *checker) drawnSplit(first map[drawing]draw, s *native.Serve, where place) {
	if arms := ruleset.Served(s); s.IsSplit && len(arms) > 1 {
		slices.Sort(arms)
		c.drawn(first, newDrawing(s.Salt, s.By, arms), s.Salt, where)
	}
}

// drawn reports a draw that an earlier flag or a layer makes too.
func (c *checker) drawn(first map[drawing]draw, key drawing, salt string, where place) {
	one, known := first[key]
	switch {
	case !known:
		first[key] = draw{c.flag, salt, fmt.Sprintf("the flag %q", match.Brief(c.flag.Key))}
	case one.flag == c.flag:
	case one.salt == salt:
		c.find(SharedSalt, where.at, where.path, "the salt %q is also that of %s: both draw the same subjects",
			match.Brief(salt), one.what)
	default:
		c.find(SharedSalt, where.at, where.path,
			"the salt %q has the same hash as the salt %q of %s: both draw the same subjects",
			match.Brief(salt), match.Brief(one.salt), one.what)
	}
}

func newDrawing(salt string, by, arms []string) drawing {
	return drawing{seedOf(salt), strings.Join(by, "\x00"), strings.Join(arms, "\x00")}
}

// seedOf returns the seed for a salt, as docs/ruleset.md defines it.
func seedOf(salt string) uint32 { return uint32(murmur3.Sum64([]byte(salt))) }
