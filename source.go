package becket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/becketflags/becket/internal/limit"
)

// Source fetches documents. [HTTP], [File], [FS] and [Bytes] return sources; a program may also
// have its own. The client makes one call at a time. A source may also implement [SignedSource],
// [Checker] and io.Closer; all three are optional. Close of the client closes a source that
// implements io.Closer.
type Source interface {
	// Fetch returns the document, or a Document with NotModified if it is still the one to which
	// the validator last belongs. It must return soon after ctx is done; ctx has a deadline of a
	// minute. last is the validator of the document in use, or the zero Validator to fetch in any
	// case. For the zero Validator, the result must not be NotModified. An error may wrap a
	// [StatusError] with RetryAfter to delay the next fetch.
	Fetch(ctx context.Context, last Validator) (Document, error)

	// Identity returns a text that identifies the source, so that different sources have different
	// disk copies. It may contain secrets, because only its hash is written.
	Identity() string
}

// Validator identifies a version of a document, in the terms of HTTP. The zero Validator identifies
// none.
type Validator struct {
	ETag         string
	LastModified string
}

// Document is the result of a fetch.
type Document struct {
	// the document's bytes; the client keeps the slice, so it must not be changed afterwards
	Body        []byte
	Validator   Validator // passed to the next fetch if this document is accepted
	NotModified bool      // the document has not changed since the validator's version; Body is nil
	Signature   []byte    // the document's minisign signature if it was fetched too; otherwise nil
}

// SignedSource is an optional interface of sources that can fetch the document's minisign
// signature. A client with public keys calls FetchSignature after a Fetch that returned no
// signature. It must return soon after ctx is done.
type SignedSource interface {
	Source
	FetchSignature(ctx context.Context) ([]byte, error)
}

// Checker is an optional interface of sources. [New] calls Check and returns its error, which
// reports a mistake in the source's configuration.
type Checker interface {
	Check() error
}

// StatusError is the error for an answer of a server that is neither a document nor "not modified".
type StatusError struct {
	Code int // the status code, such as 503
	// the wait that the server asked for, at most an hour; 0 if it asked for none
	RetryAfter time.Duration
}

// Error returns the code with its meaning. It does not quote the server's answer.
func (e *StatusError) Error() string {
	if e == nil {
		return noError
	}
	text := fmt.Sprintf("becket: the server answered %d%s", e.Code, statusText(e.Code))
	if e.RetryAfter > 0 {
		text += fmt.Sprintf(" and asked to wait %v", e.RetryAfter)
	}
	return text
}

func statusText(code int) string {
	if text := http.StatusText(code); text != "" {
		return " " + text
	}
	return ""
}

// maxDocument is the greatest size of a document after decompression, in bytes, for all sources and
// formats.
const maxDocument = limit.Document

// maxSignature is the greatest size of a signature file in bytes. A minisign signature with long
// comments has less than 1 KiB.
const maxSignature = 16 << 10

const signatureSuffix = ".minisig"

// Bytes returns a source whose document never changes. It copies the bytes. The document has no
// signature. [New] returns an error if the document cannot be used.
func Bytes(document []byte) Source {
	if err := limit.Check(document); err != nil {
		return &bytesSource{validator: contentValidator(document), mistake: err}
	}
	body := bytes.Clone(document)
	return &bytesSource{body: body, validator: contentValidator(body)}
}

type bytesSource struct {
	body      []byte
	validator Validator
	mistake   error
}

func (s *bytesSource) Fetch(_ context.Context, last Validator) (Document, error) {
	if s.mistake != nil {
		return Document{}, s.mistake
	}
	if last == s.validator {
		return Document{NotModified: true, Validator: last}, nil
	}
	return Document{Body: s.body, Validator: s.validator}, nil
}

// Check returns an error if the document is larger than the limit.
func (s *bytesSource) Check() error { return s.mistake }

func (s *bytesSource) Identity() string { return "bytes:" + s.validator.ETag }

// contentValidator returns a validator that is a hash of the content. Unlike a modification time it
// cannot miss a change.
func contentValidator(body []byte) Validator {
	sum := sha256.Sum256(body)
	return Validator{ETag: hex.EncodeToString(sum[:])}
}

// maxFetch is how long a call of a source may take, unless the source has a limit of its own.
const maxFetch = time.Minute

// guardedSource calls a source, which may be code of the program, and survives its panics and
// hangs.
type guardedSource struct {
	source Source
	guard  guard
}

var errSourceHangs = contractError("the source hangs: it did not return after its context was done")

func newGuardedSource(source Source, own *goroutines) guardedSource {
	return guardedSource{source, guard{own: own, name: "source", hangs: errSourceHangs}}
}

func (g *guardedSource) fetch(ctx context.Context, last Validator) (Document, error) {
	ctx, cancel, patience := g.deadline(ctx)
	defer cancel()
	document, err := guarded(ctx, &g.guard, patience,
		func(ctx context.Context) (Document, error) { return g.source.Fetch(ctx, last) })
	if err != nil {
		return Document{}, g.located(err)
	}
	return document, limit.Check(document.Body)
}

