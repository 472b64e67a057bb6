package configcat_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/format/configcat"
)

// hostileDocuments are documents of about size bytes that take much memory or time without limits.
func hostileDocuments(size int) map[string]string {
	many := func(size int, part string) string {
		return strings.TrimSuffix(strings.Repeat(part+",", size/(len(part)+1)), ",")
	}
	numbered := func(size int, format string) string {
		return times(size/len(format), func(i int) string { return fmt.Sprintf(format, i) })
	}
	setting := func(member string) string { return `{"f":{"f":{"t":0,` + member + `}}}` }
	list := func(comparator int, items string) string {
		return onlyIf(userCondition("A", comparator, "l", "["+items+"]"))
	}
	hash := strings.Repeat("a", 64)
	return map[string]string{
		"a list of zeros":          list(0, many(size, "0")),
		"a list of texts":          list(0, many(size, `"a"`)),
		"a list of empty texts":    list(2, many(size, `""`)),
		"a list of hashes":         list(16, many(size, `"`+hash+`"`)),
		"a list of bad slices":     list(22, many(size, `"5_1"`)),
		"a list of versions":       list(4, many(size, `"1.0.0"`)),
		"conditions that are none": onlyIf(many(size, "0")),
		"empty conditions":         onlyIf(many(size, "{}")),
		"many conditions":          onlyIf(many(size, userCondition("A", 28, "s", `""`))),
		"many prerequisites":       onlyIf(many(size, `{"p":{"f":"f","c":0,"v":{"b":true}}}`)),
		"segments that are absent": onlyIf(many(size, `{"s":{"s":0,"c":0}}`)),
		"rules that are none":      setting(`"r":[` + many(size, "0") + `]`),
		"empty rules":              setting(`"r":[` + many(size, "{}") + `]`),
		"rules without a value":    setting(`"r":[` + many(size, `{"s":1}`) + `]`),
		"options that are none":    setting(`"p":[` + many(size, "0") + `]`),
		"empty options":            setting(`"p":[` + many(size, "{}") + `]`),
		"lists within lists": setting(`"r":[` + strings.Repeat("[", 200) + many(size, "0") +
			strings.Repeat("]", 200) + `]`),
		"duplicate members":      `{"f":{"f":{` + many(size, `"a":0`) + `}}}`,
		"many empty settings":    `{"f":{` + numbered(size, `"%d":{}`) + `}}`,
		"many settings":          `{"f":{` + numbered(size, `"%d":{"t":0,"v":{"b":true}}`) + `}}`,
		"one setting many times": `{"f":{` + many(size, `"a":{"t":0,"v":{"b":true}}`) + `}}`,
		"empty segments":         `{"s":[` + many(size, "{}") + `]}`,
		"many segments":          `{"s":[` + numbered(size, `{"n":"%d"}`) + `]}`,
		"a long salt and settings": `{"p":{"s":"` + strings.Repeat("x", size/2) + `"},"f":{` +
			numbered(size/2, `"%d":{"t":0,"v":{"b":true}}`) + `}}`,
		"a long salt and segments": `{"p":{"s":"` + strings.Repeat("x", size/2) + `"},"s":[` +
			numbered(size/2, `{"n":"%d"}`) + `]}`,
		"a long key":              `{"f":{"` + strings.Repeat("x", size) + `":{}}}`,
		"a number of many digits": onlyIf(userCondition("A", 10, "d", strings.Repeat("9", size))),
		"zeros as preferences":    `{"p":{"s":[` + many(size, "0") + `]}}`,
		"an unknown member":       `{"xx":[` + many(size, "0") + `]}`,
		"cut off":                 `{"f":{"f":{"t":0,"p":[` + many(size, "0"),
	}
}

// Most documents take less than 40 bytes for each byte. Texts of at most one character, and rules
// with one member, take up to 80.
func TestDecodingTakesMemoryAndTimeInProportionToTheDocument(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory and time of its own")
	}
	const small, large, perByte = 150_000, 600_000, 80
	cost := func(document string) (bytes uint64, took time.Duration) {
		raw := []byte(document)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		rules, err := configcat.V6.Decode(raw)
		took = time.Since(begun)
		runtime.ReadMemStats(&after)
		if err != nil {
			assert.Less(t, len(err.Error()), 1_000)
		} else {
			assert.LessOrEqual(t, len(rules.Info().Warnings), 1_000)
		}
		return after.TotalAlloc - before.TotalAlloc, took
	}
	ofLarge := hostileDocuments(large)
	for name, document := range hostileDocuments(small) {
		t.Run(name, func(t *testing.T) {
			few, soon := cost(document)
			many, late := cost(ofLarge[name])
			assert.LessOrEqual(t, few, uint64(perByte*len(document)+1<<20), "bytes allocated for %d", len(document))
			assert.LessOrEqual(t, many, uint64(perByte*len(ofLarge[name])+1<<20), "bytes allocated for %d",
				len(ofLarge[name]))
			assert.LessOrEqual(t, many, 6*few+1<<20, "four times the document")
			assert.LessOrEqual(t, late, 40*soon+time.Second, "four times the document")
		})
	}
}
