package becket

import (
	"math"
	"sort"
	"strconv"

	spaolacci "github.com/spaolacci/murmur3"
	"github.com/twmb/murmur3"

	"github.com/becketflags/becket/internal/match"
)

// The hash is the first 64 bits of MurmurHash3 x64 128-bit by Austin Appleby. It decides which
// subjects get which variants, so it never changes within schema 1; testdata/vectors has the test
// vectors.

const (
	unitBits  = 53            // a float64 holds this many bits exactly
	unitScale = 1 << unitBits // a unit is a multiple of 1/unitScale
)

// hashKey hashes a subject's key. It uses twmb/murmur3, because the compiler can prove that this
// package does not keep the key, which may therefore lie on the caller's stack. It cannot prove
// this for spaolacci/murmur3. A test checks that both return the same hashes.
func hashKey(seed uint32, key string) uint64 {
	return murmur3.SeedStringSum64(uint64(seed), key)
}

// hashText hashes a text of a document, when the document is compiled.
func hashText(text string) uint64 {
	return spaolacci.Sum64([]byte(text))
}

// seedOf returns the seed for a salt.
func seedOf(salt string) uint32 {
	return uint32(hashText(salt))
}

// unitOf maps a hash to [0, 1).
func unitOf(hash uint64) float64 { return float64(hash>>(64-unitBits)) / unitScale }

// threshold returns the number t for which the unit of a hash is below percent/100 exactly if the
// upper 53 bits of the hash are below t. Scaling by a power of two is exact, so comparing integers
// gives the same result as comparing units.
func threshold(percent float64) uint64 { return uint64(math.Ceil(percent / 100 * unitScale)) }

