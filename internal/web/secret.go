package web

import "errors"

// Redacted returns an error with a text that contains no secrets. errors.Is and errors.As find err
// and the errors in it. The error has no Unwrap method, because the text of err may contain the
// secrets.
func Redacted(text string, err error) error { return &redacted{text, err} }

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }

func (e *redacted) Is(target error) bool { return errors.Is(e.err, target) }

func (e *redacted) As(target any) bool { return errors.As(e.err, target) }