// signature fetches the document's signature.
func (g *guardedSource) signature(ctx context.Context) ([]byte, error) {
	signed, ok := g.source.(SignedSource)
	if !ok {
		return nil, fmt.Errorf("%w: the source offers no signature", errUnsigned)
	}
	ctx, cancel, limit := g.deadline(ctx)
	defer cancel()
	signature, err := guarded(ctx, &g.guard, limit, signed.FetchSignature)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsigned, within{g.located(err)})
	}
	return signature, nil
}

// located adds to an error the function of the program that the source was calling when it hung or
// ended its goroutine, if the source knows it.
func (g *guardedSource) located(err error) error {
	source, ok := g.source.(interface{ calling() string })
	if !ok || !errors.Is(err, ErrContract) {
		return err
	}
	if function := source.calling(); function != "" {
		return fmt.Errorf("%w: %s has not returned", err, function)
	}
	return err
}

// deadline returns the context and the time limit of a call. The limit is maxFetch, unless the
// source has a limit of its own, which it applies itself.
func (g *guardedSource) deadline(ctx context.Context) (context.Context, context.CancelFunc, time.Duration) {
	if own, ok := g.source.(interface{ patience() time.Duration }); ok {
		return ctx, func() {}, own.patience()
	}
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	return ctx, cancel, maxFetch
}

// File returns a source that reads a file. A relative path is relative to the working directory at
// the time of this call. The source detects a change by the content and not by the file's time. The
// signature, if one is needed, is in the same folder under the same name with .minisig appended. To
// publish, write another file and rename it to this name: if the file is written in place, only a
// part of it may be read, which is an error until the file changes again or is polled.
//
// The source is a [Signal] too: the client reads the file about 50 milliseconds after the last
// event of the operating system that concerns the file, its signature, a symbolic link on the path,
// or their folders. It polls as often as without events, because network file systems deliver none,
// and the system may have no more room for a watch; [Status] says so then. In a bubble of
// testing/synctest there are only polls.
func File(path string) Source {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	open := func(suffix string) (fs.File, error) {
		// Opening a pipe would wait for a writer.
		if info, err := os.Stat(absolute + suffix); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is not a regular file", info.Name())
		}
		return os.Open(absolute + suffix)
	}
	s := &fileSource{identity: "file:" + absolute, open: open}
	if path == "" {
		s.mistake = errors.New("becket: File: the path is empty")
	}
	return &watchedFile{s, absolute}
}

// FS returns a source that reads a file of a file system, such as an embed.FS, in the same way as
// [File]. If the file system comes from [os.DirFS], the source is a [Signal] too; it reads other
// file systems only at each poll. If fsys is nil or [fs.ValidPath] does not accept the name, [New]
// returns an error.
func FS(fsys fs.FS, name string) Source {
	open := func(suffix string) (fs.File, error) { return fsys.Open(name + suffix) }
	s := &fileSource{identity: "fs:" + name, open: open}
	switch {
	case fsys == nil:
		s.mistake = errors.New("becket: FS: the file system is nil")
	case !fs.ValidPath(name):
		s.mistake = fmt.Errorf("becket: FS: %q is not a valid path for io/fs: "+
			"it must have no slash at the beginning or end, and no elements . or .. in it", name)
	}
	if folder, ok := folderOf(fsys); ok {
		return &watchedFile{s, filepath.Join(folder, filepath.FromSlash(name))}
	}
	return s
}

type fileSource struct {
	identity string
	mistake  error
	open     func(suffix string) (fs.File, error)
}

func (s *fileSource) Fetch(_ context.Context, last Validator) (Document, error) {
	body, err := s.read("", maxDocument)
	if err != nil {
		return Document{}, err
	}
	validator := contentValidator(body)
	if validator == last {
		return Document{NotModified: true, Validator: last}, nil
	}
	return Document{Body: body, Validator: validator}, nil
}

func (s *fileSource) FetchSignature(context.Context) ([]byte, error) {
	return s.read(signatureSuffix, maxSignature)
}

func (s *fileSource) Identity() string { return s.identity }

func (s *fileSource) Check() error { return s.mistake }

// read reads the file. It refuses a file that is not regular, because reading it might block or
// never end.
func (s *fileSource) read(suffix string, most int64) ([]byte, error) {
	if s.mistake != nil {
		return nil, s.mistake
	}
	file, err := s.open(suffix)
	if err != nil {
		return nil, fmt.Errorf("becket: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("becket: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("becket: %s is not a regular file", info.Name())
	}
	body, err := limit.Read(file, most, info.Size())
	if err != nil {
		return nil, fmt.Errorf("becket: %s: %w", info.Name(), within{err})
	}
	return body, nil
}
