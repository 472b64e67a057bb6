package draw

import (
	"cmp"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
	"github.com/becketflags/becket/internal/native"
)

// targetingKey is the name by which conditions ask for the targeting key.
const targetingKey = "key"

// candidates collects values of one attribute from the operands of its tests: values in and outside
// of each list, on both sides of each bound, around each part of a text.
type candidates struct {
	name     string
	values   []value
	seen     map[string]bool
	numbers  []match.Number
	instants []time.Time
	parts    [3][]string // texts of starts_with, contains and ends_with
	samples  []string    // texts that match a pattern
	known    bool        // values of other types are left out
}

func newCandidates(name string) *candidates { return &candidates{name: name, seen: map[string]bool{}} }

// test adds the operands of a test.
func (c *candidates) test(t *native.Test, now time.Time) {
	switch t.Operator {
	case native.In:
		for i := range t.List.Values {
			c.scalar(t.List.Values[i], t.Fold)
		}
	case native.StartsWith:
		c.parts[0] = append(c.parts[0], t.Texts...)
	case native.Contains:
		c.parts[1] = append(c.parts[1], t.Texts...)
	case native.EndsWith:
		c.parts[2] = append(c.parts[2], t.Texts...)
	case native.Matches:
		c.samples = append(c.samples, samplesOf(t.Pattern.String())...)
	case native.Less, native.LessOrEqual, native.Greater, native.GreaterOrEqual:
		c.numbers = append(c.numbers, t.Number)
	case native.Before, native.After:
		c.instants = append(c.instants, t.Instant.Time())
	case native.NewerThan, native.OlderThan:
		c.instants = append(c.instants, now.Add(-t.Duration))
	case native.Semver:
		c.versions(t.Versions.String())
	case native.CIDR:
		for _, prefix := range t.Prefixes {
			c.addresses(prefix)
		}
	}
}

// finish returns all values. The first of them are those that documents name.
func (c *candidates) finish() []value {
	c.ofTexts()
	c.ofNumbers()
	c.ofInstants()
	c.add(value{isOther: true, isFree: true})
	if c.name == targetingKey {
		return c.values
	}
	c.add(value{isMissing: true})
	if c.known {
		return c.values
	}
	c.add(value{attribute: becket.Bool(c.name, true), text: "true", isAlike: true})
	c.add(value{attribute: becket.Int(c.name, 7), text: "7", isAlike: true})
	return c.values
}

// add adds a value once.
func (c *candidates) add(v value) {
	id := v.text
	switch {
	case v.isMissing:
		id = "missing"
	case v.isFree:
		v.text = v.start + "…" + v.end
		v.attribute = becket.String(c.name, v.freeText())
		id = "free " + v.start + "\x00" + v.end
	default:
		subject := becket.NewSubject("", v.attribute)
		if found, ok := subject.Attribute(c.name); ok {
			id = found.Kind().String() + " " + found.String()
		}
	}
	if !c.seen[id] {
		c.seen[id] = true
		c.values = append(c.values, v)
	}
}

func (c *candidates) text(text string, alike bool) {
	if c.name == targetingKey {
		if text != "" {
			c.add(value{attribute: becket.String(targetingKey, text), text: text, isListed: true, start: text})
		}
		return
	}
	c.add(value{attribute: becket.String(c.name, text), text: text, isAlike: alike})
}

func (c *candidates) scalar(v native.Value, fold bool) {
	switch v.Kind {
	case native.Text:
		c.text(v.Text, false)
		if other := strings.ToUpper(v.Text); fold && other != v.Text {
			c.text(other, true)
		}
	case native.Bool:
		for _, b := range []bool{true, false} {
			c.add(value{attribute: becket.Bool(c.name, b), text: strconv.FormatBool(b)})
		}
	default:
		c.number(v.Number(), false)
		c.numbers = append(c.numbers, v.Number())
	}
}

func (c *candidates) number(n match.Number, alike bool) {
	v := value{text: n.String(), isAlike: alike, isNumber: true}
	switch {
	case !n.IsInt():
		v.attribute = becket.Float(c.name, n.Float())
	case n.IsUnsigned():
		v.attribute = becket.Any(c.name, n.Uint())
	default:
		v.attribute = becket.Int64(c.name, n.Int())
	}
	c.add(v)
}

// mostParts bounds the texts of which every two are put together.
const mostParts = 12

