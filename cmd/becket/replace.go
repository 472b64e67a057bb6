package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
)

// replaceFiles writes all files, or none of them: if one cannot be written, those before it get
// their old bytes again. A file that somebody changed meanwhile stays as it is.
func (e *env) replaceFiles(files []editedFile) error {
	for i := range files {
		if err := e.isReplaceable(&files[i]); err != nil {
			return err
		}
	}
	return e.writing(func() error {
		for i := range files {
			if err := write(&files[i]); err != nil {
				return errors.Join(fmt.Errorf("%s is not written: %w", files[i].name, err), restore(files[:i]))
			}
		}
		return nil
	})
}

// write writes a file. A new one may need a folder.
func write(f *editedFile) error {
	if f.old == nil {
		if err := os.MkdirAll(filepath.Dir(f.name), 0o755); err != nil { //nolint:gosec // rulesets are public
			return err
		}
	}
	return layout.WriteFile(f.name, f.new)
}

// restore gives files their old bytes again.
func restore(files []editedFile) (err error) {
	for i := range files {
		f := &files[i]
		if f.old == nil {
			err = errors.Join(err, os.Remove(f.name))
		} else {
			err = errors.Join(err, layout.WriteFile(f.name, f.old))
		}
	}
	return err
}

// isReplaceable returns an error for a file that must not be written.
func (e *env) isReplaceable(f *editedFile) error {
	info, err := os.Stat(f.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.old == nil:
		return nil
	case err != nil:
		return err
	case f.old == nil:
		return fmt.Errorf("%s exists meanwhile: nothing is written; run the command again", f.name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: nothing is written", f.name)
	case info.Mode().Perm()&0o222 == 0:
		return fmt.Errorf("%s is read-only: nothing is written", f.name)
	}
	now, err := input.File(e.ctx, f.name)
	if err == nil && !bytes.Equal(now, f.old) {
		err = fmt.Errorf("%s changed meanwhile: nothing is written; run the command again", f.name)
	}
	return err
}
