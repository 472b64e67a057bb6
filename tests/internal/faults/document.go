package faults

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// body is a fault whose answer is a document with status 200. The client must not remember the
// document's ETag if it refuses the document.
func body(name, document string, outcomes map[Scenario]Outcome) *Fault {
	return &Fault{Name: name, outcomes: outcomes, answer: func(x *exchange) {
		x.Header().Set("ETag", `"of a bad document"`)
		x.say(document)
	}}
}

// answers are faults of HTTP with a valid document.
func answers() []*Fault {
	good := Document(20, Odd)
	return slices.Concat(lengths(good), encodings(good), validators(good))
}

// lengths are faults of an answer's content type and length.
func lengths(good string) []*Fault {
	return []*Fault{
		{Name: "a document as text/html", outcomes: always(Accepts), answer: func(x *exchange) {
			x.Header().Set("Content-Type", "text/html")
			x.say(good)
		}},
		{Name: "a Content-Length too long", answer: func(x *exchange) {
			x.raw(cut(fmt.Sprintf("Content-Length: %d", len(good)+1), good), false)
		}},
		{Name: "a Content-Length too short", answer: func(x *exchange) {
			x.raw(cut(fmt.Sprintf("Content-Length: %d", len(good)-1), good), false)
		}},
		{Name: "half a document with the right Content-Length", answer: func(x *exchange) {
			x.Header().Set("ETag", `"half"`)
			x.say(good[:len(good)/2])
		}},
		{Name: "chunks that end too early", answer: func(x *exchange) {
			x.raw(cut("Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(good), good)), false)
		}},
	}
}

// cut is an answer that ends too early.
func cut(header, body string) string {
	return "HTTP/1.1 200 OK\r\n" + header + "\r\nETag: \"cut\"\r\n\r\n" + body
}

// encodings are faults of an answer's compression.
func encodings(good string) []*Fault {
	return []*Fault{
		{Name: "bad gzip", answer: func(x *exchange) {
			x.Header().Set("Content-Encoding", "gzip")
			x.say(good)
		}},
		{Name: "gzip cut short", answer: func(x *exchange) {
			x.Header().Set("Content-Encoding", "gzip")
			packed := pack(strings.NewReader(good))
			x.say(string(packed[:len(packed)-6]))
		}},
		{Name: "another compression", answer: func(x *exchange) {
			x.Header().Set("Content-Encoding", "br")
			x.say(good)
		}},
		{Name: "gzip without a request for it", outcomes: always(Accepts), answer: func(x *exchange) {
			x.Header().Set("Content-Encoding", "gzip")
			x.say(string(pack(strings.NewReader(good))))
		}},
	}
}

// validators are faults of an answer's ETag, and of answers that depend on it.
func validators(good string) []*Fault {
	unchanged := map[Scenario]Outcome{Disk: Confirms, Live: Confirms}
	return []*Fault{
		{Name: "304", outcomes: unchanged, answer: func(x *exchange) { x.WriteHeader(304) }},
		{Name: "304 to an unconditional request", answer: func(x *exchange) {
			if x.request.Header.Get("If-None-Match") != "" {
				x.WriteHeader(412)
				return
			}
			x.WriteHeader(304)
		}},
		{Name: "the earlier ETag with another body", outcomes: always(Accepts), answer: func(x *exchange) {
			x.Header().Set("ETag", x.etag)
			x.say(good)
		}},
		{Name: "an ETag that changes at every answer", outcomes: always(Accepts), answer: func(x *exchange) {
			x.Header().Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano()))
			x.say(good)
		}},
		{Name: "an ETag of control characters", answer: func(x *exchange) {
			const head = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"\x01\x7f\"\r\n\r\n%s"
			x.raw(fmt.Sprintf(head, len(good), good), false)
		}},
		{Name: "an ETag too long to be sent back", outcomes: always(Accepts), answer: func(x *exchange) {
			if x.request.Header.Get("If-None-Match") == `"`+repeat("x", 100_000)+`"` {
				x.WriteHeader(431)
				return
			}
			x.Header().Set("ETag", `"`+repeat("x", 100_000)+`"`)
			x.say(good)
		}},
		{Name: "headers of eleven megabytes", answer: func(x *exchange) {
			x.raw("HTTP/1.1 200 OK\r\nETag: \""+repeat("x", 11<<20)+"\"\r\nContent-Length: 2\r\n\r\n{}", false)
		}},
	}
}

