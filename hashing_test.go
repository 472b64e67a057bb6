package becket

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/spaolacci/murmur3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publishedMurmur3 returns the first 64 bits of MurmurHash3_x64_128, as Austin Appleby published
// it. It is written for these tests. It reads bytes in little-endian order on every machine, so a
// comparison fails for an implementation that reads them in the machine's order.
func publishedMurmur3(seed uint32, key []byte) uint64 {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	mix1 := func(k uint64) uint64 { return bits.RotateLeft64(k*c1, 31) * c2 }
	mix2 := func(k uint64) uint64 { return bits.RotateLeft64(k*c2, 33) * c1 }
	h1, h2 := uint64(seed), uint64(seed)
	rest := key
	for ; len(rest) >= 16; rest = rest[16:] {
		h1 ^= mix1(binary.LittleEndian.Uint64(rest))
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= mix2(binary.LittleEndian.Uint64(rest[8:]))
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	}
	var tail [16]byte
	copy(tail[:], rest) // the missing bytes are zero, and mixing zero gives zero
	h2 ^= mix2(binary.LittleEndian.Uint64(tail[8:]))
	h1 ^= mix1(binary.LittleEndian.Uint64(tail[:]))
	h1 ^= uint64(len(key))
	h2 ^= uint64(len(key))
	h1 += h2
	h2 += h1
	return publishedFinaliser(h1) + publishedFinaliser(h2)
}

func publishedFinaliser(k uint64) uint64 {
	k = (k ^ k>>33) * 0xff51afd7ed558ccd
	k = (k ^ k>>33) * 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}

func publishedUnit(hash uint64) float64 { return math.Ldexp(float64(hash>>11), -53) }

// hashingVectors is testdata/vectors/hashing.json.
type hashingVectors struct {
	About string
	Keys  []struct {
		Salt, Key string
		Seed      uint32
		Murmur3   string
		Unit      float64
	}
	Splits []struct {
		Salt, Key string
		Weights   map[string]float64
		Winner    string
		Units     map[string]float64
		Draws     map[string]float64
	}
	Attributes []struct {
		Attribute json.RawMessage
		Type      string
		Text      *string
	}
}

func readHashingVectors(t *testing.T) hashingVectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors/hashing.json")
	require.NoError(t, err)
	var vectors hashingVectors
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.GreaterOrEqual(t, len(vectors.Keys), 220)
	require.GreaterOrEqual(t, len(vectors.Splits), 110)
	require.GreaterOrEqual(t, len(vectors.Attributes), 30)
	return vectors
}

func TestMurmur3IsThePublishedAlgorithm(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 11))
	for i := range 10_000 {
		key := make([]byte, i%201)
		for j := range key {
			key[j] = byte(random.Uint32())
		}
		seed := random.Uint32()
		want := publishedMurmur3(seed, key)
		require.Equalf(t, want, murmur3.Sum64WithSeed(key, seed), "seed %d, key %x", seed, key)
		require.Equalf(t, want, hashKey(seed, string(key)), "seed %d, key %x", seed, key)
		h := random.Uint64()
		require.Equal(t, publishedFinaliser(h), fmix64(h))
	}
}

// An unaligned text must hash like an aligned one: the implementation reads eight bytes at once.
func TestHashesDoNotDependOnWhereTheTextLies(t *testing.T) {
	t.Parallel()
	const text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for from := range 16 {
		for to := from; to <= len(text); to++ {
			require.Equal(t, publishedMurmur3(7, []byte(text[from:to])), hashKey(7, text[from:to]))
		}
	}
}

func TestHashingVectorsHoldForKeys(t *testing.T) {
	t.Parallel()
	tails := map[int]bool{}
	for _, row := range readHashingVectors(t).Keys {
		name := fmt.Sprintf("salt %q, key %q", row.Salt, row.Key)
		want, err := strconv.ParseUint(row.Murmur3, 16, 64)
		require.NoError(t, err, name)
		assert.Equal(t, row.Seed, uint32(publishedMurmur3(0, []byte(row.Salt))), name)
		assert.Equal(t, want, publishedMurmur3(row.Seed, []byte(row.Key)), name)
		assert.Equal(t, row.Seed, seedOf(row.Salt), name)
		assert.Equal(t, want, hashKey(seedOf(row.Salt), row.Key), name)
		assert.Equal(t, row.Unit, unitOf(want), name)
		assert.Equal(t, row.Unit, publishedUnit(want), name)
		tails[len(row.Key)] = true
	}
	for length := range 41 {
		assert.Truef(t, tails[length], "a key of %d bytes", length)
	}
}

