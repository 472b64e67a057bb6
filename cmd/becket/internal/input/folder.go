package input

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// folderTop is the name, without its extension, of the optional file with the rest of the document:
// ruleset.json, .jsonc or .yaml. The other files of a folder lie below flags/ and segments/, in
// folders of any depth: one file for each flag and segment, named after its key.
const folderTop = "ruleset"

// readFolder joins a folder's files into one document. If a ConfigMap is published meanwhile, it
// reads the folder again, because some of the old files may be gone.
func (d *Document) readFolder(ctx context.Context, folder string, contents map[string][]byte) error {
	const attempts = 10
	for range attempts {
		seen := publications{}
		d.Body, d.parts, d.hasTop = nil, nil, false
		if err := d.joinFolder(ctx, folder, seen, contents); !seen.changed() {
			return err
		}
	}
	return fmt.Errorf("%s changes while it is read", folder)
}

func (d *Document) joinFolder(ctx context.Context, folder string, seen publications,
	contents map[string][]byte) error {
	path, err := seen.published(folder)
	if err != nil {
		return err
	}
	w := folderWriter{ctx: ctx, document: d, folder: folder, path: path, seen: seen, contents: contents}
	w.raw("{")
	if err := w.top(); err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Join(path, "flags")); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is not a ruleset: it has no folder named \"flags\"", folder)
	}
	for _, section := range []string{"segments", "flags"} {
		if err := w.section(section); err != nil {
			return err
		}
	}
	w.raw("\n}\n")
	return nil
}

type folderWriter struct {
	ctx      context.Context //nolint:containedctx // of one reading
	document *Document
	folder   string // its name in findings
	path     string // the path to read it from
	seen     publications
	names    map[string]bool   // members of the top file
	contents map[string][]byte // in place of files' contents
}

func (w *folderWriter) raw(text string) { w.document.Body = append(w.document.Body, text...) }

// top writes the members of the top file, and the schema if the file has none.
func (w *folderWriter) top() error {
	names := w.topNames()
	if len(names) == 0 {
		w.raw("\n\"schema\":1")
		return nil
	}
	if len(names) > 1 {
		return fmt.Errorf("%s has both %s and %s", w.folder, names[0], names[1])
	}
	file := found{filepath.Join(w.folder, names[0]), filepath.Join(w.path, names[0])}
	p, body, err := w.file(file)
	if err != nil {
		return err
	}
	start := strings.IndexByte(string(body), '{')
	end := strings.LastIndexByte(string(body), '}')
	w.names = memberNames(body)
	if start < 0 || end < start || w.names["flags"] || w.names["segments"] {
		return fmt.Errorf("%s must be an object without \"flags\" and \"segments\", which are folders", file.shown)
	}
	if !w.names["schema"] {
		w.raw("\n\"schema\":1")
		if len(w.names) > 0 {
			w.raw(",")
		}
	}
	w.raw("\n")
	p.start = len(w.document.Body) - start - 1
	w.document.parts, w.document.hasTop = append(w.document.parts, p), true
	w.document.Body = append(w.document.Body, body[start+1:end]...)
	return nil
}

// topNames returns the names of the top files: at most one is right.
func (w *folderWriter) topNames() (names []string) {
	for _, extension := range documentExtensions {
		name := folderTop + extension
		_, isNew := w.contents[filepath.ToSlash(filepath.Join(w.folder, name))]
		if _, err := os.Stat(filepath.Join(w.path, name)); err == nil || isNew {
			names = append(names, name)
		}
	}
	return names
}

// TopFile returns the name that a document read from a folder has for its file with the rest of the
// document, such as the revision, and the bytes of that file. If there is none, it returns "".
func (d *Document) TopFile() (name string, source []byte) {
	if d.hasTop {
		return d.parts[0].file, d.parts[0].whole
	}
	return "", nil
}

// section writes the files of a section's folder. Each becomes a member whose name is the key.
func (w *folderWriter) section(section string) error {
	w.raw(",\n\"" + section + "\":{")
	files, err := w.files(section)
	if err != nil {
		return err
	}
	for i, file := range files {
		if i > 0 {
			w.raw(",")
		}
		key, err := keyOf(file.shown)
		if err != nil {
			return err
		}
		quoted, err := jsontext.AppendQuote(nil, key)
		if err != nil {
			return fmt.Errorf("%s: the file name is not valid UTF-8", file.shown)
		}
		p, body, err := w.file(file)
		if err != nil {
			return err
		}
		w.beginning(p.file)
		w.raw("\n" + string(quoted) + ":")
		p.start = len(w.document.Body)
		w.document.parts = append(w.document.parts, p)
		w.document.Body = append(w.document.Body, body...)
	}
	w.raw("}")
	return nil
}

// beginning maps all text up to the next part to the beginning of a file. It is for keys, because
// no file contains its own key.
func (w *folderWriter) beginning(file string) {
	w.document.parts = append(w.document.parts, part{start: len(w.document.Body), file: file, spans: []span{{0, 1, 1}}})
}

// files lists the files below a section's folder in the order of their keys, so that the document
// does not depend on their folders.
func (w *folderWriter) files(section string) ([]found, error) {
	root := filepath.Join(w.path, section)
	shown := filepath.Join(w.folder, section)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return w.withNew(shown, nil), nil
	}
	files, err := walk(shown, root, documentExtensions, w.seen)
	files = w.withNew(shown, files)
	slices.SortStableFunc(files,
		func(a, b found) int { return strings.Compare(filepath.Base(a.shown), filepath.Base(b.shown)) })
	return files, err
}

// withNew adds the files that only w.contents has below a section's folder.
func (w *folderWriter) withNew(shown string, files []found) []found {
	for name := range w.contents {
		isThere := slices.ContainsFunc(files, func(f found) bool { return filepath.ToSlash(f.shown) == name })
		if strings.HasPrefix(name, filepath.ToSlash(shown)+"/") && !isThere {
			files = append(files, found{filepath.FromSlash(name), filepath.FromSlash(name)})
		}
	}
	return files
}

func (w *folderWriter) file(file found) (part, []byte, error) {
	source, isGiven := w.contents[filepath.ToSlash(file.shown)]
	if !isGiven {
		var err error
		if source, err = File(w.ctx, file.path); err != nil {
			return part{}, nil, err
		}
	}
	p, body, refused := readPart(filepath.ToSlash(file.shown), source, false)
	if refused != nil {
		return p, nil, refused
	}
	if len(w.document.Body)+len(body) > maxBytes {
		return p, nil, fmt.Errorf("the files of %s together: %w", w.folder, tooLarge())
	}
	return p, body, nil
}

var documentExtensions = []string{".json", ".jsonc", ".hujson", ".yaml", ".yml"}

// FileOf returns the path of a new file for a flag or a segment, below the folder of its section.
// The extension begins with a dot.
func FileOf(folder, section, key, extension string) string {
	name := url.PathEscape(key)
	if first := name[0]; first == '.' || first == '~' {
		name = fmt.Sprintf("%%%02X", first) + name[1:]
	}
	return filepath.ToSlash(filepath.Join(folder, section, name+extension))
}

// keyOf returns the key in a file's name. Characters that a file name cannot hold are escaped as in
// URLs: %2F is a slash.
func keyOf(path string) (string, error) {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	key, err := url.PathUnescape(name)
	if err != nil {
		return "", fmt.Errorf("%s: a file is named after its key, with %%25 for a per cent sign", path)
	}
	return key, nil
}
