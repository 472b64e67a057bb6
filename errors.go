package becket

import (
	"errors"
	"fmt"

	"github.com/becketflags/becket/internal/limit"
	"github.com/becketflags/becket/internal/wording"
)

// ErrorCode is OpenFeature's code for an error of an evaluation.
type ErrorCode string

// The codes of evaluation errors.
const (
	CodeFlagNotFound        ErrorCode = "FLAG_NOT_FOUND"
	CodeTypeMismatch        ErrorCode = "TYPE_MISMATCH"
	CodeTargetingKeyMissing ErrorCode = "TARGETING_KEY_MISSING"
	CodeParseError          ErrorCode = "PARSE_ERROR"
	CodeProviderNotReady    ErrorCode = "PROVIDER_NOT_READY"
	CodeGeneral             ErrorCode = "GENERAL"
)

// EvaluationError says why an evaluation returned the caller's default. errors.Is compares only the
// codes, so errors.Is(detail.Err, becket.ErrFlagNotFound) works for every flag.
type EvaluationError struct {
	Code    ErrorCode
	Message string
	// the decoder's error, for a flag that could not be read or an object that does not fit its Go
	// type; otherwise nil
	Cause error
}

// Error returns the message and the cause's text, with becket's prefix.
func (e *EvaluationError) Error() string {
	if e == nil {
		return noError
	}
	if e.Cause != nil {
		return "becket: " + e.Message + ": " + wording.Unprefixed(e.Cause)
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

// The errors of evaluations, for errors.Is. They are allocated once, so that a failing check
// allocates nothing either. They do not name the flag; [Detail] does.
var (
	ErrFlagNotFound        = &EvaluationError{Code: CodeFlagNotFound, Message: "the ruleset has no such flag"}
	ErrTypeMismatch        = &EvaluationError{Code: CodeTypeMismatch, Message: "the flag is of another type"}
	ErrTargetingKeyMissing = &EvaluationError{
		Code: CodeTargetingKeyMissing, Message: "a split was reached and the subject has no key to hash",
	}
	ErrParse    = &EvaluationError{Code: CodeParseError, Message: "the flag's definition could not be read"}
	ErrNotReady = &EvaluationError{Code: CodeProviderNotReady, Message: "no ruleset has been loaded yet"}
)

// errNoView is the error of a view without a client.
var errNoView = &EvaluationError{
	Code:    CodeProviderNotReady,
	Message: "the view has no client: the context has no view since the middleware is missing, or the client is nil",
}

// errIntRange is the error of an integer that a program of 32 bits cannot hold.
var errIntRange = &EvaluationError{Code: CodeTypeMismatch, Message: "the integer does not fit an int of this machine"}

// Errors of a client's methods, for errors.Is.
var (
	// ErrNoClient is returned by the methods of a nil or zero Client that would have to do
	// something, such as Refresh.
	ErrNoClient = errors.New("becket: the client is nil or was not made by New")

	// ErrClosed is returned by Refresh and Flush after Close. The error of Wait wraps it if the
	// client is closed before there is a ruleset.
	ErrClosed = errors.New("becket: the client is closed")

	// ErrNotEnded is returned by Close if it gave up waiting because a source, a hook, a sink or a
	// disk hangs.
	ErrNotEnded = errors.New("becket: Close gave up waiting")
)

// Errors of sources and formats, for errors.Is.
var (
	// ErrContract reports that a source or a format broke its contract: it panicked or ended its
	// goroutine, or a source hung or answered "not modified" to a request without a validator. The
	// error's text says which.
	ErrContract = errors.New("becket: the source or the format broke its contract")

	// ErrTooLarge reports that a document, a signature or the file of overrides is larger than its
	// limit.
	ErrTooLarge = limit.ErrTooLarge
)

// errNotAsked reports that a source answered "not modified" although it was given no validator.
var errNotAsked = contractError("the source answered \"not modified\" to a request without a validator")

// Reasons why a valid document is not accepted, for errors.Is.
var (
	// ErrEnvironment reports that a document is for an environment other than the one of
	// WithEnvironment.
	ErrEnvironment = errors.New("becket: the document is of another environment")

	// ErrLowerRevision reports that a document's revision is lower than the revision of a document
	// that the client has had from the source, the disk or the bootstrap.
	ErrLowerRevision = errors.New("becket: the document's revision is lower than before")

	// ErrEmpty reports that a document has no flags although the ruleset in use has some.
	ErrEmpty = errors.New("becket: the document has no flags")

	// ErrSignature reports that a document's signature is missing, does not fit the document, or
	// was made with a key that is not trusted.
	ErrSignature = errors.New("becket: the document's signature is refused")
)

// errUnsigned reports that a document has no signature.
var errUnsigned = fmt.Errorf("%w: the document is not signed", ErrSignature)

// contractError returns an error with the given text that errors.Is recognizes as ErrContract.
func contractError(format string, args ...any) error {
	return &brokenContractError{"becket: " + fmt.Sprintf(format, args...)}
}

type brokenContractError struct{ text string }

func (e *brokenContractError) Error() string { return e.text }

func (e *brokenContractError) Is(target error) bool { return target == ErrContract }

// DocumentError is one problem in a document, with its place.
type DocumentError struct {
	Path    string // such as flags.checkout.rules[2].if; "" for the document itself
	Line    int    // counted from 1; 0 if the place is not known
	Column  int    // counted in bytes, from 1
	Message string // includes the remedy if there is one
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

// within wraps an error for use inside the text of another error: its text lacks becket's prefix,
// which the outer error has already.
type within struct{ error }

func (e within) Error() string { return wording.Unprefixed(e.error) }

func (e within) Unwrap() error { return e.error }

// noError is the text of a nil error. Package fmt prints the same text.
const noError = "<nil>"

// panicError returns an error for a panic. If the panic's value is an error, it is wrapped.
func panicError(name string, cause any) error {
	if err, ok := cause.(error); ok {
		return fmt.Errorf("%s panicked: %w", name, err)
	}
	return fmt.Errorf("%s panicked: %v", name, cause)
}

// joinProblems returns all problems as one error, or nil if there are none.
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