// fmix64 is MurmurHash3's 64-bit finaliser.
func fmix64(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hashed says what a percentage, ramp, layer or split hashes: the source of the key, and a seed.
type hashed struct {
	by   *keySource // nil for the targeting key
	seed uint32
}

// keySource is an attribute whose text is the key to hash, and the next source for subjects that
// lack the attribute.
type keySource struct {
	attribute *attributeName
	next      *keySource // nil for the last source
}

// hash returns the hash of the subject's key. It returns false if the subject has no key, or too
// little effort is left for hashing it.
func (h *hashed) hash(e *evaluation) (uint64, bool) {
	e.consulted = true
	if h.by == nil {
		if e.unit != nil {
			e.unit = nil
		}
		if e.subject.keyLength == 0 {
			e.noteMissing(keyAttribute)
			return 0, false
		}
		if key := e.subject.Key(); e.effort.hashing(key) {
			return hashKey(h.seed, key), true
		}
		return 0, false
	}
	return h.hashAttribute(e)
}

// hashAttribute hashes the first attribute that can be a key. An attribute is reported as missing
// only if there is no key at all.
func (h *hashed) hashAttribute(e *evaluation) (uint64, bool) {
	missed := e.missing != nil
	for source := h.by; source != nil; source = source.next {
		value := e.find(source.attribute)
		if !e.effort.hashing(value.Text()) {
			return 0, false
		}
		if hash, ok := hashValue(h.seed, value); ok {
			if !missed && e.missing != nil {
				e.missing = nil
			}
			e.unit = source.attribute
			return hash, true
		}
		if value.kind() == KindAny {
			e.noteMissing(source.attribute)
		}
	}
	return 0, false
}

// hashValue hashes the value of an attribute. It returns false for values that cannot be keys; only
// integers, booleans and texts other than "" can.
func hashValue(seed uint32, value Value) (uint64, bool) {
	switch value.kind() {
	case KindString:
		return hashKey(seed, value.Text()), value.number > 0
	case KindInt:
		var digits [20]byte
		return hashKey(seed, textOf(value.appendInt(digits[:0]))), true
	case KindBool:
		return hashKey(seed, strconv.FormatBool(value.Bool())), true
	default:
		return 0, false
	}
}

// gate holds the limits of a rule in addition to its conditions: a time window, a layer, and a
// percentage or a ramp.
type gate struct {
	window *window
	layer  *layer
	ramp   *ramp
	hashed        // key and seed of the percentage or ramp
	below  uint64 // threshold of the percentage; noPercent if there is none
}

const noPercent = math.MaxUint64

// rolls reports whether the result of the gate depends on a hash.
func (g *gate) rolls() bool {
	return g != nil && (g.below != noPercent || g.ramp != nil || g.layer != nil)
}

// open reports whether the time of the evaluation is within the rule's window, which must not be
// nil.
func (g *gate) open(e *evaluation) bool {
	open := g.window.open(e.now)
	if e.trace != nil {
		e.trace.window(g.window, open)
	}
	return open
}

// admits reports whether the subject is in the rule's part of the layer and in its percentage or
// ramp.
func (g *gate) admits(e *evaluation) bool {
	if g.layer != nil && !g.layer.admits(e) {
		return false
	}
	if g.below == noPercent && g.ramp == nil {
		return true
	}
	below := g.below
	if g.ramp != nil {
		below = threshold(g.ramp.percentAt(e.now))
	}
	hash, ok := g.hash(e)
	in := ok && hash>>(64-unitBits) < below
	if e.trace != nil {
		e.trace.share(e, g, below, hash, ok, in)
	}
	return in
}

// layer admits subjects whose hash, mapped to [0, 100), is in [from, to).
type layer struct {
	name string
	hashed
	from, to float64
}

func (l *layer) admits(e *evaluation) bool {
	hash, ok := l.hash(e)
	place := unitOf(hash) * 100
	in := ok && place >= l.from && place < l.to
	if e.trace != nil {
		e.trace.layer(e, l, place, ok, in)
	}
	return in
}

// ramp is a percentage that changes with time.
type ramp struct {
	steps  []rampStep // in the order of their instants
	linear bool
}

type rampStep struct {
	at      match.Instant
	percent float64
}

// percentAt returns the percentage at an instant. It is 0 before the first step, and the last
// step's percentage from the last step on. Between two steps it is the earlier step's percentage
// or, for a linear ramp, on the straight line between the two.
func (r *ramp) percentAt(now match.Instant) float64 {
	next := sort.Search(len(r.steps), func(i int) bool { return now.Before(r.steps[i].at) })
	if next == 0 {
		return 0
	}
	last := &r.steps[next-1]
	if !r.linear || next == len(r.steps) {
		return last.percent
	}
	to := &r.steps[next]
	between := last.percent + (to.percent-last.percent)*now.Sub(last.at)/to.at.Sub(last.at)
	return min(max(between, 0), 100) // because of rounding
}

// split divides subjects among variants by weighted rendezvous hashing: each variant draws from an
// exponential distribution with its weight as the rate, and the smallest draw wins. Sources: Thaler
// and Ravishankar, "Using name-based mappings to increase hit rates" (1998), and for the weights
// Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).
type split struct {
	hashed
	// in the order of their names, so that the first of equal draws wins; all weights are above 0
	arms     []arm
	exponent int // the document's weights have been divided by 2 to the power of exponent
}

// scale divides the weights by the power of two that brings the largest one near 1. This is exact
// and does not change the order of the draws. Without it, all draws of weights near 0 would be
// infinite.
func (s *split) scale() {
	largest := 0.0
	for i := range s.arms {
		largest = max(largest, s.arms[i].weight)
	}
	_, s.exponent = math.Frexp(largest)
	for i := range s.arms {
		a := &s.arms[i]
		a.weight = max(math.Ldexp(a.weight, -s.exponent), math.SmallestNonzeroFloat64)
		a.inverse = 1 / a.weight
	}
}

type arm struct {
	variant *Variant
	name    uint64  // hash of salt + "/" + the variant's name
	weight  float64 // above 0; see scale
	inverse float64 // 1 / weight
}

// unit returns the arm's random number in [0, 1) for a subject's hash.
func (a *arm) unit(hash uint64) float64 { return unitOf(fmix64(hash ^ a.name)) }

// draw returns the arm's draw for a subject's hash, -ln(1-u)/w; the smallest draw wins.
func (a *arm) draw(hash uint64) float64 { return -math.Log(1-a.unit(hash)) / a.weight }

// winner returns the arm with the smallest draw. Logarithms are slow, so it first compares bounds:
// u + u²/2 <= -ln(1-u) <= u + u²/2 + u³/3/(1-u). The comparison leaves a margin that is far larger
// than any rounding error. If the bounds of two arms overlap, winner compares the logarithms.
func (s *split) winner(hash uint64) *arm {
	const slack = 1e-12
	best := &s.arms[0]
	if len(s.arms) == 1 {
		return best
	}
	low, high := best.bounds(hash)
	for i := 1; i < len(s.arms); i++ {
		a := &s.arms[i]
		l, h := a.bounds(hash)
		switch {
		case h < low*(1-slack):
			best, low, high = a, l, h
		case !(l > high*(1+slack)): // also for NaN, which weights near 0 can produce
			return s.exactWinner(hash)
		}
	}
	return best
}

// bounds returns a lower and an upper bound of the arm's draw.
func (a *arm) bounds(hash uint64) (low, high float64) {
	u := a.unit(hash)
	base := u * (1 + u*0.5)
	return base * a.inverse, (base + u*u*u/(3*(1-u))) * a.inverse
}

func (s *split) exactWinner(hash uint64) *arm {
	best := &s.arms[0]
	smallest := best.draw(hash)
	for i := 1; i < len(s.arms); i++ {
		if draw := s.arms[i].draw(hash); draw < smallest {
			best, smallest = &s.arms[i], draw
		}
	}
	return best
}
