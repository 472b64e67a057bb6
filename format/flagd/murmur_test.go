package flagd

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/twmb/murmur3"
)

func TestHashTextsIsMurmur3(t *testing.T) {
	for text, want := range map[string]uint32{
		"": 0, "hello": 0x248bfa47, "hello, world": 0x149bbb7f,
		"The quick brown fox jumps over the lazy dog": 0x2e4ff723, "test": 0xba6bd213, "a": 0x3c2569b2,
		"ab": 0x9bbfd75f, "abc": 0xb3dd93fa,
	} {
		assert.Equal(t, want, writtenOut([]byte(text)), text)
		for cut := range len(text) + 1 {
			assert.Equal(t, want, hashTexts(text[:cut], text[cut:]), text)
		}
	}
	long := strings.Repeat("x", 1000)
	assert.Equal(t, writtenOut([]byte(long)), hashTexts(long[:900], long[900:]))
}

// The library that hashes is held to the published algorithm, at every length and alignment.
func TestTheLibraryHashesAsTheAlgorithmIsPublished(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	memory := make([]byte, 200)
	for range 20_000 {
		for i := range memory {
			memory[i] = byte(random.Uint32())
		}
		start := random.IntN(9)
		key := memory[start : start+random.IntN(len(memory)-start)]
		if want := writtenOut(key); want != murmur3.Sum32(key) {
			t.Fatalf("%x: %08x, and not %08x", key, murmur3.Sum32(key), want)
		}
	}
}

// writtenOut is MurmurHash3's 32-bit variant for x86 with seed 0, which flagd buckets by, written
// out from the published algorithm.
func writtenOut(key []byte) uint32 {
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
