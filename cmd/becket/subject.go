package main

import (
	"fmt"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/match"
)

// subjectFlags describe one subject at one time.
type subjectFlags struct {
	Key  string   `placeholder:"KEY" help:"The subject's targeting key."`
	Attr []string `sep:"none" placeholder:"NAME=VALUE" help:"An attribute: NAME=VALUE, NAME:TYPE=VALUE (string, number, boolean, time, list) or NAME:=JSON. Repeatable."`
	At   *instant `placeholder:"INSTANT" help:"Evaluate as at this time (RFC 3339, or a date in UTC). By default, now."`
	Age  age      `placeholder:"DURATION" help:"Evaluate as if the source last confirmed the ruleset this long ago. By default, 0."`
}

// age is a duration as documents write it, with "d" for 24 hours.
type age time.Duration

// UnmarshalText reads an age from the command line.
func (a *age) UnmarshalText(text []byte) error {
	d, ok := match.ParseDuration(string(text))
	if !ok {
		return fmt.Errorf("%q is not a duration such as 90s, 36h or 7d", text)
	}
	*a = age(d)
	return nil
}

// subject returns the subject and the moment. It prints a warning on stderr about attributes
// without a meaning.
func (f *subjectFlags) subject(e *env) (becket.Subject, *becket.Moment, error) {
	attributes := make([]becket.Attribute, len(f.Attr))
	for i, text := range f.Attr {
		var err error
		if attributes[i], err = attribute.Parse(text); err != nil {
			return becket.Subject{}, nil, err
		}
	}
	subject := becket.NewSubject(f.Key, attributes...)
	for _, ignored := range subject.Ignored() {
		e.tell("%s", report.Plain(ignored))
	}
	return subject, becket.MomentAt(e.at(f.At), time.Duration(f.Age)), nil
}
