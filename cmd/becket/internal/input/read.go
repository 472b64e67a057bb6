// Package input reads rulesets for the command: from a file, a folder with one file per flag, a URL
// or standard input; as JSON, JSON with comments, or YAML. The result is always plain JSON, whose
// places lead back to the source.
package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/await"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/limit"
)

// maxBytes is the largest size of a document, the same as in the library.
const maxBytes = limit.Document

// Options control how Read reads.
type Options struct {
	Format  string    // the name of a format; "" or "auto" recognises it by the document
	Headers []string  // "Name: value", for URLs
	Stdin   io.Reader // read if the name is "-"

	// Contents replaces the contents of files in a folder, by their names in findings. A file that
	// does not exist must be the one with the rest of the document, or lie where its section is.
	Contents map[string][]byte

	// the largest size in bytes of a file or standard input; 0 for that of a document. A URL is
	// always a document.
	MaxBytes int
}

// Document is a ruleset that was read but not compiled.
type Document struct {
	Name   string        // the name in findings: the file, the URL without secrets, or "stdin"
	Source []byte        // the source as it was read; nil for a folder
	Body   []byte        // plain JSON
	Format becket.Format // the format of Body
	parts  []part
	hasTop bool  // the first part is a folder's file with the rest of the document
	starts []int // offsets of Body's lines
}

// Read reads a ruleset. If the source is not valid JSON or YAML, the error is a
// *report.RefusedError. If the source cannot be read at all, it is an ordinary error.
func Read(ctx context.Context, name string, o Options) (*Document, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		d := &Document{Name: DisplayName(name)}
		if err := d.readFolder(ctx, name, o.Contents); err != nil {
			return nil, err
		}
		d.Format, err = formatOf(o.Format, d.Body)
		return d, err
	}
	source, err := Bytes(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return Parse(name, source, o)
}

// Parse returns the document that a file, a URL or standard input held. Its errors are those of
// Read.
func Parse(name string, source []byte, o Options) (*Document, error) {
	return parse(DisplayName(name), source, IsURL(name), o)
}

// ParsePublished returns a document that clients read somewhere. It accepts only plain JSON, as
// clients do. The name is used as it is. The errors are those of Read.
func ParsePublished(name string, source []byte, o Options) (*Document, error) {
	return parse(name, source, true, o)
}

func parse(name string, source []byte, published bool, o Options) (*Document, error) {
	d := &Document{Name: name}
	p, body, refused := readPart(name, source, published)
	if refused != nil {
		return nil, refused
	}
	d.Source, d.Body, d.parts = source, body, []part{p}
	var err error
	d.Format, err = formatOf(o.Format, d.Body)
	return d, err
}

// NeedsBuild returns the first comment or trailing comma in a file whose name says plain JSON. The
// library would refuse such a file.
func (d *Document) NeedsBuild() (Place, bool) {
	for i := range d.parts {
		p := &d.parts[i]
		if d.Source == nil || p.spans != nil || path.Ext(p.file) != ".json" {
			continue
		}
		for at, c := range p.source {
			if c != d.Body[at] {
				return p.place(at), true
			}
		}
	}
	return Place{}, false
}

// Bytes returns the unchanged bytes of a file, a URL or standard input.
func Bytes(ctx context.Context, name string, o Options) ([]byte, error) {
	most := o.MaxBytes
	if most == 0 {
		most = maxBytes
	}
	switch {
	case name == "-":
		return await.Result(ctx, func() ([]byte, error) { return limited(o.Stdin, most) })
	case IsURL(name):
		return fetch(ctx, name, o.Headers)
	}
	source, err := file(ctx, name, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %q", name)
	}
	return source, err
}

// File reads a file, which may be a FIFO or a device. A file larger than the largest document is an
// error.
func File(ctx context.Context, name string) ([]byte, error) { return file(ctx, name, maxBytes) }

func file(ctx context.Context, name string, most int) ([]byte, error) {
	return await.Result(ctx, func() ([]byte, error) {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		return limited(file, most)
	})
}

func limited(r io.Reader, most int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err == nil && len(body) > most && most != maxBytes:
		return nil, fmt.Errorf("the file is too large: more than %d MiB", most>>20)
	case err == nil && len(body) > most:
		return nil, tooLarge()
	}
	return body, err
}

func tooLarge() error { return fmt.Errorf("%w: %d MiB", becket.ErrTooLarge, maxBytes>>20) }

// IsURL reports whether a name is fetched by HTTP.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// fetch reads a URL with the library's own source, so that it behaves as in production.
func fetch(ctx context.Context, address string, headers []string) ([]byte, error) {
	options, err := HTTPOptions(headers)
	if err != nil {
		return nil, err
	}
	source := becket.HTTP(address, options...)
	if closer, ok := source.(io.Closer); ok {
		defer closer.Close()
	}
	document, err := source.Fetch(ctx, becket.Validator{})
	return document.Body, err
}

// HTTPOptions returns the options that send headers, each of which is "Name: value".
func HTTPOptions(headers []string) (options []becket.HTTPOption, err error) {
	for _, header := range headers {
		name, value, ok := strings.Cut(header, ":")
		if !ok {
			return nil, errors.New("--header takes NAME:VALUE")
		}
		options = append(options, becket.WithHeader(strings.TrimSpace(name), strings.TrimSpace(value)))
	}
	return options, nil
}

// DisplayName returns the input's name in findings. A URL loses user, password and query, because
// these often hold secrets.
func DisplayName(name string) string {
	if name == "-" {
		return "stdin"
	}
	if u, err := url.Parse(name); err == nil && IsURL(name) {
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		return u.String()
	}
	return name
}

const byteOrderMark = "\xef\xbb\xbf"

// readPart turns one source into plain JSON. It leaves a published document unchanged, because the
// library reads only plain JSON.
func readPart(name string, source []byte, published bool) (part, []byte, *report.RefusedError) {
	p := part{file: name, whole: source, source: bytes.TrimPrefix(source, []byte(byteOrderMark))}
	var body []byte
	var err error
	language := "JSON"
	if published {
		return p, p.source, nil
	}
	if IsYAML(name, p.source) {
		language = "YAML"
		body, p.spans, err = fromYAML(p.source)
	} else {
		body, err = standardize(p.source)
	}
	if err != nil {
		return p, nil, refuse(name, language, p.source, err)
	}
	return p, body, nil
}

// SyntaxError adds the place to hujson's error about a file.
func SyntaxError(file string, source []byte, err error) error {
	return refuse(DisplayName(file), "JSON", bytes.TrimPrefix(source, []byte(byteOrderMark)), err)
}

// refuse turns an error about a source into a finding.
func refuse(file, language string, source []byte, err error) *report.RefusedError {
	line, column, message := syntaxError(err)
	message = "not valid " + language + ": " + message + syntaxRemedy(language, source, line, column, message)
	return &report.RefusedError{
		Findings: []report.Finding{{File: file, Line: line, Column: column, Name: report.Invalid, Message: message}},
	}
}
