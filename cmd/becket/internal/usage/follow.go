package usage

import (
	"go/token"
	"slices"
)

// follow finds the constants behind keys that are not constant, such as the parameter of a helper
// function that the code calls with constants.
func (r *reader) follow() {
	r.flow.link()
	followed := r.indirectAsks()
	var asks []Ask
	for i := range r.asks {
		a := &r.asks[i]
		switch {
		case a.mention.IsValid() && followed[a.mention]:
			// the calls through the variable are known
		case a.key == nil || !a.Dynamic:
			asks = append(asks, *a)
		default:
			asks = append(asks, r.behind(a)...)
		}
	}
	r.asks = asks
}

// indirectAsks records the calls that ask for a flag through a variable or an interface. It returns
// the places of the methods that are called in this way.
func (r *reader) indirectAsks() (followed map[token.Pos]bool) {
	followed = map[token.Pos]bool{}
	for _, c := range r.flow.calls {
		r.info = c.info
		functions := r.flow.callees[c.call]
		for _, fn := range functions {
			if fn.object == nil {
				continue
			}
			if name, m, ok := methodOf(fn.object); ok {
				followed[fn.mention] = true
				first := len(r.asks)
				r.askIn(c.call, name, m, fn.shift)
				for i := range r.asks[first:] {
					r.asks[first+i].Unsure = len(functions) > 1
				}
			}
		}
	}
	return followed
}

// behind returns one ask for each constant that may be the key. If there may be other keys, the ask
// itself is among them.
func (r *reader) behind(a *Ask) (asks []Ask) {
	found := r.flow.resolve(a.key, a.info, a.result, whole)
	slices.SortFunc(found.texts, func(a, b text) int { return int(a.at - b.at) })
	for _, t := range found.texts {
		one := *a
		one.Key, one.Dynamic, one.key, one.Through = t.value, false, nil, a.Place
		one.Unsure = a.Unsure || t.unsure
		one.Place = r.files.Position(t.at)
		one.Place.Filename = relative(one.Place.Filename)
		asks = append(asks, one)
	}
	if found.open || len(asks) == 0 {
		asks = append(asks, *a)
	}
	return asks
}
