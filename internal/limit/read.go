package limit

import (
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge is a document over the limit of its size.
var ErrTooLarge = errors.New("becket: the document is over the size limit")

// Check returns ErrTooLarge for a document over the limit.
func Check(document []byte) error {
	if len(document) > Document {
		return fmt.Errorf("%w of %d bytes: it has %d", ErrTooLarge, Document, len(document))
	}
	return nil
}

// Read reads all of r, and returns ErrTooLarge if that is more than most bytes. It expects so many
// bytes, or does not know how many where expected is -1. Memory grows with the bytes that arrive;
// the expected number only says how far at once.
func Read(r io.Reader, most, expected int64) ([]byte, error) {
	const (
		first = 1 << 20
		trust = 16 // times as much as has arrived
	)
	size := min(max(expected+1, 512), first, most+1)
	if expected < 0 {
		size = min(4<<10, most+1)
	}
	body := make([]byte, 0, size)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > most {
			return nil, fmt.Errorf("%w of %d bytes", ErrTooLarge, most)
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		if len(body) == cap(body) {
			arrived := int64(len(body))
			size := max(2*arrived, min(expected+1, trust*arrived))
			grown := make([]byte, len(body), min(size, most+1))
			copy(grown, body)
			body = grown
		}
	}
}
