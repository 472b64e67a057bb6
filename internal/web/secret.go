package web

import "errors"

// Redacted returns an error with a text without secrets. It can be asked by errors.Is and errors.As
// what err is, but not be unwrapped: the text of err may hold the secrets.
func Redacted(text string, err error) error { return &redacted{text, err} }

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }

func (e *redacted) Is(target error) bool { return errors.Is(e.err, target) }

func (e *redacted) As(target any) bool { return errors.As(e.err, target) }
