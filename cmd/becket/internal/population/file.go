package population

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
)

// MaxBytes is the largest size of a file of subjects: a gibibyte. While the file is read, it is in
// memory as a whole; each subject takes 24 bytes more, and each attribute 32.
const MaxBytes = 1 << 30

// File is a file of subjects that is being read.
type File struct {
	Name string // for messages; its ending may tell the kind of file

	ctx      context.Context //nolint:containedctx // of one call of Read
	progress func(bytes int)
	reported int64
	subjects []becket.Subject
	notes    []string
	noKey    int // subjects without a key
}

// Read reads subjects from a table with a header row (CSV, with commas, semicolons or tabs), from
// one JSON object per line (NDJSON), or from exposures as the library's LineSink writes them. The
// column or member "key" is the targeting key, and all others are attributes. An empty cell is a
// missing attribute. progress receives the number of bytes that have been read; it may be nil. The
// error is the context's if the context ends.
func (f *File) Read(ctx context.Context, source []byte, progress func(bytes int)) (*Population, error) {
	f.ctx, f.progress = ctx, progress
	text, err := decode(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	what := ""
	start := bytes.TrimSpace(text)
	if ext := path.Ext(f.Name); ext == ".ndjson" || ext == ".jsonl" || len(start) > 0 && start[0] == '{' {
		what, err = f.objects(text)
	} else {
		err = f.table(text)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case len(f.subjects) == 0:
		return nil, fmt.Errorf("%s holds no subjects", f.Name)
	case f.noKey == len(f.subjects):
		return nil, fmt.Errorf("%s: no subject has a key, and percentages and splits need one: "+
			"fill in \"key\" with the targeting keys", f.Name)
	}
	p := Of(wording.Count(len(f.subjects), "subject")+" of "+what+f.Name, f.subjects)
	if f.noKey > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("of %s, %s have no key: percentages and splits do not apply to them",
			wording.Count(len(f.subjects), "subject"), wording.Thousands(f.noKey)))
	}
	p.Notes = append(p.Notes, f.notes...)
	return p, nil
}

// add adds a subject.
func (f *File) add(key string, attributes []becket.Attribute) {
	if key == "" {
		f.noKey++
	}
	f.subjects = append(f.subjects, becket.NewSubject(key, attributes...))
}

// at reports how far the reading is, and whether the context has ended.
func (f *File) at(offset int64) error {
	const step = 1 << 18
	if offset-f.reported < step {
		return nil
	}
	if f.progress != nil {
		f.progress(int(offset - f.reported))
	}
	f.reported = offset
	return f.ctx.Err()
}

// errNoKey names the remedy for a file without targeting keys.
func errNoKey(kind string, names []string) error {
	for _, name := range names {
		if strings.EqualFold(strings.TrimSpace(name), "key") {
			return fmt.Errorf("the %s %q must be named \"key\", in lower case: it holds the targeting keys", kind, name)
		}
	}
	const most = 10
	more := ""
	if len(names) > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", len(names)-most)
	}
	return fmt.Errorf("no %s is named \"key\" (there are %s%s): name the one that holds the targeting keys \"key\"",
		kind, strings.Join(names, ", "), more)
}

var errEmpty = errors.New("the table is empty")
