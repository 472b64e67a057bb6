package native

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket/internal/match"
)

// Flag is the definition of a flag.
type Flag struct {
	Key         string
	KeyAt       int // offset of the key
	Written     Written
	Kind        Kind
	Implied     bool      // the document defines no variants, so there are "off" and "on"
	Variants    []Variant // in the order of their names
	VariantsRaw []byte    // the variants as JSON text of the document
	Enabled     bool
	Off         int // index of the variant that is served when the flag is off, or None
	Requires    []*Reference
	Rules       []Rule
	Default     Serve
	MaxAge      time.Duration // 0 for no limit
	Track       Track
	About       About
	IsAbout     bool // the document has descriptive fields

	// Definition is a digest of the definition, and Behaviour a digest of it without the
	// descriptive fields. They also differ between processes.
	Definition, Behaviour uint64

	draft
}

// None is the index for no variant.
const None = -1

// draft holds the parts of a flag that are needed until all fields have been read.
type draft struct {
	typeAt    int
	offName   string
	offAt     int
	ruleCount int
	excessAt  int // offset of the first rule beyond the limit
}

// Reference is a reference to a flag or a segment.
type Reference struct {
	Key      string
	ToFlag   bool     // the target is a flag; otherwise it is a segment
	Variants []string // the variants of the flag that satisfy the reference
	At       int      // offset of the reference
	// path of the reference, for messages; "" if the definition has many references
	Path string
}

// Track says which evaluations count as exposures.
type Track uint8

// The values of "track".
const (
	TrackSplits Track = iota
	TrackAll
	TrackNone
)

var trackWords = [...]string{"splits", "all", "none"}

// String returns the word that documents use.
func (t Track) String() string { return trackWords[t] }

// About holds the descriptive fields of a flag. They never change an evaluation.
type About struct {
	Description, Owner string
	Tags               []string
	Metadata           map[string]any
	Created, Expires   time.Time
	Permanent          bool
}

// OffName returns the name of the variant that is served when the flag is off, or "".
func (f *Flag) OffName() string {
	if f.Off == None {
		return ""
	}
	return f.Variants[f.Off].Name
}

// PeopleFields are the names of the fields in [About].
var PeopleFields = []string{"description", "owner", "tags", "created", "expires", "permanent", "metadata"}

// A flag's fields. The descriptive fields come last.
var (
	flagFields = append(slices.Clone(behaviourFields), PeopleFields...)

	behaviourFields = []string{"type", "variants", "enabled", "off", "requires", "rules", "default", "max_age", "track"}
)

// flag reads and compiles a flag. It returns nil if there is a problem.
func (r *reader) flag(key string, keyAt int) (compiled any) {
	d, at := &r.definition, r.at
	*d = Flag{Key: key, KeyAt: keyAt, Written: Written{At: at}, Enabled: true, Implied: true, Off: None}
	before := r.failed
	r.reuse()
	r.fields(flagFields, func(field string) {
		start := r.at
		r.flagField(d, field)
		sum := r.digest(field, start)
		d.Definition += sum
		if !slices.Contains(PeopleFields, field) {
			d.Behaviour += sum
		}
	})
	if r.failed == before {
		r.checkFlag(d)
	}
	if r.failed > before {
		return nil
	}
	d.Written = r.written(at)
	compiled, problem := r.compiler.Flag(d)
	if problem != "" {
		r.fail(at, "%s", problem)
	}
	return compiled
}

func (r *reader) flagField(d *Flag, field string) {
	switch field {
	case "type":
		d.typeAt = r.at
		d.Kind = r.flagKind()
	case "variants":
		d.Implied = false
		start := r.at
		r.object(func(name string, at int) { push(&r.variants, r.variant(name, at)) })
		d.VariantsRaw = r.document[start:r.end]
	case "enabled":
		d.Enabled, _ = r.boolean()
	case "off":
		d.offAt = r.at
		d.offName, _ = r.text()
	case "requires":
		r.array(func(int) { push(&r.requires, r.requirement()) })
		d.Requires = r.requires
	case "rules":
		r.array(func(i int) { r.ruleOf(d, i) })
		d.Rules = r.rules
	case "default":
		d.Default = r.serve()
	case "max_age":
		d.MaxAge = r.duration()
	case "track":
		d.Track = r.track()
	default:
		d.IsAbout = true
		r.aboutField(&d.About, field)
	}
}

