package becket

import (
	"fmt"
	"strings"
)

// hostileDocument makes documents of one kind, of about a given length.
type hostileDocument struct {
	name  string
	build func(size int) string
}

// hostileDocuments are kinds of documents whose decoding would take too much time or memory if a
// limit were missing.
func hostileDocuments() []hostileDocument {
	return append(append(hostileTops(), hostileFlags()...), append(hostileConditions(), hostileReferences()...)...)
}

const hostileHead, hostileTail = `{"schema":1,"flags":{"f":{`, `}}}`

// oneFlag puts as many copies of a part as fit, with commas between, into one flag.
func oneFlag(before, part, after string) func(int) string {
	return func(size int) string { return hostileHead + before + repeated(size, part) + after + hostileTail }
}

// repeated returns copies of a part with commas between. "%d" in it becomes the copy's number.
func repeated(size int, part string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ReplaceAll(part, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

// flagsOf puts as many flags of that definition as fit into a document.
func manyOf(definition string) func(int) string {
	return func(size int) string {
		return `{"schema":1,"flags":{` + repeated(size, `"%d":`+definition) + `}}`
	}
}

func letters(count int) string { return strings.Repeat("a", count) }

func hostileTops() []hostileDocument {
	return []hostileDocument{
		{"unknown fields at the top", func(size int) string {
			return `{"schema":1,"flags":{},` + repeated(size, `"%d":0`) + `}`
		}},
		{"one field at the top many times", func(size int) string {
			return `{"schema":1,"flags":{},` + repeated(size, `"revision":1`) + `}`
		}},
		{"a long environment", func(size int) string {
			return `{"schema":1,"environment":"` + letters(size) + `","flags":{}}`
		}},
		{"a long number as revision", func(size int) string {
			return `{"schema":1,"flags":{},"revision":` + strings.Repeat("1", size) + `}`
		}},
		{"a value of the top nested deeply many times", func(size int) string {
			return `{"schema":1,"flags":{},` +
				repeated(size, `"x-%d":`+strings.Repeat("[", 70)+strings.Repeat("]", 70)) + `}`
		}},
		{
			"lines without end",
			func(size int) string { return `{"schema":1,` + strings.Repeat("\n", size) + `"flags":{"a":0}}` },
		},
		{"brackets", func(size int) string { return strings.Repeat("[", size) }},
		{
			"flags within flags",
			func(size int) string { return `{"schema":1,"flags":` + strings.Repeat(`{"a":`, size/5) },
		},
		{"empty flags", manyOf(`{}`)},
		{
			"empty segments",
			func(size int) string { return `{"schema":1,"flags":{},"segments":{` + repeated(size, `"%d":{}`) + `}}` },
		},
		{"flags that are numbers", manyOf(`0`)},
		{
			"segments that are numbers",
			func(size int) string { return `{"schema":1,"flags":{},"segments":{` + repeated(size, `"%d":0`) + `}}` },
		},
		{
			"one flag many times",
			func(size int) string { return `{"schema":1,"flags":{` + repeated(size, `"a":{}`) + `}}` },
		},
		{
			"one bad flag many times",
			func(size int) string { return `{"schema":1,"flags":{` + repeated(size, `"a":0`) + `}}` },
		},
		{"two long keys and a dangling reference", func(size int) string {
			key := letters(size / 2)
			return `{"schema":1,"flags":{"` + key + `":{},"` + key + `b":{"requires":[{"flag":"` + key[1:] +
				`","in":["on"]}]},"c":{"requires":[{"flag":"` +
				key[2:] + `","in":["on"]}]}}}`
		}},
		{"a key that must be escaped", func(size int) string {
			return `{"schema":1,"flags":{"` + strings.Repeat(`\u0001`, size/6) + `":{"a":0,"b":0}}}`
		}},
	}
}

func hostileFlags() []hostileDocument {
	return []hostileDocument{
		{"empty rules", oneFlag(`"rules":[`, `{}`, `]`)},
		{"rules", oneFlag(`"rules":[`, `{"serve":"on"}`, `]`)},
		{
			"rules with a gate",
			manyOf(`{"rules":[{"percent":1,"serve":"on"},{"layer":{"name":"a","from":1,"to":2},"serve":"on"}]}`),
		},
		{"unknown fields of a flag", oneFlag(``, `"%d":0`, ``)},
		{"unknown fields of many flags", manyOf(`{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0}`)},
		{
			"unknown fields near known ones",
			manyOf(`{"` + letters(60) + `enabled":0,"variant":0,"defaul":0,"rule":0,"require":0}`),
		},
		{"unknown fields of 64 bytes", manyOf(`{"` + letters(64) + `":0}`)},
		{"a long unknown field", oneFlag(`"`, letters(1000), `":0`)},
		{"variants and as many unknown names", func(size int) string {
			var rules strings.Builder
			for i := range 999 {
				fmt.Fprintf(&rules, `{"serve":"w%d"},`, i)
			}
			return hostileHead + `"variants":{` + repeated(size, `"variant-%d":1`) + `},"default":{"split":{` +
				repeated(size, `"wariant-%d":1`) +
				`}},"rules":[` + rules.String() + `{"serve":"x"}]` + hostileTail
		}},
		{"variants and a split of them", func(size int) string {
			return hostileHead + `"variants":{` + repeated(size, `"%d":1`) + `},"default":{"split":{` +
				repeated(size, `"%d":1`) + `}}` + hostileTail
		}},
		{"variants of different types", oneFlag(`"type":"string","default":"0","variants":{`, `"%d":1`, `}`)},
		{"a long name and duplicates below it", func(size int) string {
			return hostileHead + `"variants":{"a":{"` + letters(size/3) + `":{` + repeated(size, `"a":0`) +
				`}}},"default":"a"` + hostileTail
		}},
		{"long names within each other and duplicates",
			manyOf(`{"variants":{"a":` + strings.Repeat(`{"`+letters(60)+`":`, 50) + `{` +
				repeated(2000, `"a":0`) + `}` + strings.Repeat("}", 50) + `},"default":"a"}`)},
		{
			"values nested too deeply",
			oneFlag(`"variants":{"a":[`, strings.Repeat("[", 64)+strings.Repeat("]", 64), `]},"default":"a"`),
		},
		{"skipped values nested too deeply", oneFlag(`"x-a":[`, strings.Repeat("[", 70)+strings.Repeat("]", 70), `]`)},
		{"an object with many names", oneFlag(`"variants":{"a":{`, `"%d":1`, `}},"default":"a"`)},
		{"objects of one name", oneFlag(`"variants":{"a":[`, `{"a":1}`, `]},"default":"a"`)},
		{"small variants of objects", manyOf(`{"variants":{"a":{},"b":[],"c":[1]},"default":"a"}`)},
		{"tags", oneFlag(`"tags":[`, `"%d"`, `]`)},
		{"tags of the wrong type", oneFlag(`"tags":[`, `0`, `]`)},
		{"metadata", oneFlag(`"metadata":{`, `"%d":1`, `}`)},
		{"metadata many times", manyOf(`{"metadata":{"a":1}}`)},
		{"ramps", manyOf(`{"rules":[{"ramp":{"steps":[{"at":"2026-01-01T00:00:00Z","percent":1}]},"serve":"on"}]}`)},
		{"a ramp of empty steps", oneFlag(`"rules":[{"serve":"on","ramp":{"steps":[`, `{}`, `]}}]`)},
		{
			"a ramp that does not rise",
			oneFlag(`"rules":[{"serve":"on","ramp":{"steps":[`, `{"at":"2026-01-01T00:00:00Z","percent":1}`, `]}}]`),
		},
		{"weights below 0", oneFlag(`"default":{"split":{`, `"%d":-1`, `}}`)},
		{"a long text in every place",
			manyOf(`{"type":"` + letters(1000) + `","off":"` + letters(1000) + `","track":"` + letters(1000) +
				`","max_age":"` + letters(1000) + `","created":"` + letters(1000) + `"}`)},
	}
}

func hostileConditions() []hostileDocument {
	inRule := func(before, part, after string) func(int) string {
		return oneFlag(`"rules":[{"serve":"on","if":`+before, part, after+`}]`)
	}
	flagWith := func(condition string) func(int) string {
		return manyOf(`{"rules":[{"serve":"on","if":` + condition + `}]}`)
	}
	return []hostileDocument{
		{"empty conditions", inRule(`{"all":[`, `{}`, `]}`)},
		{"empty combinations", inRule(`{"any":[`, `{"all":[]}`, `]}`)},
		{"small conditions", inRule(`{"any":[`, `{"attribute":"a","lt":1}`, `]}`)},
		{
			"deep conditions",
			flagWith(strings.Repeat(`{"all":[{"any":[`, 14) + `{"attribute":"a","lt":"x"}` +
				strings.Repeat(`]}]}`, 14)),
		},
		{
			"problems below deep conditions",
			flagWith(strings.Repeat(`{"not":`, 55) + `{"any":[` + repeated(1000, `{}`) + `]}` +
				strings.Repeat(`}`, 55)),
		},
		{"unknown operators", inRule(`{"attribute":"a",`, `"%d":1`, `}`)},
		{"one operator many times", inRule(`{"attribute":"a",`, `"lt":1`, `}`)},
		{"a list of numbers", inRule(`{"attribute":"a","in":[`, `1`, `]}`)},
		{"a list of fractions", inRule(`{"attribute":"a","in":[`, `.5`[1:]+`.5`, `]}`)},
		{"a list of large numbers", inRule(`{"attribute":"a","in":[`, `1e99`, `]}`)},
		{"a list of short texts", inRule(`{"attribute":"a","in":[`, `"%d"`, `]}`)},
		{"a list of texts of 20 bytes", inRule(`{"attribute":"a","in":[`, `"aaaaaaaaaaaaaaaaaaaa%d"`, `]}`)},
		{"a list of empty texts", inRule(`{"attribute":"a","in":[`, `""`, `]}`)},
		{"a list of null", inRule(`{"attribute":"a","in":[`, `null`, `]}`)},
		{"a list without case", inRule(`{"attribute":"a","ignore_case":true,"in":[`, `"%d"`, `]}`)},
		{"small lists", flagWith(`{"attribute":"a","in":[%d]}`)},
		{"parts of texts", inRule(`{"attribute":"a","contains":[`, `"%d"`, `]}`)},
		{"empty parts of texts without case", inRule(`{"attribute":"a","ignore_case":true,"contains":[`, `""`, `]}`)},
		{"prefixes", inRule(`{"attribute":"a","cidr":[`, `"::/0"`, `]}`)},
		{"bad prefixes", inRule(`{"attribute":"a","cidr":[`, `""`, `]}`)},
		{"version constraints", flagWith(`{"attribute":"a","semver":">%d || 1 - 2"}`)},
		{
			"version constraints of many alternatives",
			flagWith(`{"attribute":"a","semver":"` + strings.Repeat(`>%d||`, 31) + `>1"}`),
		},
		{"a long version constraint", inRule(`{"attribute":"a","semver":"`, `>1 || <2 || ~3`, `"}`)},
		{"attributes", inRule(`{"any":[`, `{"attribute":"%d","exists":true}`, `]}`)},
		{"a long attribute without an operator", inRule(`{"attribute":"`, letters(1000), `"}`)},
		{"keys of a segment", func(size int) string {
			return `{"schema":1,"flags":{},"segments":{"s":{"include":[` + repeated(size, `"%d"`) + `]}}}`
		}},
		{"keys of a segment that are none", func(size int) string {
			return `{"schema":1,"flags":{},"segments":{"s":{"include":[` + repeated(size, `0`) + `]}}}`
		}},
	}
}

func hostileReferences() []hostileDocument {
	return []hostileDocument{
		{"dangling references of many flags", manyOf(`{"requires":[{"flag":"z","in":[]}]}`)},
		{"long dangling references of less than 1,000 flags", func(size int) string {
			pad := letters(max(1, size/900/2))
			return manyOf(`{"requires":[{"flag":"` + pad + `%dz","in":[]}],"description":"` + pad + `"}`)(size)
		}},
		{"dangling references of 60 bytes", manyOf(`{"requires":[{"flag":"` + letters(60) + `","in":[]}]}`)},
		{"dangling references to segments", manyOf(`{"rules":[{"if":{"segment":"%d"},"serve":"on"}]}`)},
		{"references of one flag", oneFlag(`"rules":[{"serve":"on","if":{"any":[`, `{"segment":"s"}`, `]}}]`)},
		{"references below a long path",
			manyOf(`{"rules":[{"serve":"on","if":` + strings.Repeat(`{"all":[`, 28) +
				repeated(1000, `{"segment":"s"}`) +
				strings.Repeat(`]}`, 28) + `}]}`)},
		{"a cycle of all flags", func(size int) string {
			count := max(2, size/45)
			var b strings.Builder
			for i := range count {
				fmt.Fprintf(&b, `"%d":{"requires":[{"flag":"%d","in":["on"]}]},`, i, (i+1)%count)
			}
			return `{"schema":1,"flags":{` + strings.TrimSuffix(b.String(), ",") + `}}`
		}},
		{"flags that ask themselves", manyOf(`{"requires":[{"flag":"%d","in":[]}]}`)},
		{"flags that use a bad segment", func(size int) string {
			return `{"schema":1,"segments":{"s":{` + repeated(2000, `"%d":0`) + `}},"flags":{` +
				repeated(size, `"%d":{"rules":[{"if":{"segment":"s"},"serve":"on"}]}`) + `}}`
		}},
	}
}
