package becket

import (
	"errors"
	"fmt"

	"github.com/becketflags/becket/internal/limit"
)

// ErrorCode is OpenFeature's word for what went wrong in an evaluation.
type ErrorCode string

// The codes that evaluations give.
const (
	CodeFlagNotFound        ErrorCode = "FLAG_NOT_FOUND"
	CodeTypeMismatch        ErrorCode = "TYPE_MISMATCH"
	CodeTargetingKeyMissing ErrorCode = "TARGETING_KEY_MISSING"
	CodeParseError          ErrorCode = "PARSE_ERROR"
	CodeProviderNotReady    ErrorCode = "PROVIDER_NOT_READY"
	CodeGeneral             ErrorCode = "GENERAL"
)

// EvaluationError says why an evaluation gave the caller's default. Two of them are the same to
// errors.Is when their codes are, so errors.Is(detail.Err, becket.ErrFlagNotFound) works for every
// flag.
type EvaluationError struct {
	Code    ErrorCode
	Message string
	Cause   error // what the ruleset's decoder said, for a flag that could not be read; else nil
}

// Error returns the message with becket's prefix.
func (e *EvaluationError) Error() string {
	if e == nil {
		return noError
	}
	if e.Cause != nil {
		return "becket: " + e.Message + ": " + trimPrefix(e.Cause)
	}
	return "becket: " + e.Message
}

// Unwrap returns the cause.
func (e *EvaluationError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Cause
}

// Is reports whether target is an EvaluationError of the same code.
func (e *EvaluationError) Is(target error) bool {
	other, ok := errors.AsType[*EvaluationError](target)
	return ok && e != nil && other != nil && other.Code == e.Code
}

// The errors of evaluations, for errors.Is. They are made once, so that a failing check allocates
// nothing either; which flag it was stands in the detail.
var (
	ErrFlagNotFound        = &EvaluationError{Code: CodeFlagNotFound, Message: "the ruleset has no such flag"}
	ErrTypeMismatch        = &EvaluationError{Code: CodeTypeMismatch, Message: "the flag is of another type"}
	ErrTargetingKeyMissing = &EvaluationError{Code: CodeTargetingKeyMissing, Message: "a split was reached and the subject has no key to hash"}
	ErrParse               = &EvaluationError{Code: CodeParseError, Message: "the flag's definition could not be read"}
	ErrNotReady            = &EvaluationError{Code: CodeProviderNotReady, Message: "no ruleset has been loaded yet"}
)

// Errors of a client's methods, for errors.Is.
var (
	// ErrNoClient is returned by the methods of a nil Client that would have to do something.
	ErrNoClient = errors.New("becket: the client is nil")

	// ErrClosed is returned by Refresh and Flush after Close.
	ErrClosed = errors.New("becket: the client is closed")

	// ErrNotEnded is returned by Close when it gives up waiting: a source, a hook or a disk hangs.
	ErrNotEnded = errors.New("becket: Close gave up waiting")
)

// Errors of sources and formats, for errors.Is.
var (
	// ErrContract is a source or a format that broke its contract: it panicked, hung, or said that
	// nothing has changed when it was not asked. The text says which.
	ErrContract = errors.New("becket: the source or the format broke its contract")

	// ErrTooLarge is a document over the limit of its size.
	ErrTooLarge = limit.ErrTooLarge
)

// errNotAsked is an answer "not modified" to a fetch that had nothing to compare with.
var errNotAsked = contractError("the source says that nothing has changed, but was not asked whether it has")

// Reasons why a valid document is not accepted, for errors.Is.
var (
	// ErrEnvironment is a document of another environment than the client was told to expect.
	ErrEnvironment = errors.New("becket: the document is of another environment")

	// ErrLowerRevision is a document whose revision is below the one before.
	ErrLowerRevision = errors.New("becket: the document's revision is lower than before")

	// ErrEmpty is a document without flags while the ruleset in use has some.
	ErrEmpty = errors.New("becket: the document has no flags")

	// ErrSignature is a signature that is missing, does not fit the document, or is of a key that is
	// not trusted.
	ErrSignature = errors.New("becket: the document's signature is refused")
)

// errUnsigned is a document whose signature cannot be fetched.
var errUnsigned = fmt.Errorf("%w: the document is not signed", ErrSignature)

// contractError returns an error that is ErrContract to errors.Is and says how.
func contractError(format string, args ...any) error {
	return &contractBroken{"becket: " + fmt.Sprintf(format, args...)}
}

type contractBroken struct{ text string }

func (e *contractBroken) Error() string { return e.text }

func (e *contractBroken) Is(target error) bool { return target == ErrContract }

// DocumentError is one thing wrong with a document, and where.
type DocumentError struct {
	Path    string // such as flags.checkout.rules[2].if; "" for the document itself
	Line    int    // from 1; 0 where the place is not known
	Column  int    // in bytes, from 1
	Message string // with the remedy where there is one
}

// Error returns the message with path, line and column.
func (e *DocumentError) Error() string {
	if e == nil {
		return noError
	}
	return "becket: " + e.located()
}

func (e *DocumentError) located() string {
	where := e.Path
	if e.Line > 0 {
		at := fmt.Sprintf("%d:%d", e.Line, e.Column)
		if where == "" {
			where = at
		} else {
			where += " at " + at
		}
	}
	if where == "" {
		return e.Message
	}
	return where + ": " + e.Message
}

// within is an error inside of another one's text, which has becket's prefix already.
type within struct{ error }

func (e within) Error() string { return trimPrefix(e.error) }

func (e within) Unwrap() error { return e.error }

// noError is the text of an error that is nil, as package fmt writes it.
const noError = "<nil>"

// trimPrefix returns an error's text without becket's prefix, for an error that carries another.
func trimPrefix(err error) string {
	if err == nil {
		return noError
	}
	const prefix = "becket: "
	text := err.Error()
	if len(text) > len(prefix) && text[:len(prefix)] == prefix {
		return text[len(prefix):]
	}
	return text
}

// panicError keeps what a panic said, an error as what it is.
func panicError(name string, cause any) error {
	if err, ok := cause.(error); ok {
		return fmt.Errorf("%s panicked: %w", name, err)
	}
	return fmt.Errorf("%s panicked: %v", name, cause)
}

// joinProblems returns all problems as one error, nil for none.
func joinProblems(problems []*DocumentError) error {
	if len(problems) == 1 {
		return problems[0]
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