// ofTexts adds texts with the asked beginnings, middles and ends, and with several of them.
func (c *candidates) ofTexts() {
	starts, middles, ends := c.parts[0], c.parts[1], c.parts[2]
	for _, start := range starts {
		c.add(value{isFree: true, start: start})
		c.text(start, true)
	}
	for _, end := range ends {
		c.add(value{isFree: true, end: end})
		c.text(end, true)
	}
	for _, middle := range middles {
		c.add(value{isFree: true, start: middle})
		c.text(middle, true)
	}
	for _, sample := range c.samples {
		c.text(sample, true)
	}
	starts, middles, ends = first(starts), first(middles), first(ends)
	for _, start := range append(starts, "") {
		for _, middle := range append(middles, "") {
			for _, end := range append(ends, "") {
				if start+middle+end != "" {
					c.add(value{isFree: true, start: start + middle, end: end})
				}
				for _, sample := range first(c.samples) {
					c.text(start+middle+sample+end, true)
				}
			}
		}
	}
	for _, one := range middles {
		for _, other := range middles {
			c.add(value{isFree: true, start: one + other})
		}
	}
}

func first(texts []string) []string { return slices.Clip(texts[:min(len(texts), mostParts)]) }

// ofNumbers adds each bound, its neighbours, and a number between every two bounds. All integers
// between two bounds are one value for an attribute that is hashed.
func (c *candidates) ofNumbers() {
	if len(c.numbers) == 0 {
		return
	}
	slices.SortFunc(c.numbers, func(a, b match.Number) int { return cmp.Compare(a.Float(), b.Float()) })
	const far = 1_000_000
	for i, n := range c.numbers {
		c.number(n, false)
		c.neighbours(n)
		if i > 0 {
			c.number(match.FloatNumber((c.numbers[i-1].Float()+n.Float())/2), true)
			c.integers(c.numbers[i-1].Float()+1, n.Float()-1)
		}
	}
	lowest, highest := c.numbers[0].Float(), c.numbers[len(c.numbers)-1].Float()
	c.integers(lowest-far, lowest-1)
	c.integers(highest+1, highest+far)
}

func (c *candidates) neighbours(n match.Number) {
	const exact = 1 << 53
	f := n.Float()
	if math.Abs(f) < exact {
		c.number(match.FloatNumber(f-1), true)
		c.number(match.FloatNumber(f+1), true)
	}
	if !n.IsInt() || math.Abs(f) >= exact {
		c.number(match.FloatNumber(math.Nextafter(f, math.Inf(-1))), true)
		c.number(match.FloatNumber(math.Nextafter(f, math.Inf(1))), true)
	}
}

// integers adds a range, if it has any integer.
func (c *candidates) integers(from, to float64) {
	low, high := math.Ceil(from), math.Floor(to)
	if low >= high || math.Abs(low) >= 1<<53 || math.Abs(high) >= 1<<53 {
		return
	}
	v := value{isAlike: true, isNumber: true, isRange: true, low: int64(low), high: int64(high)}
	middle := v.low + (v.high-v.low)/2
	v.attribute, v.text = becket.Int64(c.name, middle), strconv.FormatInt(middle, 10)
	c.add(v)
}

// ofInstants adds each bound, its neighbours, and an instant between every two bounds.
func (c *candidates) ofInstants() {
	slices.SortFunc(c.instants, time.Time.Compare)
	for i, at := range c.instants {
		if i > 0 {
			before := c.instants[i-1]
			c.instant(before.Add(at.Sub(before) / 2))
		}
		c.instant(at)
		c.instant(at.Add(-time.Second))
		c.instant(at.Add(time.Second))
		c.text(at.Add(time.Hour).UTC().Format(time.RFC3339), true)
	}
}

func (c *candidates) instant(at time.Time) {
	c.add(value{attribute: becket.Time(c.name, at), text: at.UTC().Format(time.RFC3339), isAlike: true})
}

var versionText = regexp.MustCompile(`v?[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?`)

// versions adds the versions of a constraint and versions around each of them.
func (c *candidates) versions(constraint string) {
	for _, text := range versionText.FindAllString(constraint, -1) {
		v, ok := match.ParseLooseVersion(strings.TrimRight(text, ".-"))
		if !ok {
			continue
		}
		release := v
		release.Prerelease = ""
		earlier := release
		earlier.Prerelease = "0"
		around := []match.Version{v, release, earlier}
		for _, step := range []uint64{1, math.MaxUint64} {
			major, minor, patch := release, release, release
			major.Major, minor.Minor, patch.Patch = v.Major+step, v.Minor+step, v.Patch+step
			if step == 1 {
				major.Minor, major.Patch, minor.Patch = 0, 0, 0
			}
			around = append(around, major, minor, patch)
		}
		for _, version := range around {
			if version.Major <= v.Major+1 && version.Minor <= v.Minor+1 && version.Patch <= v.Patch+1 {
				c.text(version.String(), version != v)
			}
		}
	}
}

// addresses adds the first and the last address of a prefix, and those beside them.
func (c *candidates) addresses(prefix netip.Prefix) {
	first := prefix.Masked().Addr()
	bytes := first.AsSlice()
	for bit := prefix.Bits(); bit < first.BitLen(); bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	for _, address := range []netip.Addr{first, last, first.Prev(), last.Next()} {
		if address.IsValid() {
			c.text(address.String(), !prefix.Contains(address))
		}
	}
}