func TestHashingVectorsHoldForSplits(t *testing.T) {
	t.Parallel()
	widths := map[int]bool{}
	for i, row := range readHashingVectors(t).Splits {
		name := fmt.Sprintf("row %d: salt %q, key %q", i, row.Salt, row.Key)
		hash := publishedMurmur3(uint32(publishedMurmur3(0, []byte(row.Salt))), []byte(row.Key))
		for variant, weight := range row.Weights {
			if weight == 0 {
				assert.NotContains(t, row.Units, variant, name)
				continue
			}
			published := publishedMurmur3(0, []byte(row.Salt+"/"+variant))
			unit := publishedUnit(publishedFinaliser(hash ^ published))
			assert.Equal(t, row.Units[variant], unit, name)
			assert.InEpsilon(t, row.Draws[variant], -math.Log(1-unit)/weight, 1e-12, name)
		}
		got := splitWinner(t, row.Salt, row.Weights, row.Key)
		assert.Equal(t, row.Winner, got, name)
		widths[len(row.Weights)] = true
	}
	for width := 1; width <= 12; width++ {
		assert.Truef(t, widths[width], "a split of %d", width)
	}
}

// splitWinner returns the variant of a flag with this split.
func splitWinner(t *testing.T, salt string, weights map[string]float64, key string) string {
	t.Helper()
	rules := decodeHashing(t, map[string]any{"flag": splitFlag(salt, weights)})
	subject := NewSubject(key)
	r := rules.Evaluate("flag", KindString, &subject, hashingMoment())
	require.NotNil(t, r.Variant)
	require.Equal(t, ReasonSplit, r.Reason)
	return r.Variant.Name
}

// splitFlag is the definition of a flag that splits all its subjects. The values of its variants
// are their names.
func splitFlag(salt string, weights map[string]float64) map[string]any {
	variants := map[string]string{}
	for variant := range weights {
		variants[variant] = variant
	}
	return map[string]any{"variants": variants, "default": map[string]any{"split": weights, "salt": salt}}
}

func decodeHashing(t *testing.T, flags map[string]any) Rules {
	t.Helper()
	document, err := json.Marshal(map[string]any{"schema": 1, "flags": flags})
	require.NoError(t, err)
	rules, err := Native.Decode(document)
	require.NoError(t, err)
	require.Empty(t, rules.Info().Bad)
	return rules
}

func hashingMoment() *Moment { return MomentAt(time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC), 0) }

// TestHashingVectorsHoldForAttributes checks the hash of an attribute by percentages: a percentage
// just above the hash's place admits the subject, and one just below it does not.
func TestHashingVectorsHoldForAttributes(t *testing.T) {
	t.Parallel()
	for _, row := range readHashingVectors(t).Attributes {
		name := string(row.Attribute) + " as " + row.Type
		subject := NewSubject("user-1", hashedAttribute(t, row.Attribute, row.Type))
		in := func(percent float64) bool {
			rule := map[string]any{"percent": percent, "by": "a", "salt": "attributes", "serve": "on"}
			rules := decodeHashing(t, map[string]any{"flag": map[string]any{"rules": []any{rule}}})
			r := rules.Evaluate("flag", KindBool, &subject, hashingMoment())
			require.NotNil(t, r.Variant, name)
			return r.Variant.Name == "on"
		}
		if row.Text == nil {
			assert.Falsef(t, in(100), "%s is no key", name)
			continue
		}
		place := unitOf(hashKey(seedOf("attributes"), *row.Text)) * 100
		assert.Truef(t, in(place*(1+1e-12)), "%s is hashed as %q", name, *row.Text)
		assert.Falsef(t, in(place*(1-1e-12)), "%s is hashed as %q", name, *row.Text)
	}
}

func hashedAttribute(t *testing.T, raw []byte, kind string) Attribute {
	t.Helper()
	var text string
	var float float64
	switch kind {
	case "text":
		require.NoError(t, json.Unmarshal(raw, &text))
		return String("a", text)
	case "integer":
		i, err := strconv.ParseInt(string(raw), 10, 64)
		require.NoError(t, err)
		return Int64("a", i)
	case "boolean":
		return Bool("a", string(raw) == "true")
	case "list":
		var texts []string
		require.NoError(t, json.Unmarshal(raw, &texts))
		return Strings("a", texts...)
	case "time":
		var object map[string]time.Time
		require.NoError(t, json.Unmarshal(raw, &object))
		return Time("a", object["$time"])
	}
	require.Equal(t, "float", kind)
	if raw[0] == '{' {
		var object map[string]string
		require.NoError(t, json.Unmarshal(raw, &object))
		raw = []byte(object["$float"])
	}
	float, err := strconv.ParseFloat(string(raw), 64)
	require.NoError(t, err)
	return Float("a", float)
}
