package faults

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Outcome is the result of a fault in a client.
type Outcome string

// The outcomes. Keeps is the outcome of every fault that does not name another one.
const (
	Keeps    Outcome = "keeps what it has"           // the client also reports an error
	Accepts  Outcome = "serves the document"         // because nothing in it is wrong
	Confirms Outcome = "serves on, confirmed"        // the answer is valid for the request
	SetsPart Outcome = "serves all but the bad flag" // the client also reports the flag
	Empties  Outcome = "serves a ruleset of no flags"
)

// Scenario is the state of a client when the fault begins.
type Scenario string

// The scenarios.
const (
	Cold Scenario = "first start"
	Disk Scenario = "start with a disk copy"
	Live Scenario = "after a good load"
)

// Scenarios lists all scenarios.
func Scenarios() []Scenario { return []Scenario{Cold, Disk, Live} }

// Fault is one way in which a flag service can fail.
type Fault struct {
	Name        string
	Refuse      bool        // the server refuses connections
	Certificate Certificate // the certificate of the TLS server
	TLS         bool        // the fault needs a TLS server
	// A gateway drops all bytes during the fault. After it, it still drops the bytes of connections
	// that existed then.
	Silent    bool
	OwnClient bool // the fault is for a source without WithHTTPClient
	Heavy     bool // the fault takes much memory or time, so no other test runs at the same time
	outcomes  map[Scenario]Outcome
	answer    func(*exchange)
}

// Outcome returns the outcome that the fault must have. If the client accepts a fault's document,
// its flag "state" serves [Odd].
func (f *Fault) Outcome(s Scenario) Outcome {
	if o, ok := f.outcomes[s]; ok {
		return o
	}
	return Keeps
}

// Odd is the value that documents serve if they look wrong but are valid.
const Odd = "odd but right"

func (f *Fault) breaksConnections() bool { return f.Refuse || f.Certificate != Valid }

func always(o Outcome) map[Scenario]Outcome {
	return map[Scenario]Outcome{Cold: o, Disk: o, Live: o}
}

// only returns outcomes for a client without a ruleset. In the other scenarios, the client keeps
// its ruleset.
func only(cold Outcome) map[Scenario]Outcome { return map[Scenario]Outcome{Cold: cold} }

// All lists the faults.
func All() []*Fault {
	var all []*Fault
	for _, group := range [][]*Fault{
		connections(), statuses(), redirects(), answers(), documents(), heavy(), certificates(),
	} {
		all = append(all, group...)
	}
	return all
}

func connections() []*Fault {
	return []*Fault{
		{Name: "connection refused", Refuse: true},
		{Name: "accepted, then silent", answer: (*exchange).silence},
		{Name: "headers, then silent", answer: func(x *exchange) {
			x.Header().Set("ETag", `"silent"`)
			x.flush()
			x.silence()
		}},
		{Name: "half the body, then silent", answer: func(x *exchange) {
			x.say(x.body[:len(x.body)/2])
			x.flush()
			x.silence()
		}},
		{Name: "one byte a second", answer: func(x *exchange) {
			for i := range x.body {
				x.say(x.body[i : i+1])
				x.flush()
				select {
				case <-time.After(time.Second):
				case <-x.request.Context().Done():
					return
				}
			}
		}},
		{Name: "reset before the answer", answer: func(x *exchange) { x.raw("", true) }},
		{Name: "reset in the middle", answer: func(x *exchange) {
			x.raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"+x.body[:20], true)
		}},
		{Name: "an HTTP/2 connection that dies silently", TLS: true, Silent: true, OwnClient: true},
		{Name: "an HTTP/2 connection of the program's own http.Client that dies silently", TLS: true, Silent: true},
		{Name: "an answer that is not HTTP", answer: func(x *exchange) {
			x.raw("220 mail.example.com ESMTP\r\n", false)
		}},
	}
}

func statuses() []*Fault {
	var all []*Fault
	page := "<html><body>Something went wrong</body></html>"
	for _, code := range []int{401, 403, 404, 500, 502} {
		all = append(all, status(fmt.Sprintf("%d with a web page", code), code, "text/html", page, ""),
			status(fmt.Sprintf("%d with a document", code), code, "application/json", Document(99, "never"), ""))
	}
	for _, code := range []int{429, 503} {
		all = append(all,
			status(fmt.Sprintf("%d, Retry-After: 1", code), code, "text/plain", "busy", "1"),
			status(fmt.Sprintf("%d, Retry-After: -5", code), code, "text/plain", "busy", "-5"),
			status(fmt.Sprintf("%d, Retry-After: soon", code), code, "text/plain", "busy", "soon"),
			status(fmt.Sprintf("%d, Retry-After: a date in 1999", code), code, "text/plain", "busy",
				"Fri, 31 Dec 1999 23:59:59 GMT"),
			&Fault{Name: fmt.Sprintf("%d, Retry-After: a date in a second", code), answer: func(x *exchange) {
				x.Header().Set("Retry-After", time.Now().UTC().Add(time.Second).Format(http.TimeFormat))
				x.WriteHeader(code)
			}})
	}
	return append(all,
		status("204", 204, "", "", ""),
		status("206 with a part", 206, "application/json", Document(99, "never"), ""))
}

func status(name string, code int, kind, body, after string) *Fault {
	return &Fault{Name: name, answer: func(x *exchange) {
		x.Header().Set("Content-Type", kind)
		x.Header().Set("ETag", `"of the error"`)
		if after != "" {
			x.Header().Set("Retry-After", after)
		}
		x.WriteHeader(code)
		if code != http.StatusNoContent {
			x.say(body)
		}
	}}
}

func redirects() []*Fault {
	redirect := func(name string, to func(*exchange) string) *Fault {
		return &Fault{Name: name, answer: func(x *exchange) {
			x.Header().Set("Location", to(x))
			x.WriteHeader(http.StatusFound)
		}}
	}
	return []*Fault{
		redirect("a loop of redirects", func(*exchange) string { return "/again" }),
		redirect("redirect to another scheme", func(*exchange) string { return "ftp://127.0.0.1/flags.json" }),
		redirect("redirect to a file", func(*exchange) string { return "file:///etc/passwd" }),
		redirect("redirect to another host", func(x *exchange) string {
			return x.away + "/?" + x.request.URL.RawQuery
		}),
		redirect("redirect to an invalid URL", func(*exchange) string { return "http://[::1" }),
		redirect("redirect without a Location", func(*exchange) string { return "" }),
	}
}

func certificates() []*Fault {
	down := &Fault{Name: "redirect from https to http", TLS: true, answer: func(x *exchange) {
		x.Header().Set("Location", x.away)
		x.WriteHeader(http.StatusFound)
	}}
	return []*Fault{
		{Name: "certificate expired", TLS: true, Certificate: Expired},
		{Name: "certificate of another host", TLS: true, Certificate: WrongName},
		{Name: "certificate of an unknown authority", TLS: true, Certificate: UnknownAuthority},
		{Name: "TLS 1.1", TLS: true, Certificate: OldVersion},
		down,
	}
}

// repeat is strings.Repeat under a shorter name.
func repeat(text string, times int) string { return strings.Repeat(text, times) }

func number(i int) string { return strconv.Itoa(i) }
