package becket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/becketflags/becket/internal/native"
)

// Override is a value that stands before the ruleset's on this machine.
type Override struct {
	Flag  string
	Value any // as the file has it
}

// overrides is a file of overrides. A nil one has none.
type overrides struct {
	file string
	read func(context.Context, Validator) (Document, error)

	// Only New and the refresher's goroutine use these two.
	guard guard
	body  []byte // as read last

	list atomic.Pointer[[]override]
}

// override is a line of the file.
type override struct {
	flag  string
	value Value
}

// maxOverrides is the limit of the file, in bytes.
const maxOverrides = 1 << 20

var errOverridesHang = errors.New("becket: the file system hangs: the file could not be read in time")

// loadOverrides returns nil where none were asked for.
func loadOverrides(files []string) (*overrides, error) {
	switch {
	case len(files) == 0:
		return nil, nil //nolint:nilnil // no overrides is no error
	case slices.Contains(files, ""):
		return nil, errors.New("becket: WithOverrides: the file, or the environment variable, has no name")
	case len(files) > 1:
		return nil, fmt.Errorf("becket: WithOverrides: overrides come from one file, and there are %d: %s", len(files), strings.Join(files, ", "))
	}
	o := &overrides{file: files[0], read: File(files[0]).Fetch, guard: guard{name: "file", hangs: errOverridesHang}}
	_, err := o.reload()
	return o, err
}

// reload reads the file and reports whether it has changed.
func (o *overrides) reload() (changed bool, err error) {
	document, err := guarded(context.Background(), &o.guard, startPatience, func(ctx context.Context) (Document, error) {
		return o.read(ctx, Validator{})
	})
	if err == nil && len(document.Body) > maxOverrides {
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, maxOverrides)
	}
	if err != nil {
		return false, fmt.Errorf("becket: WithOverrides: %w", within{err})
	}
	if o.body != nil && bytes.Equal(o.body, document.Body) {
		return false, nil
	}
	list, err := decodeOverrides(document.Body)
	if err != nil {
		return false, fmt.Errorf("becket: WithOverrides: %s: %w", o.file, within{err})
	}
	o.body = document.Body
	o.list.Store(&list)
	return true, nil
}

// decodeOverrides reads the file. Its errors are *DocumentError or join several of them.
func decodeOverrides(document []byte) (list []override, err error) {
	values, problems := native.ReadValues(document)
	for _, v := range values {
		list = append(list, override{v.Name, valueOf(v.Value)})
	}
	slices.SortFunc(list, func(a, b override) int { return strings.Compare(a.flag, b.flag) })
	return list, joinProblems(located(problems))
}

// told lists the overrides for Status.
func (o *overrides) told() (file string, list []Override) {
	if o == nil {
		return "", nil
	}
	for _, line := range *o.list.Load() {
		list = append(list, Override{line.flag, line.value.Any()})
	}
	return o.file, list
}