func (r *reader) flagKind() Kind {
	i := r.word("type", kindNames[Bool:])
	return Kind(i + 1)
}

func (r *reader) track() Track {
	return Track(max(0, r.word("tracking", trackWords[:])))
}

// word reads one of several words and returns its index, or -1 if it is another word.
func (r *reader) word(kind string, words []string) int {
	at := r.at
	word, ok := r.text()
	i := slices.Index(words, word)
	if ok && i < 0 {
		advice := r.remedyOf("="+strings.ToLower(match.Brief(word)), "", nil)
		if advice == "" {
			advice = r.suggest(word, words) + ": one of " + strings.Join(words, ", ")
		}
		r.fail(at, "unknown %s %q%s", kind, match.Brief(word), advice)
	}
	return i
}

func (r *reader) requirement() *Reference {
	ref := r.reference("", r.at)
	ref.ToFlag = true
	var hasFlag, hasIn bool
	ok := r.fields([]string{"flag", "in"}, func(field string) {
		if field == "flag" {
			ref.Key, hasFlag = r.text()
			return
		}
		hasIn = true
		ref.Variants = r.textList()
	})
	if ok && (!hasFlag || !hasIn) {
		r.fail(ref.At, "a requirement needs \"flag\" and \"in\"%s", r.missing("in"))
	}
	return ref
}

// reference returns a new reference at an offset.
func (r *reader) reference(key string, at int) *Reference {
	ref := r.scratch.references.next()
	ref.Key, ref.At = key, at
	if r.account.references++; r.account.references <= MaxProblems {
		ref.Path = r.pathText()
	}
	return ref
}

func (r *reader) duration() time.Duration {
	at := r.at
	text, ok := r.text()
	if !ok {
		return 0
	}
	duration, ok := match.ParseDuration(text)
	if !ok || duration <= 0 {
		r.fail(at, "%q is not a duration above 0 (such as %q or %q)", match.Brief(text), "7d", "36h")
	}
	return duration
}

func (r *reader) aboutField(a *About, field string) {
	switch field {
	case "description":
		a.Description = r.prose()
	case "owner":
		a.Owner, _ = r.text()
	case "tags":
		a.Tags = r.tagList()
	case "created":
		a.Created = r.date()
	case "expires":
		a.Expires = r.date()
	case "permanent":
		a.Permanent, _ = r.boolean()
	case "metadata":
		a.Metadata = map[string]any{}
		r.object(func(name string, _ int) {
			if value, ok := r.metadatum(); ok {
				a.Metadata[name] = value.Any()
			}
		})
	}
}

// metadatum reads a scalar. A number in the notation of a float may be outside 64 bits.
func (r *reader) metadatum() (Value, bool) {
	if r.kind() == '0' && bytes.ContainsAny(r.document[r.at:scalarEnd(r.document, r.at)], ".eE") {
		number, ok := r.decimal()
		return numberValue(number), ok
	}
	return r.scalar()
}

// tagList reads an array of texts. Equal arrays are shared.
func (r *reader) tagList() []string {
	start, before := r.at, r.failed
	end, _, _ := span(r.document, start)
	raw := r.document[start:end]
	if tags, ok := r.tags[string(raw)]; ok {
		r.pass(end)
		return tags
	}
	r.array(func(int) {
		if tag, ok := r.text(); ok {
			push(&r.strings, tag)
		}
	})
	tags := take(&r.strings, 0)
	if len(raw) <= longestShared && r.failed == before {
		r.tags[string(raw)] = tags
	}
	return tags
}

func (r *reader) date() time.Time {
	at := r.at
	text, ok := r.text()
	if !ok {
		return time.Time{}
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		r.fail(at, "%q is not a date%s", match.Brief(text), instead(asDate(text), ` (such as "2027-02-01")`))
	}
	return date
}