// documents are faults of the document itself.
func documents() []*Fault {
	good := Document(20, Odd)
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	state := `"state":{"variants":{"v":"` + Odd + `"},"default":"v"}`
	withFlag := func(flag string) string { return with(state, state+","+flag) }
	deep := `"deep":{"metadata":` + repeat(`{"a":`, 100_000) + "1"
	million := `"big":{"variants":{"v":` + repeat("9", 1_000_000) + `},"default":"v"}`
	return []*Fault{
		body("empty body", "", nil),
		body("{}", "{}", nil),
		body("null", "null", nil),
		body("[]", "[]", nil),
		body(`{"flags":{}}`, `{"flags":{}}`, nil),
		body("no flags at all", `{"schema":1,"revision":20,"environment":"test","flags":{}}`, only(Empties)),
		body("a captive portal", "<!DOCTYPE html><html><title>Log in</title></html>", nil),
		body("two documents in one body", good+good, nil),
		body("invalid UTF-8 in a flag", withFlag("\"broken\":{\"description\":\"\xff\xfe\"}"), always(SetsPart)),
		body("invalid UTF-8 outside of flags", with(`"revision":20`, "\"x-note\":\"\xff\xfe\",\"revision\":20"), nil),
		body("UTF-16", utf16(good), nil),
		body("a byte-order mark", "\ufeff"+good, always(Accepts)),
		body("a duplicate key at the top level", with(`"revision":20`, `"revision":20,"revision":21`), nil),
		body("a duplicate flag", withFlag(`"twin":{},"twin":{}`), always(SetsPart)),
		body("a flag that is null", withFlag(`"nothing":null`), always(SetsPart)),
		body("a reference to a missing flag", withFlag(`"lost":{"requires":[{"flag":"gone","in":["on"]}]}`),
			always(SetsPart)),
		body("a cycle of requirements", withFlag(`"egg":{"requires":[{"flag":"egg","in":["on"]}]}`), always(SetsPart)),
		body("a diamond of 2^28 paths", withFlag(diamond(28)), always(SetsPart)),
		body("nesting 100,000 deep", withFlag(deep+repeat("}", 101_000)), nil),
		body("nesting 100,000 deep in a flag", withFlag(deep+repeat("}", 100_001)), nil),
		body("5,000,000 brackets", repeat("[", 5_000_000), nil),
		body("a number of a million digits", withFlag(million), always(SetsPart)),
		body("another schema", with(`"schema":1`, `"schema":2`), nil),
		body("another environment", with(`"test"`, `"staging"`), nil),
		body("no environment", with(`"environment":"test",`, ""), nil),
		body("an older revision", Document(5, Odd), only(Accepts)),
	}
}

// heavy are faults that take memory or time.
func heavy() []*Fault {
	member := sync.OnceValue(func() []byte { return pack(strings.NewReader(repeat("\x00", 1<<20))) })
	million := sync.OnceValue(func() string {
		var b strings.Builder
		b.WriteString(strings.TrimSuffix(Document(20, Odd), "}}"))
		for i := range 999_999 {
			b.WriteString(`,"f` + number(i) + `":{}`)
		}
		b.WriteString("}}")
		return b.String()
	})
	return []*Fault{
		{Name: "a gzip bomb of 2 GiB", Heavy: true, answer: func(x *exchange) {
			x.Header().Set("Content-Encoding", "gzip")
			for range 2 << 10 { // consecutive gzip files count as one file
				if _, err := x.Write(member()); err != nil {
					return
				}
			}
		}},
		{Name: "a body without end", Heavy: true, answer: func(x *exchange) {
			spaces := repeat(" ", 1<<20)
			for x.request.Context().Err() == nil {
				if _, err := io.WriteString(x, spaces); err != nil {
					return
				}
			}
		}},
		{Name: "1,000,000 flags", Heavy: true, outcomes: always(Accepts), answer: func(x *exchange) {
			x.say(million())
		}},
	}
}

// diamond returns flags of which each requires the flag below it twice, so that there are 2^height
// paths.
func diamond(height int) string {
	flags := []string{`"d0":{}`}
	for i := 1; i <= height; i++ {
		below := fmt.Sprintf(`"d%d"`, i-1)
		const flag = `"d%d":{"requires":[{"flag":%s,"in":["on"]},{"flag":%s,"in":["off","on"]}]}`
		flags = append(flags, fmt.Sprintf(flag, i, below, below))
	}
	return strings.Join(flags, ",")
}

func utf16(text string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(text) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

func pack(r io.Reader) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, r); err != nil {
		panic(err)
	}
	_ = w.Close()
	return b.Bytes()
}
