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

// Source is where documents come from: [HTTP], [File], [FS], [Bytes], or a program's own. The
// client calls it from one goroutine at a time, never two fetches at once.
type Source interface {
	// Fetch returns the document, or says that it is the one that last belongs to. It must return
	// soon after ctx is done; ctx has a deadline of a minute. last is what came with the document
	// in use, the zero Validator when there is none: then the answer must not be NotModified. An
	// error may wrap a [StatusError] to ask for patience.
	Fetch(ctx context.Context, last Validator) (Document, error)

	// Identity names the source: it keeps disk copies of different sources apart. It may hold
	// secrets, for only its hash is written.
	Identity() string
}

// Validator tells one version of a document from another, in HTTP's terms.
type Validator struct {
	ETag         string
	LastModified string
}

// Document is a source's answer.
type Document struct {
	Body        []byte    // as it came; the client keeps it, and nobody may change it afterwards
	Validator   Validator // what the next fetch is told if this document is accepted
	NotModified bool      // the document is still the one that the validator belongs to; Body is nil
	Signature   []byte    // its minisign signature, where it came along; else nil
}

// SignedSource is implemented by sources that can fetch the document's minisign signature. It is
// called after Fetch, and only when the client has public keys.
type SignedSource interface {
	Source
	FetchSignature(ctx context.Context) ([]byte, error)
}

// Checker is implemented by sources that can tell a mistake in the way they were made; [New]
// returns it. A source that implements io.Closer is closed with the client.
type Checker interface {
	Check() error
}

// StatusError is an answer of a server that is neither a document nor "not modified".
type StatusError struct {
	Code       int           // such as 503
	RetryAfter time.Duration // how long the server asked to be left alone; 0 where it did not, an hour at most
}

// Error returns the code with its meaning. It quotes nothing of the answer.
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

// maxDocument is the limit of a document after decompression, in bytes, whatever its source and its
// format.
const maxDocument = limit.Document

// maxSignature is the limit of a signature file; a minisign signature with long comments takes
// under 1 KiB.
const maxSignature = 16 << 10

const signatureSuffix = ".minisig"

// Bytes returns a source whose document never changes. It copies the bytes. It offers no signature.
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

// Check tells a document over the limit when the client is made.
func (s *bytesSource) Check() error { return s.mistake }

func (s *bytesSource) Identity() string { return "bytes:" + s.validator.ETag }

// contentValidator makes a validator of the content itself. Unlike a modification time it cannot
// miss a change.
func contentValidator(body []byte) Validator {
	sum := sha256.Sum256(body)
	return Validator{ETag: hex.EncodeToString(sum[:])}
}

// maxFetch is how long a call of a source may take that has no limit of its own.
const maxFetch = time.Minute

// guardedSource calls a source, which may be a program's own.
type guardedSource struct {
	source Source
	guard  guard
}

var errSourceHangs = contractError("the source hangs: it did not return when it was told to")

func newGuardedSource(source Source, own *goroutines) guardedSource {
	return guardedSource{source, guard{own: own, name: "source", hangs: errSourceHangs}}
}

func (g *guardedSource) fetch(ctx context.Context, last Validator) (Document, error) {
	ctx, cancel, patience := g.deadline(ctx)
	defer cancel()
	document, err := guarded(ctx, &g.guard, patience, func(ctx context.Context) (Document, error) { return g.source.Fetch(ctx, last) })
	if err != nil {
		return Document{}, g.located(err)
	}
	return document, limit.Check(document.Body)
}

// signature fetches the signature that belongs to the document.
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

// located says in which function of the program a source hangs or ended its goroutine, where the
// source can tell.
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

// deadline limits a call to a minute, unless the source keeps a limit of its own, which is then
// returned.
func (g *guardedSource) deadline(ctx context.Context) (context.Context, context.CancelFunc, time.Duration) {
	if own, ok := g.source.(interface{ patience() time.Duration }); ok {
		return ctx, func() {}, own.patience()
	}
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	return ctx, cancel, maxFetch
}

// File returns a source that reads a file, again at every poll: a change is seen by the content,
// whatever the file's time says. Its signature, where one is wanted, is beside it under the same
// name with .minisig. Replace the file by renaming another over it; of one that is written in place
// half may be read, which is an error until the next poll.
func File(path string) Source {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	open := func(suffix string) (fs.File, error) {
		// Opening a pipe would wait for somebody to write into it.
		if info, err := os.Stat(absolute + suffix); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is not a regular file", info.Name())
		}
		return os.Open(absolute + suffix)
	}
	s := &fileSource{identity: "file:" + absolute, open: open}
	if path == "" {
		s.mistake = errors.New("becket: File: the path is empty")
	}
	return s
}

// FS returns a source that reads a file of a file system, such as an embed.FS, as [File] does.
func FS(fsys fs.FS, name string) Source {
	open := func(suffix string) (fs.File, error) { return fsys.Open(name + suffix) }
	s := &fileSource{identity: "fs:" + name, open: open}
	switch {
	case fsys == nil:
		s.mistake = errors.New("becket: FS: the file system is nil")
	case !fs.ValidPath(name):
		s.mistake = fmt.Errorf("becket: FS: %q is no path as io/fs wants them: no slash at the beginning or end, no elements . or .. in it", name)
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

// read refuses what is no regular file, which could have no end or never begin.
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
