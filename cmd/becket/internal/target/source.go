package target

import (
	"context"
	"errors"
	"fmt"

	"github.com/becketflags/becket"
)

// check returns the mistakes in a source's configuration.
func check(source becket.Source) error {
	if checker, is := source.(becket.Checker); is {
		return checker.Check()
	}
	return nil
}

// fetched fetches the document and its signature as a client does. nothing is the source's error
// for a document that does not exist.
func fetched(ctx context.Context, source becket.Source, nothing error) (becket.Document, error) {
	document, err := source.Fetch(ctx, becket.Validator{})
	if errors.Is(err, nothing) {
		return becket.Document{}, fmt.Errorf("%w: %w", ErrNothing, err)
	}
	return document, err
}
