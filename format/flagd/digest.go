package flagd

import (
	"encoding/binary"
	"hash/maphash"
	"math"
)

var digestSeed = maphash.MakeSeed()

// digester computes numbers that distinguish definitions within one process. It visits members in
// the order of their names, so that the order in the document makes no difference.
type digester struct{ maphash.Hash }

func newDigester() *digester {
	d := &digester{}
	d.SetSeed(digestSeed)
	return d
}

func (h *digester) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:])
}

func (h *digester) text(s string) {
	h.number(uint64(len(s)))
	_, _ = h.WriteString(s)
}

func (h *digester) datum(d *datum) {
	_ = h.WriteByte(byte(d.kind))
	switch d.kind {
	case kindBool, kindNumber:
		h.number(math.Float64bits(d.number))
	case kindText:
		h.text(d.text)
	case kindList:
		h.number(uint64(len(d.more.list)))
		for i := range d.more.list {
			h.datum(&d.more.list[i])
		}
	case kindObject:
		h.number(uint64(len(d.more.pairs)))
		for i := range d.more.pairs {
			h.text(d.more.pairs[i].name)
			h.datum(&d.more.pairs[i].value)
		}
	}
}
