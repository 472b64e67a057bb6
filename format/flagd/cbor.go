package flagd

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/twmb/murmur3"
)

// hashCBOR hashes in the same way as version 3 of "fractional": it hashes any value except null, in
// the deterministic encoding of RFC 8949, section 4.2.1. If the first argument is a bucket, it
// hashes the list of the flag's key and the targeting key.
func (e *evaluation) hashCBOR(first *datum) (hash uint32, ok bool) {
	var buffer [128]byte
	b := buffer[:0]
	switch first.kind {
	case kindNull:
		return 0, false
	case kindList:
		key := e.targetingKey()
		if key == "" || !e.make(len(key)) {
			return 0, false
		}
		b = appendHead(b, 4, 2)
		b = appendCBORText(b, e.flagKey())
		b = appendCBORText(b, key)
	default:
		if !e.weigh(first) {
			return 0, false
		}
		b = appendCBOR(b, first)
	}
	return murmur3.Sum32(b), true
}

// appendCBOR appends the encoding of d.
func appendCBOR(b []byte, d *datum) []byte {
	switch d.kind {
	case kindBool:
		return append(b, 0xf4+byte(d.number))
	case kindNumber:
		return appendCBORNumber(b, d.number)
	case kindText:
		return appendCBORText(b, d.text)
	case kindList:
		b = appendHead(b, 4, uint64(len(d.more.list)))
		for i := range d.more.list {
			b = appendCBOR(b, &d.more.list[i])
		}
		return b
	case kindObject:
		return appendCBORMap(b, d.more)
	default:
		return append(b, 0xf6)
	}
}

// appendHead appends a major type with its argument in the fewest bytes.
func appendHead(b []byte, major byte, argument uint64) []byte {
	major <<= 5
	switch {
	case argument < 24:
		return append(b, major|byte(argument))
	case argument <= math.MaxUint8:
		return append(b, major|24, byte(argument))
	case argument <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(argument))
	case argument <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(argument))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), argument)
	}
}

func appendCBORText(b []byte, s string) []byte {
	return append(appendHead(b, 3, uint64(len(s))), s...)
}

// appendCBORMap sorts the entries by the bytes of their encoded names.
func appendCBORMap(b []byte, members *compound) []byte {
	names := make([]string, 0, members.size())
	members.each(func(name string, _ *datum) { names = append(names, string(appendCBORText(nil, name))) })
	slices.Sort(names)
	b = appendHead(b, 5, uint64(len(names)))
	for _, encoded := range names {
		name := encoded[headLength(encoded):]
		member := members.member(name)
		b = appendCBOR(append(b, encoded...), &member)
	}
	return b
}

// headLength returns the number of bytes in the head of an encoded text.
func headLength(encoded string) int {
	switch encoded[0] & 0x1f {
	case 24:
		return 2
	case 25:
		return 3
	case 26:
		return 5
	case 27:
		return 9
	default:
		return 1
	}
}

// appendCBORNumber writes a whole number within 64 bits as an integer, and any other number as the
// shortest float that has the same value.
func appendCBORNumber(b []byte, f float64) []byte {
	switch {
	case f == math.Trunc(f) && f >= 0 && f < 1<<64:
		return appendHead(b, 0, uint64(f))
	case f == math.Trunc(f) && f < 0 && f >= -(1<<63):
		return appendHead(b, 1, uint64(-1-int64(f)))
	}
	single := float32(f)
	if float64(single) != f && f == f {
		return binary.BigEndian.AppendUint64(append(b, 0xfb), math.Float64bits(f))
	}
	if half, ok := halfFloat(math.Float32bits(single)); ok {
		return binary.BigEndian.AppendUint16(append(b, 0xf9), half)
	}
	return binary.BigEndian.AppendUint32(append(b, 0xfa), math.Float32bits(single))
}

// halfFloat returns the half-precision float with the same value as a single-precision float, if
// there is one.
func halfFloat(single uint32) (half uint16, ok bool) {
	sign := uint16(single >> 16 & 0x8000)
	exponent := int(single>>23&0xff) - 127
	fraction := single & 0x7fffff
	switch {
	case exponent == 128 && fraction == 0:
		return sign | 0x7c00, true
	case exponent == 128:
		return 0x7e00, true
	case exponent >= -14 && exponent <= 15:
		if fraction&0x1fff != 0 {
			return 0, false
		}
		return sign | uint16(exponent+15)<<10 | uint16(fraction>>13), true
	case exponent >= -24 && exponent < -14:
		// A subnormal: the leading one becomes part of the fraction.
		shift := -exponent - 1
		fraction |= 1 << 23
		if fraction&(1<<shift-1) != 0 {
			return 0, false
		}
		return sign | uint16(fraction>>shift), true
	default:
		return 0, false
	}
}
