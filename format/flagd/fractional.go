package flagd

import (
	"math"
	"slices"

	"github.com/twmb/murmur3"
)

// buckets are the variants of a "fractional" with their weights.
type buckets struct {
	first int // index of the argument that is the first bucket
	ok    bool
	total uint64
	// for each bucket, the sum of the weights of this bucket and the buckets before it
	ends     []uint64
	variants []datum
}

// newBuckets reads constant buckets. It returns nil if they must be evaluated. The first argument
// is a bucket or the value to hash, and only its evaluation may show which. An argument that is not
// a constant list counts as the value to hash.
func newBuckets(args []node) *buckets {
	b := &buckets{ok: true, ends: make([]uint64, 0, len(args)), variants: make([]datum, 0, len(args))}
	if len(args) > 0 && args[0].op != opList && (args[0].op != opConstant || args[0].value.kind != kindList) {
		b.first = 1
	}
	for i := b.first; i < len(args); i++ {
		if args[i].op != opConstant {
			return nil
		}
		b.add(args[i].value)
	}
	return b
}

// shares returns the buckets of a "fractional" if they are constant, and otherwise nil.
func (n *node) shares() *buckets {
	if n.known == nil {
		return nil
	}
	return n.known.buckets
}

// add reads one bucket: a variant and its weight. The default weight is 1.
func (b *buckets) add(bucket *datum) {
	variant, weight, ok := readBucket(bucket)
	b.ok = b.ok && ok
	b.total += weight
	b.ends = append(b.ends, b.total)
	b.variants = append(b.variants, variant)
}

// readBucket reads a list of a variant and a weight. A negative weight counts as 0, because rules
// that compute a weight from the time may get one.
func readBucket(bucket *datum) (variant datum, weight uint64, ok bool) {
	if bucket.kind != kindList || len(bucket.more.list) == 0 {
		return datum{}, 0, false
	}
	elements := bucket.more.list
	if elements[0].kind >= kindList {
		return datum{}, 0, false
	}
	if len(elements) == 1 || elements[1].kind == kindNull {
		return elements[0], 1, true
	}
	f := elements[1].number
	if elements[1].kind != kindNumber || f != math.Trunc(f) || f > math.MaxInt32 || math.IsInf(f, 0) || f < -(1<<63) {
		return datum{}, 0, false
	}
	return elements[0], uint64(max(f, 0)), true
}

// valid reports whether subjects can be assigned to the buckets.
func (b *buckets) valid() bool { return b.ok && b.total > 0 && b.total <= math.MaxInt32 }

// pick returns the bucket that a hash falls into.
func (b *buckets) pick(hash uint32) datum {
	place := uint64(hash) * b.total >> 32
	// the first bucket that ends after the hash's place
	i, _ := slices.BinarySearch(b.ends, place+1)
	if i == len(b.ends) {
		return datum{}
	}
	return b.variants[i]
}

// fractional assigns subjects to buckets by a hash of a text that stays the same for each subject.
func (e *evaluation) fractional(n *node) datum {
	e.consulted = true
	if b := n.shares(); b != nil && len(n.args) > 0 && !e.outside() {
		first := datum{kind: kindList}
		if b.first == 1 {
			first = e.eval(&n.args[0])
		}
		if b.first == 0 || first.kind != kindList {
			return e.share(b, &first)
		}
	}
	return e.fractionalOfEvaluated(n)
}

// fractionalOfEvaluated is [evaluation.fractional] for buckets that have to be evaluated.
func (e *evaluation) fractionalOfEvaluated(n *node) datum {
	args, single := e.arguments(n)
	if e.failed || single || len(args) == 0 || e.outside() {
		return datum{}
	}
	b := buckets{ok: true}
	if args[0].kind != kindList {
		b.first = 1
	}
	for i := b.first; i < len(args); i++ {
		b.add(&args[i])
	}
	return e.share(&b, &args[0])
}

// share returns the bucket of the evaluation's subject.
func (e *evaluation) share(b *buckets, first *datum) datum {
	hash, ok := e.hash(first)
	if e.failed || !ok || !b.valid() {
		return datum{}
	}
	return b.pick(hash)
}

// outside reports whether the data are an iteration's element that is not an object. Then
// "fractional" returns null.
func (e *evaluation) outside() bool { return e.inner && e.data.kind != kindObject }

// hash hashes the first argument, or the flag's key with the targeting key if the first argument
// is a bucket or null.
func (e *evaluation) hash(first *datum) (hash uint32, ok bool) {
	if e.v3 {
		return e.hashCBOR(first)
	}
	switch first.kind {
	case kindText:
		return hashTexts("", first.text), e.make(len(first.text))
	case kindNull, kindList:
		name, key := e.flagKey(), e.targetingKey()
		return hashTexts(name, key), key != "" && e.make(len(name)+len(key))
	default:
		return 0, false
	}
}

// targetingKey returns the data's targeting key, or "" if it is missing or not a text.
func (e *evaluation) targetingKey() string {
	if e.inner {
		return textOf(e.data.member(targetingKeyName))
	}
	if key := e.subject.Key(); key != "" {
		return validText(key)
	}
	if v, ok := e.subject.Entry("", targetingKeyName); ok {
		return validText(v.Text())
	}
	return ""
}

func (e *evaluation) flagKey() string {
	if !e.inner {
		return e.key
	}
	if properties := e.data.member(flagdName); properties.kind == kindObject {
		return textOf(properties.member(flagKeyName))
	}
	return ""
}

func textOf(d datum) string {
	if d.kind != kindText {
		return ""
	}
	return d.text
}

// hashTexts returns the hash of the texts joined together.
func hashTexts(a, b string) uint32 {
	var buffer [128]byte
	return murmur3.Sum32(append(append(buffer[:0], a...), b...))
}
