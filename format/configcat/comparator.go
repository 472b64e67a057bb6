package configcat

import (
	"strconv"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/match"
)

// comparator is ConfigCat's number for a kind of comparison. Most comparators come in pairs: the
// number after a positive comparator is its opposite.
type comparator int8

const (
	isOneOf            comparator = 0
	contains           comparator = 2
	versionIsOneOf     comparator = 4
	versionLess        comparator = 6
	versionLessOrEqual comparator = 7
	versionGreater     comparator = 8
	versionNotLess     comparator = 9
	numberEquals       comparator = 10
	numberDiffers      comparator = 11
	numberLess         comparator = 12
	numberLessOrEqual  comparator = 13
	numberGreater      comparator = 14
	numberNotLess      comparator = 15
	isOneOfHashed      comparator = 16
	before             comparator = 18
	after              comparator = 19
	equalsHashed       comparator = 20
	startsWithHashed   comparator = 22
	endsWithHashed     comparator = 24
	listContainsHashed comparator = 26
	equals             comparator = 28
	startsWith         comparator = 30
	endsWith           comparator = 32
	listContains       comparator = 34
	lastComparator     comparator = 35

	unknownComparator comparator = -1
)

// paired reports whether c belongs to a pair of a positive and a negative comparator.
func (c comparator) paired() bool {
	return c < versionLess || c > numberNotLess && c != before && c != after
}

// hashed reports whether c compares hashes.
func (c comparator) hashed() bool {
	return c == isOneOfHashed || c >= equalsHashed && c <= listContainsHashed
}

// field returns the name of the member that holds c's comparison value.
func (c comparator) field() string {
	switch c {
	case versionLess, versionLessOrEqual, versionGreater, versionNotLess, equalsHashed, equals:
		return "s"
	case numberEquals, numberDiffers, numberLess, numberLessOrEqual, numberGreater, numberNotLess, before, after:
		return "d"
	default:
		return "l"
	}
}

// salts are appended to a text before it is hashed: the config's salt and the context's salt, which
// is a key or a name. They are not joined for each context, because the config's salt may be long
// and there may be many contexts.
type salts struct {
	config  *string
	context string
}

// operand is a comparison value, prepared for comparisons.
type operand struct {
	text     string
	texts    match.Texts     // for comparators that look up a whole text
	list     []string        // for comparators that look for parts of a text
	versions []match.Version // one, or several for versionIsOneOf; empty if it is invalid
	// a version is invalid, so the condition is false, even if it is negated
	invalid bool
	hashes  hashes
	slices  []hashedSlice
	salt    salts
	size    int                     // bytes of all items
	lengths int                     // the number of changes of length between slices
	err     *becket.EvaluationError // the error of a broken item, if no item before it decides
}

// userCondition compiles a user condition.
func (c *compiler) userCondition(n *node, at place) condition {
	if n.kind != kindObject {
		return c.broken(at, "a condition is not an object")
	}
	name := n.member("a")
	if name.there() && name.kind != kindText {
		return c.broken(at.member("a"), "the attribute's name is not a text")
	}
	number, ok := n.member("c").integer()
	if !ok || number < 0 || number > int64(lastComparator) {
		return condition{
			attribute: name.text, comparator: unknownComparator,
			err: c.problem(at.member("c"), "unknown comparator %s", n.member("c").shown()),
		}
	}
	compared := condition{attribute: name.text, comparator: comparator(number)}
	if compared.comparator.paired() {
		compared.negated = number%2 == 1
		compared.comparator &^= 1
	}
	c.operand(&compared, n, at)
	return compared
}

func (c *compiler) operand(to *condition, n *node, at place) {
	field := to.comparator.field()
	value, at := n.member(field), at.member(field)
	c.cost++
	if field == "d" {
		var ok bool
		if to.number, ok = value.number(); !ok {
			to.err = c.problem(at, "the comparison value is missing or not a number")
		}
		return
	}
	o := &operand{salt: c.salts}
	to.operand = o
	switch {
	case to.comparator.hashed() && c.salt == nil:
		to.err = c.problem(at, "the condition compares hashes, but the config has no salt")
	case field == "s" && value.kind != kindText:
		to.err = c.problem(at, "the comparison value is missing or not a text")
	case field == "l" && value.kind != kindArray:
		to.err = c.problem(at, "the comparison value is missing or not a list")
	case field == "s":
		o.read(to.comparator, value.text)
	default:
		c.readList(o, to.comparator, value, at)
	}
}

func (o *operand) read(as comparator, text string) {
	o.text, o.size = text, len(text)
	switch as {
	case equalsHashed:
		o.hashes = newHashes([]string{text})
	case versionLess, versionLessOrEqual, versionGreater, versionNotLess:
		if version, ok := match.ParseVersion(strings.TrimSpace(text)); ok {
			o.versions = []match.Version{version}
		}
	}
}

// readList reads the items before the first invalid item. The invalid item matters only if no item
// before it decides.
func (c *compiler) readList(o *operand, as comparator, list *node, at place) {
	items := make([]string, 0, len(list.members))
	for i := range list.members {
		if list.members[i].kind != kindText {
			o.err = c.problem(at.element(i), "an item is not a text")
			break
		}
		items = append(items, list.members[i].text)
		o.size += len(items[i])
	}
	switch as {
	case isOneOf, listContains:
		o.texts = match.NewTexts(items)
	case isOneOfHashed, listContainsHashed:
		o.hashes = newHashes(items)
	case startsWithHashed, endsWithHashed:
		c.readSlices(o, items, at)
		c.cost += int64(len(items))
	case versionIsOneOf:
		o.readVersions(items)
		c.cost += int64(len(items))
	default:
		o.list = items
		c.cost += int64(len(items))
	}
}

// readVersions stops at an invalid version, which decides the result regardless of the other items.
func (o *operand) readVersions(items []string) {
	for _, item := range items {
		if item == "" {
			continue
		}
		version, ok := match.ParseVersion(strings.TrimSpace(item))
		if !ok {
			o.versions, o.invalid, o.err = nil, true, nil
			return
		}
		o.versions = append(o.versions, version)
	}
}

// readSlices reads items such as 5_<hash>, which is the hash of five bytes. As in ConfigCat's SDKs,
// blanks around the length are allowed, and no text matches a hash with blanks around it.
func (c *compiler) readSlices(o *operand, items []string, at place) {
	for i, item := range items {
		size, hash, found := strings.Cut(item, "_")
		size = strings.TrimSpace(size)
		if !found || hash == "" || !isDigits(size) {
			o.err = c.problem(at.element(i), "an item does not have the form LENGTH_HASH")
			return
		}
		length, err := strconv.Atoi(size)
		if err != nil {
			length = 1<<31 - 1 // longer than any text
		}
		if n := len(o.slices); n == 0 || o.slices[n-1].length != length {
			o.lengths++
		}
		sum, ok := parseHash(hash)
		o.slices = append(o.slices, hashedSlice{length, sum, ok})
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}
