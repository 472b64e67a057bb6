package becket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/becketflags/becket/internal/limit"
)

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
