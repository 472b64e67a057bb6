// Package input reads rulesets for the command: from a file, a folder of one file per flag, a URL
// or standard input; as JSON, JSON with comments, or YAML. Whatever it was, what comes out is plain
// JSON whose places lead back to where it was written.
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
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/limit"
)

// maxBytes is the limit of a document, which is the library's own.
const maxBytes = limit.Document

// Options say how to read.
type Options struct {
	Format  string    // the name of a format; "" or "auto" to look at the document
	Headers []string  // "Name: value", for URLs
	Stdin   io.Reader // what "-" reads
}

// Document is a ruleset that was read, not yet compiled.
type Document struct {
	Name   string        // as findings name it: the file, the URL without secrets, "stdin"
	Source []byte        // as it came; nil for a folder
	Body   []byte        // plain JSON
	Format becket.Format // what reads Body
	parts  []part
	starts []int // of Body's lines
}

// Read reads a ruleset. What is not to be had is an ordinary error; what cannot be read as JSON or
// YAML is a *report.RefusedError.
func Read(ctx context.Context, name string, o Options) (*Document, error) {
	d := &Document{Name: displayName(name)}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if err := d.readFolder(name); err != nil {
			return nil, err
		}
	} else {
		source, err := Bytes(ctx, name, o)
		if err != nil {
			return nil, err
		}
		p, body, refused := readPart(d.Name, source, isURL(name))
		if refused != nil {
			return nil, refused
		}
		d.Source, d.Body, d.parts = source, body, []part{p}
	}
	var err error
	d.Format, err = formatOf(o.Format, d.Body)
	return d, err
}

// NeedsBuild returns the first place where a file that is named as plain JSON is none: it has
// comments or trailing commas, which the library refuses.
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

// Bytes reads a file, a URL or standard input as it is.
func Bytes(ctx context.Context, name string, o Options) ([]byte, error) {
	switch {
	case name == "-":
		return limited(o.Stdin)
	case isURL(name):
		return fetch(ctx, name, o.Headers)
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %q", name)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return limited(file)
}

// File reads a file, which must not be larger than a document may be.
func File(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return limited(file)
}

func limited(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err == nil && len(body) > maxBytes {
		return nil, tooLarge()
	}
	return body, err
}

func tooLarge() error { return fmt.Errorf("%w: %d MiB", becket.ErrTooLarge, maxBytes>>20) }

func isURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// fetch reads a URL with the library's own source, so that it behaves as it does in production.
func fetch(ctx context.Context, address string, headers []string) ([]byte, error) {
	var options []becket.HTTPOption
	for _, header := range headers {
		name, value, ok := strings.Cut(header, ":")
		if !ok {
			return nil, errors.New("--header takes NAME:VALUE")
		}
		options = append(options, becket.WithHeader(strings.TrimSpace(name), strings.TrimSpace(value)))
	}
	source := becket.HTTP(address, options...)
	if closer, ok := source.(io.Closer); ok {
		defer closer.Close()
	}
	document, err := source.Fetch(ctx, becket.Validator{})
	return document.Body, err
}

// displayName is how findings name the input. A URL is shown without user, password and query,
// which often hold keys.
func displayName(name string) string {
	if name == "-" {
		return "stdin"
	}
	if u, err := url.Parse(name); err == nil && isURL(name) {
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		return u.String()
	}
	return name
}

const byteOrderMark = "\xef\xbb\xbf"

// readPart turns one source into plain JSON. What is published stays as it is: the library reads
// nothing else.
func readPart(name string, source []byte, published bool) (part, []byte, *report.RefusedError) {
	p := part{file: name, source: bytes.TrimPrefix(source, []byte(byteOrderMark))}
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
		return p, nil, refuse(name, language, err)
	}
	return p, body, nil
}

// SyntaxError returns what a reader of JSON with comments said about a file, with its place.
func SyntaxError(file string, err error) error { return refuse(displayName(file), "JSON", err) }

func refuse(file, language string, err error) *report.RefusedError {
	line, column, message := syntaxError(err)
	message = "not valid " + language + ": " + message
	return &report.RefusedError{Findings: []report.Finding{{File: file, Line: line, Column: column, Name: report.Invalid, Message: message}}}
}
