package flagd

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// murmur3 is MurmurHash3's 32-bit variant for x86 with seed 0, which is what flagd buckets by. It is written out here from
// the published algorithm because spaolacci/murmur3's Sum32 reads through unaligned pointers and stops under the race detector.
func murmur3(key []byte) uint32 {
	var h uint32
	length := uint32(len(key)) // modulo 2^32, as the algorithm has it
	for ; len(key) >= 4; key = key[4:] {
		h ^= scramble(binary.LittleEndian.Uint32(key))
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var tail uint32
	for _, b := range slices.Backward(key) {
		tail = tail<<8 | uint32(b)
	}
	h ^= scramble(tail)
	h ^= length
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func scramble(k uint32) uint32 {
	return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593
}
