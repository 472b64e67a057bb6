package target

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
	"github.com/becketflags/becket/publish"
)

// folder is a file in a folder that a web server or the library reads.
type folder struct {
	file string
	// layout.WriteFile; tests replace it by a function that fails
	write func(path string, body []byte) error
}

// openFolder returns the target of a path, which is a file, or a folder for a file of the given
// name.
func openFolder(path, name string) (*folder, error) {
	if path == "" {
		return nil, errors.New("dir: needs a path, such as dir:/srv/flags")
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir() && name == "":
		return nil, fmt.Errorf("name the file in the folder: dir:%s",
			filepath.ToSlash(filepath.Join(path, "flags.json")))
	case err == nil && info.IsDir():
		path = filepath.Join(path, name)
		return &folder{path, layout.WriteFile}, nil
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is neither a file nor a folder", path)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("there is no folder %q", filepath.Dir(path))
	}
	return &folder{path, layout.WriteFile}, nil
}

// Name returns the path of the document.
func (f *folder) Name() string { return filepath.ToSlash(f.file) }

func (f *folder) signature() string { return f.file + publish.SignatureSuffix }

func (f *folder) live(ctx context.Context) (document becket.Document, err error) {
	if document.Body, err = input.File(ctx, f.file); errors.Is(err, fs.ErrNotExist) {
		return becket.Document{}, ErrNothing
	}
	if err != nil {
		return becket.Document{}, err
	}
	document.Signature, err = input.File(ctx, f.signature())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return document, err
}

// put writes the signature and then the document, each by a rename. If the document cannot be
// written, the old signature comes back. A signature of the document before is removed if the new
// one is not signed.
func (f *folder) put(_ context.Context, p *Publication) error {
	var old []byte
	if p.Live != nil {
		old = p.Live.Signature
	}
	if len(p.Signature) > 0 {
		if err := f.write(f.signature(), p.Signature); err != nil {
			return err
		}
	}
	if err := f.write(f.file, p.Body); err != nil {
		return errors.Join(err, f.restore(old, len(p.Signature) > 0))
	}
	if len(p.Signature) == 0 && old != nil {
		return os.Remove(f.signature())
	}
	return nil
}

// restore writes the old signature again, or removes the new one if there was none.
func (f *folder) restore(old []byte, written bool) error {
	switch {
	case !written:
		return nil
	case old == nil:
		return os.Remove(f.signature())
	default:
		return f.write(f.signature(), old)
	}
}

func (f *folder) close() {}
