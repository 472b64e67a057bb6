package main

import (
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// subjectFlags describe one subject at one time.
type subjectFlags struct {
	Key  string        `placeholder:"KEY" help:"The subject's targeting key."`
	Attr []string      `sep:"none" placeholder:"NAME=VALUE" help:"An attribute: NAME=VALUE, NAME:TYPE=VALUE (string, number, boolean, time, list) or NAME:=JSON. Repeatable."`
	At   *time.Time    `placeholder:"INSTANT" help:"Evaluate as at this time (RFC 3339). By default, now."`
	Age  time.Duration `placeholder:"DURATION" help:"Evaluate as if the source last confirmed the ruleset this long ago. By default, 0."`
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
	return subject, becket.At(e.at(f.At), f.Age), nil
}
